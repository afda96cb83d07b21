#include "oci/plain_export.hpp"
#include "oci/tar_support.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::oci {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PlainExport : public testing::Test {
protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  static std::vector<std::string> shown(const evidence::Image& image) {
    std::vector<std::string> all;
    for (const auto& [path, file] : image.files)
      all.push_back(path + " " + file.type + " " + file.link + file.content.value_or(""));
    return all;
  }
  util::TempDir folder_ = util::TempDir::create().value();
};

TEST_F(PlainExport, OfAFolderIsWhatLiesInIt) {
  ASSERT_TRUE(util::make_directories(path("out/linux_arm_v7/b/empty")));
  ASSERT_TRUE(util::write_text(path("out/linux_arm_v7/b/a_a"), "text"));
  ASSERT_TRUE(util::write_text(path("out/linux_arm_v7/large"), std::string(100'000, 'x')));
  ASSERT_TRUE(util::write_text(path("out/linux_amd64"), ""));
  std::filesystem::permissions(path("out/linux_arm_v7/b/a_a"), std::filesystem::perms(0640));
  std::filesystem::create_symlink("/nowhere", path("out/linux_arm_v7/l"));
  const auto plain = read_plain_export(path("out"), false);
  ASSERT_TRUE(plain) << util::to_text(plain.error());
  EXPECT_THAT(shown(*plain),
              ElementsAre("linux_amd64 file ",
                          "linux_arm_v7 dir ",
                          "linux_arm_v7/b dir ",
                          "linux_arm_v7/b/a_a file text",
                          "linux_arm_v7/b/empty dir ",
                          "linux_arm_v7/l link /nowhere",
                          "linux_arm_v7/large file "));
  EXPECT_EQ(plain->files.at("linux_arm_v7/b/a_a").mode, 0640u);
  EXPECT_EQ(plain->files.at("linux_arm_v7/large").sha256, util::sha256_hex(std::string(100'000, 'x')));
  const auto named = read_plain_export(path("out"), true);
  ASSERT_TRUE(named);
  EXPECT_THAT(shown(*named),
              ElementsAre("linux/amd64 file ",
                          "linux/arm/v7 dir ",
                          "linux/arm/v7/b dir ",
                          "linux/arm/v7/b/a_a file text",
                          "linux/arm/v7/b/empty dir ",
                          "linux/arm/v7/l link /nowhere",
                          "linux/arm/v7/large file "));
}

TEST_F(PlainExport, OfATarIsWhatItHolds) {
  ASSERT_TRUE(util::write_text(
      path("out.tar"),
      tar({{.path = "linux_amd64/", .type = S_IFDIR}, {.path = "linux_amd64/a", .content = "x"}}, Packing::none)));
  const auto image = read_plain_export(path("out.tar"), true);
  ASSERT_TRUE(image) << util::to_text(image.error());
  EXPECT_THAT(shown(*image), ElementsAre("linux/amd64 dir ", "linux/amd64/a file x"));
}

TEST_F(PlainExport, ThatIsNoneOrTooLargeIsRefused) {
  const auto refusal = [&](const std::string& name, const ExportLimits& limits = {}) {
    const auto image = read_plain_export(path(name), false, {}, limits);
    return image ? std::string() : image.error().what;
  };
  EXPECT_THAT(refusal("none"), HasSubstr("it cannot be read: "));
  ASSERT_TRUE(util::write_text(path("text"), std::string(2000, 'x')));
  EXPECT_THAT(refusal("text"), HasSubstr("it cannot be read: "));
  ASSERT_TRUE(util::make_directories(path("out")));
  ASSERT_TRUE(util::write_text(path("out/a"), "12345"));
  EXPECT_EQ(refusal("out", {.bytes = 4}), "the image unpacks to more than 4 bytes");
  EXPECT_EQ(refusal("out", {.entries = 1}), "the image has more than 1 paths");
}

} // namespace
} // namespace cacheproof::oci
