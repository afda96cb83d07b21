#include "oci/image_export.hpp"
#include "oci/tar_support.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <clocale>

namespace cacheproof::oci {
namespace {

using evidence::Image;
using evidence::ImageFile;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* k_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* k_index = "application/vnd.oci.image.index.v1+json";

/// An export as BuildKit v0.34.2 writes it with `type=oci`: blobs by digest, then index.json.
class ImageExport : public testing::Test {
protected:
  json blob(const std::string& bytes, const std::string& type = "application/vnd.oci.image.layer.v1.tar+gzip") {
    const auto hex = util::sha256_hex(bytes);
    entries_.push_back({"blobs/sha256/" + hex, bytes});
    return {{"mediaType", type}, {"digest", "sha256:" + hex}, {"size", bytes.size()}};
  }
  /// The descriptor of an image with these layers, each of which may be any bytes.
  json image(const std::vector<std::string>& layers, json config = json::object()) {
    json manifest{{"schemaVersion", 2}, {"layers", nullptr}};
    for (const auto& layer : layers) manifest["layers"].push_back(blob(layer));
    if (!config.contains("os")) config.update({{"architecture", "amd64"}, {"os", "linux"}});
    manifest["config"] = blob(config.dump(), "application/vnd.oci.image.config.v1+json");
    return blob(manifest.dump(), k_manifest);
  }
  void top(const json& descriptor) {
    entries_.push_back({"index.json", json{{"schemaVersion", 2}, {"manifests", json::array({descriptor})}}.dump()});
  }
  util::Result<Image> read(const std::function<bool(std::string_view)>& wanted = {}, const ExportLimits& limits = {}) {
    const auto file = folder_.path() / "export.tar";
    EXPECT_TRUE(util::write_text(file, tar(entries_, Packing::none)));
    return read_export(file, wanted, limits);
  }
  /// Of an image with just that layer.
  std::string refusal(const std::string& layer, const ExportLimits& limits = {}) {
    entries_.clear();
    top(image({layer}));
    const auto image = read({}, limits);
    return image ? "nothing" : image.error().what;
  }
  util::Result<Image> read_layers(const std::vector<std::vector<Entry>>& layers) {
    std::vector<std::string> packed;
    for (const auto& layer : layers) packed.push_back(tar(layer));
    top(image(packed));
    return read();
  }
  static std::vector<std::string> paths(const Image& image) {
    std::vector<std::string> all;
    for (const auto& [path, file] : image.files) all.push_back(path);
    return all;
  }

  std::vector<Entry> entries_;
  util::TempDir folder_ = util::TempDir::create().value();
};

TEST_F(ImageExport, HasEverythingThatAContainerSees) {
  Entry file{"app/run", "#!/bin/sh\n"};
  file.mode = 04755;
  file.uid = 1000;
  file.gid = 100;
  file.mtime = 1'577'836'800;
  file.nanoseconds = 5;
  file.xattrs = {{"user.a", "b"}};
  Entry device{"dev/null", "", S_IFCHR};
  device.device = {1, 3};
  const auto image = read_layers({{{"app/", "", S_IFDIR}, file, {"app/link", "", S_IFLNK, "/app/run"}, device}});
  ASSERT_TRUE(image) << util::to_text(image.error());
  const std::map<std::string, ImageFile> expected{
      {"app", {.type = "dir", .mode = 0644}},
      {"app/link", {.type = "link", .mode = 0644, .link = "/app/run"}},
      {"app/run",
       {.type = "file",
        .mode = 04755,
        .uid = 1000,
        .gid = 100,
        .size = 10,
        .mtime = 1'577'836'800'000'000'005,
        .sha256 = util::sha256_hex("#!/bin/sh\n"),
        .xattrs = {{"user.a", "b"}},
        .content = "#!/bin/sh\n"}},
      {"dev/null", {.type = "char", .mode = 0644, .link = "1:3"}},
  };
  EXPECT_EQ(image->files, expected);
}

TEST_F(ImageExport, LayersAreAppliedWithTheirWhiteouts) {
  const auto image = read_layers({{{"a/", "", S_IFDIR}, {"a/old", "1"}, {"a/gone", "1"}, {"b/x", "1"}, {"b/y", "1"}},
                                  {{"a/.wh.gone", ""}, {"a/old", "22"}, {"b/.wh..wh..opq", ""}, {"b/z", "2"}},
                                  {{"a/name", "", S_IFREG, "", "a/old"}}});
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_THAT(paths(*image), ElementsAre("a", "a/name", "a/old", "b/z"));
  EXPECT_EQ(image->files.at("a/old").sha256, util::sha256_hex("22"));
  EXPECT_EQ(image->files.at("a/old").layer, 1u);
  EXPECT_EQ(image->files.at("a/name"), image->files.at("a/old")) << "two names of one file";
}

TEST_F(ImageExport, HasTheConfigAndWhatMadeEachLayer) {
  const json config{{"config",
                     {{"Env", {"PATH=/bin", "A=b=c"}},
                      {"Labels", {{"l", "m"}}},
                      {"User", "me"},
                      {"WorkingDir", "/w"},
                      {"StopSignal", "SIGINT"},
                      {"Cmd", {"x", "y"}},
                      {"Entrypoint", {"sh"}},
                      {"Volumes", {{"/v", json::object()}}},
                      {"ExposedPorts", {{"80/tcp", json::object()}}}}},
                    {"history",
                     {{{"created_by", "COPY a /a # buildkit"}},
                      {{"created_by", "ENV A=b=c"}, {"empty_layer", true}},
                      {{"created_by", "RUN /bin/sh -c x # buildkit"}}}}};
  const auto described = image({tar({{"base", ""}}), tar({{"a", ""}}), tar({})}, config);
  top(described);
  const auto image = read();
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_EQ(image->digest, described["digest"].get<std::string>());
  EXPECT_THAT(image->layers, ElementsAre("", "COPY a /a # buildkit", "RUN /bin/sh -c x # buildkit"))
      << "the history knows nothing of the base";
  const evidence::ImageConfig expected{.platform = "linux/amd64",
                                       .env = {"PATH=/bin", "A=b=c"},
                                       .labels = {{"l", "m"}},
                                       .user = "me",
                                       .working_dir = "/w",
                                       .stop_signal = "SIGINT",
                                       .cmd = {"x", "y"},
                                       .entrypoint = {"sh"},
                                       .volumes = {"/v"},
                                       .ports = {"80/tcp"}};
  EXPECT_THAT(image->configs, ElementsAre(expected));
}

TEST_F(ImageExport, OfSeveralPlatformsNamesThemBeforeTheirPaths) {
  const json arm{{"architecture", "arm64"}, {"os", "linux"}};
  json index{{"schemaVersion", 2}};
  index["manifests"] = {image({tar({{"f", "amd"}})}), image({tar({{"f", "arm"}})}, arm), image({tar({{"no", ""}})})};
  index["manifests"][2]["platform"] = {{"architecture", "unknown"}, {"os", "unknown"}}; // an attestation
  const auto described = blob(index.dump(), k_index);
  top(described);
  const auto both = read();
  ASSERT_TRUE(both) << util::to_text(both.error());
  EXPECT_EQ(both->digest, described["digest"].get<std::string>());
  EXPECT_THAT(paths(*both), ElementsAre("linux/amd64/f", "linux/arm64/f"));
  EXPECT_EQ(both->files.at("linux/arm64/f").content, "arm");
  ASSERT_EQ(both->configs.size(), 2u);
  EXPECT_EQ(both->configs[1].platform, "linux/arm64");

  entries_.clear();
  index["manifests"].erase(1);
  index["manifests"] = {image({tar({{"f", "amd"}})}), index["manifests"][1]};
  top(blob(index.dump(), k_index));
  const auto one = read();
  ASSERT_TRUE(one) << util::to_text(one.error());
  EXPECT_THAT(paths(*one), ElementsAre("f")) << "an attestation is no platform";
}

TEST_F(ImageExport, MayHaveNoLayerAtAll) {
  top(image({}));
  const auto image = read();
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_TRUE(image->files.empty());
}

TEST_F(ImageExport, KeepsTheContentOfSmallFilesAndOfThoseThatAreWanted) {
  const std::string large(1000, 'x');
  top(image({tar({{"small", "s"}, {"large", large}, {"wanted", large}})}));
  const auto image = read([](std::string_view path) { return path == "wanted"; });
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_EQ(image->files.at("small").content, "s");
  EXPECT_EQ(image->files.at("large").content, std::nullopt);
  EXPECT_EQ(image->files.at("wanted").content, large);
  EXPECT_EQ(image->files.at("large").sha256, util::sha256_hex(large));
}

TEST_F(ImageExport, ReadsNamesInAnyLocale) {
  ASSERT_STREQ(std::setlocale(LC_ALL, nullptr), "C") << "as of the program, which sets none";
  const std::string name = "caf\xc3\xa9";
  ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr) << "to write them";
  const auto layer = tar({{name, "1"}, {"link", "", S_IFLNK, name}});
  std::setlocale(LC_ALL, "C");
  top(image({layer}));
  const auto image = read();
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_THAT(paths(*image), ElementsAre(name, "link"));
  EXPECT_EQ(image->files.at("link").link, name);
}

TEST_F(ImageExport, ThatIsNoneSaysWhatIsMissing) {
  const auto said = [&] { return read().error().what; };
  EXPECT_EQ(said(), "the export has no index.json");
  entries_ = {{"index.json", "[]"}};
  EXPECT_EQ(said(), "index.json of the export is no JSON object");
  entries_ = {{"index.json", "{}"}};
  EXPECT_EQ(said(), "the export holds 0 results where one is expected");
  entries_ = {{"index.json", R"({"manifests":[{"digest":"sha256:../x"}]})"}};
  EXPECT_EQ(said(), "'sha256:../x' is no digest");
  const std::string digest(64, 'a');
  entries_ = {{"index.json", R"({"manifests":[{"digest":"sha256:)" + digest + "\"}]}"}};
  EXPECT_EQ(said(), "the export has no blobs/sha256/" + digest);
  entries_.push_back({"blobs/sha256/" + digest, "{}"});
  EXPECT_EQ(said(), "blobs/sha256/" + digest + " is not what its digest says");
  entries_[1].content = std::string(9 << 20, ' ');
  EXPECT_EQ(said(), "blobs/sha256/" + digest + " of the export has more than 8388608 bytes");
  // Claims about every image of it would hold.
  json index{{"schemaVersion", 2}, {"manifests", json::array({image({})})}};
  index["manifests"][0]["platform"] = {{"architecture", "unknown"}, {"os", "unknown"}};
  entries_.clear();
  top(blob(index.dump(), k_index));
  EXPECT_EQ(said(), "the index of the export names no image");
}

using HostileLayer = ImageExport;

TEST_F(HostileLayer, ThatLeavesTheImageIsRefused) {
  EXPECT_THAT(refusal(tar({{"../etc/passwd", "x"}})), HasSubstr(": '../etc/passwd' leads out of the image"));
  EXPECT_THAT(refusal(tar({{"a/../../b", "x"}})), HasSubstr(": 'a/../../b' leads out of the image"));
  EXPECT_THAT(refusal(tar({{"a", "", S_IFREG, "", "../../b"}})), HasSubstr(": '../../b' leads out of the image"));
  EXPECT_THAT(refusal(tar({{"../.wh.a", ""}})), HasSubstr(": '../.wh.a' leads out of the image"));
}

TEST_F(HostileLayer, OfAbsoluteNamesAndLinksStaysInTheImage) {
  const auto image = read_layers({{{"/etc/a", "1"}, {"out", "", S_IFLNK, "/../../tmp"}, {"up", "", S_IFLNK, "../.."}},
                                  {{"out/b", "2"}, {"up/c", "3"}, {"/d", "", S_IFREG, "", "/etc/a"}}});
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_THAT(paths(*image), ElementsAre("c", "d", "etc/a", "out", "tmp/b", "up"));
}

TEST_F(HostileLayer, OfDevicesIsOnlyListed) {
  Entry disk{"sda", "", S_IFBLK};
  disk.device = {8, 0};
  const auto image = read_layers({{disk, {"pipe", "", S_IFIFO}, {"here", "", S_IFLNK, "here"}, {"here/x", ""}}});
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_THAT(paths(*image), ElementsAre("here", "pipe", "sda"));
  EXPECT_EQ(image->files.at("sda").type, "block");
  EXPECT_EQ(image->files.at("sda").link, "8:0");
}

TEST_F(HostileLayer, ThatIsABombIsRefusedBeforeItGoesOff) {
  const std::string zeros(std::size_t{16} << 20, '\0');
  for (const auto packing : {Packing::gzip, Packing::zstd}) {
    const auto bomb = tar({{"zeros", zeros}}, packing);
    ASSERT_LT(bomb.size(), 100'000u);
    EXPECT_THAT(refusal(bomb, {.bytes = 1'000'000}), HasSubstr(": the image unpacks to more than 1000000 bytes"));
  }
  const auto part = tar({{"zeros", zeros.substr(0, 600'000)}});
  entries_.clear();
  top(image({part, part}));
  EXPECT_THAT(read({}, {.bytes = 1'000'000}).error().what, HasSubstr(": the image unpacks to more than 1000000 bytes"))
      << "of all layers together";
}

TEST_F(HostileLayer, OfHeadersAloneIsABombToo) {
  std::vector<Entry> many(3000, {"same", ""});
  EXPECT_THAT(refusal(tar(many), {.bytes = 1'000'000}), HasSubstr(": the image unpacks to more than 1000000 bytes"));
  EXPECT_THAT(refusal(tar(many), {.entries = 2000}), HasSubstr(": the image has more than 2000 paths"));
  Entry wide{"wide", ""};
  wide.xattrs = {{"user.a", std::string(60'000, 'x')}};
  EXPECT_THAT(refusal(tar({wide, wide}), {.names = 100'000}),
              HasSubstr(": the names in the image have more than 100000 bytes"));
}

TEST_F(HostileLayer, OfAMillionEntriesIsRefused) {
  std::vector<Entry> million;
  million.reserve(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) million.push_back({std::to_string(i), ""});
  EXPECT_THAT(refusal(tar(million, Packing::zstd)), HasSubstr(": the image has more than 400000 paths"));
}

TEST_F(HostileLayer, ThatIsDamagedIsRefused) {
  const auto whole = tar({{"a", std::string(5000, 'a')}, {"b", "b"}});
  EXPECT_THAT(refusal(whole.substr(0, whole.size() / 2)), HasSubstr("the layer sha256:"));
  EXPECT_THAT(refusal("no tar"), HasSubstr(": it is no tarball: "));
  EXPECT_THAT(refusal(std::string(5000, 'x')), HasSubstr(": it is no tarball: "));
  entries_.clear();
  top(image({whole}));
  entries_[0].content = tar({{"a", "another"}});
  EXPECT_THAT(read().error().what, HasSubstr(": it is not what its digest says"));
}

} // namespace
} // namespace cacheproof::oci
