#pragma once

#include "util/files.hpp"
#include "workspace/context.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::workspace {

/// A umask for the length of a test.
class Umask {
public:
  explicit Umask(mode_t mask)
      : before_(umask(mask)) {}
  ~Umask() { umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

private:
  mode_t before_;
};

/// A user's folder, the context made of it, and words for what happens to both.
class ContextFixture : public testing::Test {
protected:
  using Kind = scenario::Edit::Kind;

  std::filesystem::path users(const std::string& path = {}) const { return room_.path() / "user" / path; }
  std::filesystem::path ours(const std::string& path = {}) const { return room_.path() / "context" / path; }
  std::filesystem::path outside(const std::string& path = {}) const { return room_.path() / "outside" / path; }

  static void put(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(util::write_text(path, text));
  }
  static std::string content(const std::filesystem::path& path) {
    return util::read_text(path).value_or("(not there)");
  }
  static struct stat facts(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
    return info;
  }
  static unsigned mode(const std::filesystem::path& path) { return facts(path).st_mode & 07777U; }
  static std::int64_t mtime(const std::filesystem::path& path) {
    const auto info = facts(path);
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }
  static void age(const std::filesystem::path& path, std::int64_t nanoseconds) {
    const timespec time{static_cast<time_t>(nanoseconds / 1'000'000'000),
                        static_cast<long>(nanoseconds % 1'000'000'000)};
    const timespec times[] = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
  }

  /// The context of the user's folder.
  Context copied() { return made(users()); }
  Context made(const scenario::Context& source) {
    auto context = Context::materialise(source, ours());
    EXPECT_TRUE(context) << util::to_text(context.error());
    return std::move(*context);
  }

  static scenario::Edit edit(Kind kind, std::string path, std::string text = {}, std::string old = {}) {
    return {kind, std::move(path), std::move(text), std::move(old), {}, {"x.yaml", 7, 9}};
  }
  /// What the edit says of itself, or why it was refused.
  static std::string apply(Context& context, const scenario::Edit& change) {
    const auto said = context.apply(std::vector{change});
    return said ? said->at(0) : util::to_text(said.error());
  }

  /// The whole text of a refusal of such an edit.
  static std::string refused(const std::string& path, const std::string& why) {
    return "x.yaml:7: the edit of " + path + " " + why;
  }

  static constexpr std::int64_t k_long_ago = 1'000'000'000'000'000'000;

private:
  util::TempDir room_ = util::TempDir::create().value();
};

} // namespace cacheproof::workspace
