#include "cli/explained_examples.hpp"

#include "util/text.hpp"

namespace cacheproof::cli {

std::string story(const std::vector<Change>& changes) {
  std::string text = R"(title: Editing a source file keeps the packages
files:
  Dockerfile: |
    FROM busybox AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
rounds:
  - expect: {rebuilt: all}
  - edit:
      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [app 2-3]}
)";
  for (const auto& [old, fresh] : changes) text.replace(text.find(old), old.size(), fresh);
  return text;
}

std::string story_with(std::string_view lines) {
  return story({{"files:\n", std::string(lines) + "files:\n"}});
}

std::string first_build(std::string_view dockerfile, std::string_view lines) {
  std::string text = "title: The first build runs every step\n" + std::string(lines) + "files:\n  Dockerfile: |\n";
  for (const auto& line : util::lines(dockerfile)) text += "    " + line + "\n";
  return text + "rounds:\n  - expect: {rebuilt: all}\n";
}

} // namespace cacheproof::cli
