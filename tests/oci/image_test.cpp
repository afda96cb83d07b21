#include "oci/fake_registry.hpp"
#include "oci/image.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

namespace cacheproof::oci {
namespace {

/// The least that is an ELF program, with one segment of the given type.
std::string elf_with(Elf64_Word segment_type) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_phoff = sizeof header;
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = segment_type;
  std::string bytes(sizeof header + sizeof segment, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &segment, sizeof segment);
  return bytes;
}

class BusyboxImage : public testing::Test {
protected:
  std::filesystem::path program(const std::string& content, const std::string& name = "busybox") {
    EXPECT_TRUE(util::write_text(folder_.path() / name, content));
    return folder_.path() / name;
  }
  util::TempDir folder_ = std::move(*util::TempDir::create());
};

/// `type mode owner mtime path -> link` of each entry.
std::vector<std::string> entries(const std::string& tar) {
  std::vector<std::string> lines;
  const std::unique_ptr<archive, int (*)(archive*)> in(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(in.get());
  archive_read_support_format_tar(in.get());
  archive_read_open_memory(in.get(), tar.data(), tar.size());
  archive_entry* entry = nullptr;
  while (archive_read_next_header(in.get(), &entry) == ARCHIVE_OK) {
    char line[300];
    const char* link = archive_entry_symlink(entry);
    std::snprintf(line,
                  sizeof line,
                  "%o %d:%d %ld %s%s%s",
                  archive_entry_mode(entry),
                  static_cast<int>(archive_entry_uid(entry)),
                  static_cast<int>(archive_entry_gid(entry)),
                  static_cast<long>(archive_entry_mtime(entry)),
                  archive_entry_pathname(entry),
                  link ? " -> " : "",
                  link ? link : "");
    lines.emplace_back(line);
  }
  return lines;
}

util::Result<Image> image_of(const std::filesystem::path& busybox,
                             const ImageExtras& extras = {},
                             const std::vector<std::string>& platforms = {}) {
  CP_TRY_ASSIGN(const auto base, busybox_layer(busybox));
  return busybox_image(base, extras, platforms);
}

TEST_F(BusyboxImage, IsEqualForEqualBinaries) {
  const auto first = image_of(program(elf_with(PT_LOAD), "one"));
  const auto second = image_of(program(elf_with(PT_LOAD), "two"));
  const auto other = image_of(program(elf_with(PT_NOTE), "three"));
  ASSERT_TRUE(first && second && other) << util::to_text(first.error());
  EXPECT_TRUE(*first == *second);
  EXPECT_FALSE(*first == *other);
}

TEST_F(BusyboxImage, IsItsOwnByItsMark) {
  const auto busybox = program(elf_with(PT_LOAD));
  const auto plain = busybox_layer(busybox);
  const auto marked = busybox_layer(busybox, "a");
  ASSERT_TRUE(plain && marked);
  EXPECT_NE(plain->diff_id, marked->diff_id);
  EXPECT_EQ(marked->diff_id, busybox_layer(busybox, "a")->diff_id);
  EXPECT_NE(marked->diff_id, busybox_layer(busybox, "b")->diff_id);
}

TEST_F(BusyboxImage, HasTheFilesThatABuildNeeds) {
  const auto image = image_of(program(elf_with(PT_LOAD)));
  ASSERT_TRUE(image);
  const auto lines = entries(image->layer);
  for (const auto* line : {"100755 0:0 1577836800 bin/busybox",
                           "120777 0:0 1577836800 bin/sh -> busybox",
                           "120777 0:0 1577836800 bin/[ -> busybox",
                           "100644 0:0 1577836800 etc/passwd",
                           "41777 0:0 1577836800 tmp/"})
    EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line;
}

TEST_F(BusyboxImage, HasFilesVariablesAndLabelsOfAScenarioOnTop) {
  const auto path = program(elf_with(PT_LOAD));
  const auto plain = image_of(path);
  const auto image = image_of(path, {{{"etc/motd", "hi"}}, {{"A", "1"}}, {{"build", "2"}}, {}, {}});
  ASSERT_TRUE(plain && image);
  EXPECT_EQ(image->layer, plain->layer);
  EXPECT_EQ(entries(image->second_layer), std::vector<std::string>{"100644 0:0 1577836800 etc/motd"});
  const auto config = nlohmann::json::parse(image->config);
  EXPECT_EQ(config["config"].dump(),
            R"({"Cmd":["sh"],"Env":["A=1","PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],)"
            R"("Labels":{"build":"2"}})");
  EXPECT_EQ(config["rootfs"]["diff_ids"].size(), 2u);
  EXPECT_EQ(plain->second_layer, "");
  FakeRegistry registry;
  RegistryClient client(registry.address());
  ASSERT_TRUE(push(client, "base", "latest", *image));
  const auto layers = nlohmann::json::parse(image->manifest)["layers"];
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(registry.blobs.at(layers[1]["digest"].get<std::string>()), image->second_layer);
}

TEST_F(BusyboxImage, StartsAProgramOfThisMachine) {
  const auto image =
      image_of(program(elf_with(PT_LOAD)),
               {{{"etc/motd", "hi"}}, {}, {}, {"/bin/tool", "-x"}, {{"bin/tool", program("content", "tool")}}});
  ASSERT_TRUE(image);
  EXPECT_EQ(entries(image->second_layer),
            (std::vector<std::string>{"100755 0:0 1577836800 bin/tool", "100644 0:0 1577836800 etc/motd"}));
  const auto config = nlohmann::json::parse(image->config)["config"];
  EXPECT_EQ(config["Entrypoint"].dump(), R"(["/bin/tool","-x"])");
  EXPECT_FALSE(config.contains("Cmd")) << "it would be the program's argument";
}

TEST_F(BusyboxImage, IsAnIndexOfItsPlatforms) {
  const auto path = program(elf_with(PT_LOAD));
  const auto image = image_of(path, {}, {"linux/amd64", "linux/arm/v7"});
  ASSERT_TRUE(image);
  FakeRegistry registry;
  RegistryClient client(registry.address());
  ASSERT_TRUE(push(client, "base", "latest", *image));
  const auto index = nlohmann::json::parse((*client.manifest("base", "latest"))->body);
  ASSERT_EQ(index["manifests"].size(), 2u);
  const auto& arm = index["manifests"][1];
  EXPECT_EQ(arm["platform"].dump(), R"({"architecture":"arm","os":"linux","variant":"v7"})");
  const auto manifest = nlohmann::json::parse((*client.manifest("base", arm["digest"].get<std::string>()))->body);
  const auto config = nlohmann::json::parse(registry.blobs.at(manifest["config"]["digest"].get<std::string>()));
  EXPECT_EQ(config["architecture"], "arm");
  EXPECT_EQ(config["variant"], "v7");
  EXPECT_EQ(manifest["layers"][0], nlohmann::json::parse(image_of(path)->manifest)["layers"][0]);
  EXPECT_EQ(entries(registry.blobs.at(manifest["layers"][1]["digest"].get<std::string>())),
            std::vector<std::string>{"100644 0:0 1577836800 etc/platform"});
  EXPECT_NE(image->of_platforms[0].second_layer, image->of_platforms[1].second_layer);
}

TEST_F(BusyboxImage, RefusesADynamicBinaryWithTheRemedy) {
  const auto path = program(elf_with(PT_INTERP));
  const auto image = image_of(path);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().what, path.string() + " is dynamically linked, and the base image has no libraries");
  EXPECT_EQ(image.error().remedy, "apt-get install busybox-static");
}

TEST_F(BusyboxImage, RefusesWhatIsNoProgram) {
  EXPECT_FALSE(image_of(program("#!/bin/sh\n")));
  EXPECT_FALSE(image_of(program(elf_with(PT_LOAD).substr(0, 80))));
  EXPECT_FALSE(image_of(folder_.path() / "missing"));
}

TEST_F(BusyboxImage, ArrivesWholeInARegistry) {
  FakeRegistry registry;
  RegistryClient client(registry.address());
  const auto image = image_of(program(elf_with(PT_LOAD)));
  ASSERT_TRUE(push(client, "library/alpine", "latest", *image));
  const auto manifest = client.manifest("library/alpine", "latest");
  ASSERT_TRUE(manifest && *manifest);
  const auto json = nlohmann::json::parse((*manifest)->body);
  EXPECT_EQ((*manifest)->media_type, json["mediaType"].get<std::string>());
  EXPECT_EQ(registry.blobs.at(json["config"]["digest"].get<std::string>()), image->config);
  EXPECT_EQ(registry.blobs.at(json["layers"][0]["digest"].get<std::string>()), image->layer);
}

} // namespace
} // namespace cacheproof::oci
