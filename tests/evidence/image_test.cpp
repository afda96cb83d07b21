#include "evidence/image.hpp"

#include <gtest/gtest.h>

namespace cacheproof::evidence {
namespace {

ImageFile link(const std::string& target) {
  return {.type = "link", .mode = 0777, .link = target};
}

/// `/a/b/f`, and links to it on several ways.
Image image() {
  Image made;
  made.files = {{"a", {.type = "dir"}},
                {"a/b", {.type = "dir"}},
                {"a/b/f", {.type = "file", .sha256 = "f"}},
                {"absolute", link("/a/b")},
                {"a/absolute", link("/a/b")},
                {"a/relative", link("../a/./b")},
                {"above", link("../../a")},
                {"round", link("about")},
                {"about", link("round")},
                {"twice", link("absolute")}};
  made.configs = {{.platform = "linux/amd64"}};
  return made;
}

/// The content of what is at a path; the target of a link that is not followed.
std::string at(const Image& image, std::string_view path) {
  const auto* found = find(image, path);
  return !found ? "nothing" : found->type == "link" ? "-> " + found->link : found->sha256;
}

TEST(Image, IsFoundThroughLinksOfFolders) {
  EXPECT_EQ(at(image(), "a/b/f"), "f");
  EXPECT_EQ(at(image(), "a//./b/f"), "f");
  EXPECT_EQ(at(image(), "absolute/f"), "f");
  EXPECT_EQ(at(image(), "a/absolute/f"), "f") << "from the root, not from where it lies";
  EXPECT_EQ(at(image(), "a/relative/f"), "f");
  EXPECT_EQ(at(image(), "above/b/f"), "f") << "the root is its own parent";
  EXPECT_EQ(at(image(), "twice/f"), "f");
  EXPECT_EQ(at(image(), "absolute"), "-> /a/b") << "the last is what is asked for";
}

TEST(Image, HasNothingAtOtherPaths) {
  EXPECT_EQ(at(image(), "a/b/g"), "nothing");
  EXPECT_EQ(at(image(), "absolute/b/f"), "nothing");
  EXPECT_EQ(at(image(), "round/f"), "nothing") << "a circle has an end";
  EXPECT_EQ(at(image(), ""), "nothing");
}

TEST(Image, OfSeveralPlatformsHasARootForEach) {
  Image several;
  several.configs = {{.platform = "linux/amd64"}, {.platform = "linux/arm"}, {.platform = "linux/arm/v7"}};
  several.files = {{"linux/amd64/a/f", {.type = "file", .sha256 = "amd64"}},
                   {"linux/amd64/l", link("/a")},
                   {"linux/arm/v7/a/f", {.type = "file", .sha256 = "v7"}},
                   {"linux/arm/v7/l", link("../../../a")}};
  EXPECT_EQ(at(several, "linux/amd64/l/f"), "amd64");
  EXPECT_EQ(at(several, "linux/arm/v7/l/f"), "v7") << "no link leads to another platform's files";
  EXPECT_EQ(at(several, "linux/arm/a/f"), "nothing");
}

TEST(Image, IsWrittenALineForEachPath) {
  Image made;
  made.digest = "sha256:d";
  made.layers = {"COPY f /f"};
  EXPECT_EQ(to_json_text(made),
            "{\n  \"schema\": \"cacheproof/image/1\",\n  \"digest\": \"sha256:d\",\n  \"configs\": [],\n"
            "  \"layers\": [\"COPY f /f\"],\n  \"files\": {}\n}\n");
  made.files = {{"f", {.type = "file", .mode = 0644, .size = 1, .sha256 = "s", .xattrs = {{"user.a", "\xff"}}}},
                {"g", link("f")}};
  made.configs = {{.platform = "p", .env = {"A=b"}, .labels = {{"l", "m"}}}};
  EXPECT_EQ(
      to_json_text(made),
      "{\n  \"schema\": \"cacheproof/image/1\",\n  \"digest\": \"sha256:d\",\n  \"configs\": "
      "[{\"cmd\":[],\"entrypoint\":[],\"env\":[\"A=b\"],\"labels\":{\"l\":\"m\"},\"platform\":\"p\",\"ports\":[],"
      "\"stop_signal\":\"\",\"user\":\"\",\"volumes\":[],\"working_dir\":\"\"}],\n  \"layers\": [\"COPY f /f\"],\n"
      "  \"files\": {\n"
      "    \"f\": {\"gid\":0,\"layer\":0,\"link\":\"\",\"mode\":420,\"mtime\":0,\"sha256\":\"s\",\"size\":1,"
      "\"type\":\"file\",\"uid\":0,\"xattrs\":{\"user.a\":\"\xef\xbf\xbd\"}},\n"
      "    \"g\": {\"gid\":0,\"layer\":0,\"link\":\"f\",\"mode\":511,\"mtime\":0,\"sha256\":\"\",\"size\":0,"
      "\"type\":\"link\",\"uid\":0}\n  }\n}\n");
}

} // namespace
} // namespace cacheproof::evidence
