#include "cli/explained_examples.hpp"
#include "cli/explanations.hpp"

#include <fmt/format.h>

namespace cacheproof::cli {
namespace {

/// Two builds at once, the second of which waits for one of that name.
std::string two_at_once(std::string_view name) {
  const auto rounds = fmt::format(R"(  - parallel:
      - name: first
        build: {{target: app}}
        expect: {{rebuilt: all}}
      - name: second
        build: {{target: app}}
        after: {{build: {}, event: finished}}
        expect: {{cached: [app 2-3]}}
)",
                                  name);
  return story({{R"(  - expect: {rebuilt: all}
  - edit:
      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [app 2-3]}
)",
                 rounds}});
}

} // namespace

const std::vector<Explanation>& explanations_of_files() {
  static const std::vector<Explanation> all{
      {"CP0001",
       "unreadable_file",
       R"(The path that was given is no file that can be read: it does not exist, it is a folder, a socket or a device, or it may not
be read. Nothing of it was looked at.)",
       "",
       story(),
       "missing.yaml",
       "example.yaml"},
      {"CP0002",
       "yaml_syntax",
       R"(The file is not YAML (1.2), so that nothing can be said about its content. A second document (`---`), an anchor inside
itself and a tag (`!!binary`) are refused here too: a scenario has no use for them. Often a text with `: ` or a leading
`*`, `&`, `[` or `{` needs quotes.)",
       story(
           {{"title: Editing a source file keeps the packages", "title: \"Editing a source file keeps the packages"}}),
       story()},
      {"CP0003",
       "unknown_key",
       R"(The language has no such key at this place. An unknown key is never ignored: a claim with a typo would vanish, and a claim
that vanished is a test that is always green. `cacheproof schema` and scenarios/README.md have all keys.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuild: [app 2-3]}"}}),
       story()},
      {"CP0004",
       "duplicate_key",
       R"(A mapping has the same key twice. YAML forbids it, yet most readers quietly take one of the two.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: all, rebuilt: none}"}}),
       story()},
      {"CP0005",
       "not_played_yet",
       R"(The key or value belongs to the language, but this version of cacheproof cannot play it. It is refused, so that nobody takes a
scenario for proven of which a part was left out.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 2-3], traffic: {requests: 3}}"}}),
       story()},
      {"CP0006",
       "wrong_type",
       R"(A value has another form than its key takes: a text in place of a list, a word where a number stands. The message says what
was expected.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: app}"}}),
       story()},
      {"CP0007",
       "missing_key",
       R"(A mapping lacks a key without which it means nothing. A scenario needs `title`, `rounds` and one of `context`, `files` and
`git`.)",
       story({{"title: Editing a source file keeps the packages\n", ""}}),
       story()},
      {"CP0008",
       "exclusive_keys",
       R"(Two keys say the same thing in two ways, so that it is unclear which counts. Keep one.)",
       story({{"    expect: {rebuilt: [app 2-3]}\n", R"(        delete: src/main.js
    expect: {rebuilt: [app 2-3]}
)"}}),
       story()},
      {"CP0009",
       "wrong_value",
       R"(The form of a value is right, but the value cannot be meant: an edit that changes nothing, a version that is none, a NUL byte in
a path.)",
       story({{"- append: {path: src/main.js, text: \"!\"}", "- append: {path: src/main.js, text: \"\"}"}}),
       story()},
      {"CP0010",
       "unknown_variable",
       R"(`${name}` stands for nothing: variables are those of cacheproof (`${registry}`, `${context}`, …) and the dimensions of `matrix`.
Variables of the shell and of the environment are not expanded. A literal `${` is written `$${`.)",
       story_with("build: {target: \"${stage}\"}\n"),
       story_with(R"(matrix: {stage: [app]}
build: {target: "${stage}"}
)")},
      {"CP0011",
       "bad_regex",
       R"(The text is no regular expression. They are RE2's: like Perl's, without back references and look-around, so that none can hang a
judgement. Signs such as `(`, `[`, `+` and `.` need a backslash to mean themselves.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {status: {fails: \"exit code (1\"}}"}}),
       story(
           {{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 2-3], warnings: [\"legacy (form|style) of\"]}"}})},
      {"CP0012",
       "bad_step_reference",
       R"(The text names no step. Write `stage`, `stage 4`, `stage 4-8` or `stage RUN npm*`; the number is the one that BuildKit prints, as in
`[app 4/8]`. Before it stands the build that is meant, `alpha:app 4`, where a `run` line starts several, and only there.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 3-2]}"}}),
       story()},
      {"CP0013",
       "bad_path",
       R"(A path leads out of where it has to stay, is absolute, empty, longer than 4,095 bytes, or leads nowhere. Paths of edits and files are relative to the context;
a `context` lies in the git repository around the scenario (without one: at or below its folder).)",
       story({{"- append: {path: src/main.js, text: \"!\"}", "- append: {path: ../src/main.js, text: \"!\"}"}}),
       story()},
      {"CP0014",
       "unknown_diagnostic",
       R"(`allow` names a warning that does not exist, or an error, which cannot be allowed. `cacheproof explain` lists all of them.)",
       story_with("allow: [unknown_cache_atribute]\n"),
       story_with("allow: [unknown_cache_attribute]\n")},
      {"CP0015",
       "bad_dimension",
       R"(A dimension of `matrix` has a name that the language keeps for itself, or a value twice; or `when` or `requires` asks for a dimension,
a fact or a value that does not exist. Such a condition would never hold, and its claim would vanish.)",
       story({{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
              {"expect: {rebuilt: [app 2-3]}",
               "expect: {rebuilt: [{when: {mode: maximal}, steps: all}, {when: {}, steps: [app 2-3]}]}"}}),
       story({{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
              {"expect: {rebuilt: [app 2-3]}",
               "expect: {rebuilt: [{when: {mode: max}, steps: [app 2-3]}, {when: {}, steps: [app 2-3]}]}"}})},
      {"CP0016",
       "unmatched_case",
       R"(A claim is a list of alternatives, and for some case of the matrix or the versions none of them counts. A claim never vanishes: give
that case an alternative, or write a last one with `when: {}`.)",
       story({{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
              {"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [{when: {mode: max}, steps: [app 2-3]}]}"}}),
       story(
           {{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
            {"expect: {rebuilt: [app 2-3]}",
             R"(expect: {rebuilt: [{when: {mode: max}, steps: [app 2-3]}, {when: {mode: min}, steps: [app 2-3]}]})"}})},
      {"CP0017",
       "dead_alternative",
       R"(The alternatives above take every case of this one, so it never counts. The first alternative that matches counts: put
the narrower one first.)",
       story({{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
              {"expect: {rebuilt: [app 2-3]}",
               "expect: {rebuilt: [{when: {}, steps: [app 2-3]}, {when: {mode: max}, steps: all}]}"}}),
       story({{"files:\n", R"(matrix:
  mode: [max, min]
files:
)"},
              {"expect: {rebuilt: [app 2-3]}",
               "expect: {rebuilt: [{when: {mode: max}, steps: [app 2-3]}, {when: {}, steps: [app 2-3]}]}"}})},
      {"CP0018",
       "empty_claim",
       R"(The claim would hold whatever happens, or a scenario claims nothing at all: it would be green for ever.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {cached: []}"}}),
       story()},
      {"CP0019",
       "too_large",
       R"(A limit that keeps hostile and broken files from hurting: a scenario has at most 1 MiB, aliases that expand to at most 10,000
nodes, 64 levels, a matrix of 1,000 cells and 100 dimensions, archives of 20,000 entries, 10,000 builds and 32 MiB with which
all of them ask.)",
       story_with(
           R"(about: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
)"),
       story()},
      {"CP0020",
       "not_text",
       R"(The file holds a byte that is not UTF-8, or a control character. It may have been saved in another encoding, or be no text.)",
       story({{"packages", "packages \xE9"}}),
       story()},
      {"CP0021",
       "odd_file_name",
       R"(The file's name becomes a test's name, and in GoogleTest's filters `-` begins the negative part: a filter with that name runs nothing.
Call it in snake_case, or write `allow: [odd_file_name]`.)",
       story(),
       story(),
       "source-edit.yaml",
       "source_edit.yaml"},
      {"CP0022",
       "bad_command_line",
       R"(The command line of `build` cannot be read: quotes without an end, a shell's variable or pipe (nothing is expanded; write `${name}` of the
matrix, or `args`), a flag without its value, or two contexts.)",
       story_with("build: docker build --target $STAGE .\n"),
       story_with("build: docker build --target app .\n")},
      {"CP0023",
       "unknown_flag",
       R"(Neither `docker build`, `docker buildx build` nor `buildctl build` has that flag (whichever the line begins with).)",
       story_with("build: docker build --tarket app .\n"),
       story_with("build: docker build --target app .\n")},
      {"CP0024",
       "unknown_build",
       R"(`after` names a build that the round does not have: builds of `parallel` are known by their `name`.)",
       two_at_once("frist"),
       two_at_once("first")},
      {"CP0025",
       "endless_wait",
       R"(Builds of `parallel` wait for each other, so that none of them begins, or none would finish.)",
       two_at_once("second"),
       two_at_once("first")},
  };
  return all;
}

} // namespace cacheproof::cli
