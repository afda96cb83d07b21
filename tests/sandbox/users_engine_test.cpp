// What a sandbox remembers of a Docker engine of the user's; what it does in one is seen in tests/cli.
#include "sandbox/users_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cacheproof::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MadeInEngine : public testing::Test {
protected:
  util::TempDir folder_ = util::TempDir::create().value();
  UsersEngine engine_{.socket = folder_.path() / "no.sock"};
};

TEST_F(MadeInEngine, IsKeptForAnEngineThatMayComeBack) {
  ASSERT_TRUE(note_made(folder_.path(), engine_, Made::images, "/x"));
  ASSERT_TRUE(note_made(folder_.path(), engine_, Made::container, "c"));
  const auto where = "unix://" + engine_.socket.string();
  EXPECT_THAT(made_in_engine(folder_.path()), ElementsAre("images /x of " + where, "container c of " + where));
  const auto removed = remove_made(folder_.path());
  ASSERT_FALSE(removed);
  EXPECT_THAT(removed.error().what, HasSubstr("container c may be there yet: there is no " + where));
  EXPECT_THAT(made_in_engine(folder_.path()), ElementsAre("container c of " + where)) << "images do not run";
}

TEST_F(MadeInEngine, IsNothingWhereNothingWasMade) {
  EXPECT_THAT(made_in_engine(folder_.path()), IsEmpty());
  EXPECT_TRUE(remove_made(folder_.path()));
}

TEST_F(MadeInEngine, IsWrittenDownBySeveralAtOnce) {
  std::vector<std::jthread> all;
  for (int i = 0; i < 8; ++i)
    all.emplace_back([&, i] {
      for (int j = 0; j < 50; ++j)
        EXPECT_TRUE(note_made(folder_.path(), engine_, Made::volume, std::to_string(i * 50 + j)));
    });
  all.clear();
  EXPECT_EQ(made_in_engine(folder_.path()).size(), 400U);
}

TEST(UsersEngineHeld, ByManyOrByOneAlone) {
  const auto folder = util::TempDir::create().value();
  const UsersEngine engine{.socket = folder.path() / "s.sock"};
  int waited = 0;
  const auto say = [&](std::string_view) { ++waited; };
  const auto one = hold_engine(engine, false, say, {});
  const auto other = hold_engine(engine, false, say, {});
  EXPECT_TRUE(one && other);
  EXPECT_EQ(waited, 0);
  std::stop_source stop;
  stop.request_stop();
  const auto alone = hold_engine(engine, true, say, stop.get_token());
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().blame, util::Blame::interrupted);
  EXPECT_EQ(waited, 1);
}

} // namespace
} // namespace cacheproof::sandbox
