#include "oci/layers.hpp"

#include <gtest/gtest.h>

namespace cacheproof::oci {
namespace {

TarEntry file(const std::string& path) {
  return {plain_path(path), TarType::file, {}};
}
TarEntry folder(const std::string& path) {
  return {plain_path(path), TarType::folder, {}};
}
TarEntry link(const std::string& path, const std::string& target) {
  return {plain_path(path), TarType::symlink, target};
}
TarEntry hard_link(const std::string& path, const std::string& target) {
  return {plain_path(path), TarType::hard_link, plain_path(target)};
}

Layers stack(const std::vector<std::vector<TarEntry>>& layers) {
  Layers result;
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const auto& entry : layers[i]) result.add(i, entry);
  return result;
}

using Place = std::optional<LayerPlace>;
Place at(std::size_t layer, const std::string& path) {
  return LayerPlace{layer, path};
}

TEST(PlainPath, HasOneFormAndNeverLeavesTheRoot) {
  EXPECT_EQ(plain_path("./usr//bin/./x/"), "usr/bin/x");
  EXPECT_EQ(plain_path("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(plain_path("../x"), "");
  EXPECT_EQ(plain_path("a/../x"), "");
  EXPECT_EQ(plain_path("."), "");
}

TEST(ImageLayers, LetTheLaterOneWin) {
  const auto layers = stack({{file("bin/x"), file("bin/y")}, {file("./bin/x")}});
  EXPECT_EQ(layers.find("bin/x"), at(1, "bin/x"));
  EXPECT_EQ(layers.find("/bin/y"), at(0, "bin/y"));
  EXPECT_EQ(layers.find("bin/z"), Place());
  EXPECT_EQ(layers.find("bin"), Place());
}

TEST(ImageLayers, HideWhatAWhiteoutNames) {
  const auto layers = stack(
      {{file("a/x"), file("a/y"), file("b/x"), file("b/deep/y")},
       {file("b/new"), file("a/own"), file("a/.wh.own"), file("a/.wh.x"), file("b/.wh..wh..opq"), file("b/late")}});
  EXPECT_EQ(layers.find("a/x"), Place());
  EXPECT_EQ(layers.find("a/y"), at(0, "a/y"));
  EXPECT_EQ(layers.find("b/x"), Place());
  EXPECT_EQ(layers.find("b/deep/y"), Place());
  EXPECT_EQ(layers.find("b/new"), at(1, "b/new"));
  EXPECT_EQ(layers.find("b/late"), at(1, "b/late"));
  EXPECT_EQ(layers.find("a/own"), at(1, "a/own")) << "a whiteout is about lower layers only";
  EXPECT_EQ(layers.find("a/.wh.x"), Place());
}

TEST(ImageLayers, HideAWholeFolder) {
  const auto layers = stack({{folder("a"), file("a/b/x"), file("ab")}, {file(".wh.a")}});
  EXPECT_EQ(layers.find("a/b/x"), Place());
  EXPECT_EQ(layers.find("ab"), at(0, "ab"));
}

TEST(ImageLayers, FollowLinksInsideTheImage) {
  const auto layers = stack({{folder("usr/bin"),
                              file("usr/bin/real"),
                              link("bin", "usr/bin"),
                              link("usr/bin/abs", "/bin/real"),
                              link("usr/bin/up", "../../../../usr/bin/real"),
                              hard_link("usr/bin/hard", "./usr/bin/real"),
                              link("loop", "loop")}});
  for (const auto* path : {"bin/real", "bin/abs", "bin/up", "usr/bin/hard"})
    EXPECT_EQ(layers.find(path), at(0, "usr/bin/real")) << path;
  EXPECT_EQ(layers.find("loop"), Place());
  EXPECT_EQ(layers.find("loop/x"), Place());
}

TEST(ImageLayers, PutAFileBehindTheLinkThatALowerLayerHas) {
  const auto layers = stack({{link("bin", "usr/bin")}, {file("bin/x")}});
  EXPECT_EQ(layers.find("usr/bin/x"), at(1, "bin/x"));
}

TEST(ImageLayers, LetAFolderAndALinkReplaceEachOther) {
  EXPECT_EQ(stack({{link("bin", "usr/bin")}, {folder("bin"), file("bin/x")}}).find("usr/bin/x"), Place());
  const auto replaced = stack({{file("bin/x"), file("usr/bin/x")}, {link("bin", "usr/bin")}});
  EXPECT_EQ(replaced.find("bin/x"), at(0, "usr/bin/x"));
}

TEST(ImageLayers, KeepAHardLinkWhenItsOtherNameIsReplaced) {
  const auto layers = stack({{file("one"), hard_link("two", "one")}, {file("one")}});
  EXPECT_EQ(layers.find("two"), at(0, "one"));
  EXPECT_EQ(layers.find("one"), at(1, "one"));
}

TEST(ImageLayers, HaveNoFileBehindADevice) {
  Layers layers;
  layers.add(0, {"dev/x", TarType::other, {}});
  layers.add(0, {"", TarType::file, {}});
  EXPECT_EQ(layers.find("dev/x"), Place());
  EXPECT_EQ(layers.size(), 1U);
}

} // namespace
} // namespace cacheproof::oci
