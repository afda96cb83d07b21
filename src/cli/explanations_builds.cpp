#include "cli/explained_examples.hpp"
#include "cli/explanations.hpp"

namespace cacheproof::cli {

const std::vector<Explanation>& explanations_of_builds() {
  static const std::vector<Explanation> all{
      {"CP0101",
       "unreadable_cache_entry",
       R"(An entry of `cache_to` or `cache_from` cannot be read as BuildKit's clients read it: fields `key=value` between commas, as in CSV.
buildx v0.20 refused several refs in one text, which earlier ones took (docker/buildx#2942): write a list.)",
       story_with(R"(build:
  cache_to: ["type=registry,ref"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
)")},
      {"CP0102",
       "unknown_cache_attribute",
       R"(BuildKit ignores attributes of a cache that it does not know, without a word: `mod=max` exports as little as `mode=min`, and the next
build runs steps that it should have found (moby/buildkit#1515). Where the typo is the point, write `allow: [unknown_cache_attribute]`.)",
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mod=max"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
)")},
      {"CP0103",
       "unknown_cache_value",
       R"(The attribute exists, but not this value: BuildKit takes the default in silence, and that is `mode=min`. What such a cache does
find keeps people from noticing how much it lacks: in moby/buildkit#1515 the export had that default too, for `mod=max`.)",
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=maximum"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
)")},
      {"CP0104",
       "unknown_cache_type",
       R"(BuildKit has no cache of that type. An export to it fails the build with `unknown cache exporter` (docker/bake-action#306, where
quotes had made `gha,mode=max` the type); an import from it fails nothing and finds nothing.)",
       story_with(R"(build:
  cache_to: ["type=registri,ref=${registry}/app:cache,mode=max"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
)")},
      {"CP0105",
       "mode_of_inline",
       R"(An inline cache lies in the image itself and always holds what `mode=min` would: BuildKit ignores `mode` there
(docker/buildx#576 has `type=inline,mode=max` and misses its cache).)",
       story_with(R"(build:
  output: ["type=registry,name=${registry}/app:latest"]
  cache_to: ["type=inline,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:latest"]
)"),
       story_with(R"(build:
  output: ["type=registry,name=${registry}/app:latest"]
  cache_to: ["type=inline"]
  cache_from: ["type=registry,ref=${registry}/app:latest"]
)")},
      {"CP0106",
       "import_without_export",
       R"(A build imports a cache from a place to which no build of the scenario exports one: it can never match. Since
moby/buildkit#948 an import of what is not there does not fail the build, so that nothing shows but steps that are built again.)",
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cahce"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
)")},
      {"CP0107",
       "overwritten_cache",
       R"(Several builds export to one ref: each overwrites the cache of the one before (moby/buildkit#3925).)",
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max", "type=registry,ref=${registry}/app:cache"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
)"),
       story_with(R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max", "type=registry,ref=${registry}/app:other"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
)")},
      {"CP0110",
       "unknown_stage",
       R"(A claim is about a stage that the Dockerfile, as the edits up to that round leave it, does not have. A stage without a name is called
`stage-0`, `stage-1`, … by its place.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [api 2-3]}"}}),
       story()},
      {"CP0111",
       "unknown_step",
       R"(The stage exists, but not that step. Its steps are listed: numbers are those that BuildKit prints, an external base image counts as 1.)",
       story({{"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 2-9]}"}}),
       story()},
      {"CP0112",
       "bad_edit",
       R"(An edit does not fit the file as the edits before it leave it: the file is not there, the old text is not in it exactly once, or nothing
would change.)",
       story({{"- append: {path: src/main.js, text: \"!\"}", "- replace: {path: src/main.js, old: goodbye, new: hi}"}}),
       story({{"- append: {path: src/main.js, text: \"!\"}", "- replace: {path: src/main.js, old: hello, new: hi}"}})},
      {"CP0113",
       "no_dockerfile",
       R"(There is no Dockerfile at that path of the context in that round.)",
       story_with("build: {dockerfile: docker/Dockerfile}\n"),
       story()},
      {"CP0114",
       "unknown_target",
       R"(`target` names a stage that the Dockerfile does not have.)",
       story_with("build: {target: api}\n"),
       story_with("build: {target: app}\n")},
      {"CP0115",
       "unchanged_step",
       R"(`rebuilt` names a step above the first one that the edits of the round can change. With its cache imported, only a bug or a cache
that was not exported in full (moby/buildkit#1515) builds it again.)",
       story({{"files:\n", R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
files:
)"},
              {"    FROM busybox AS app\n", R"(    FROM busybox AS tools
    RUN echo tools > /tools
    FROM tools AS app
)"},
              {"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [tools 2, app 1-2]}"}}),
       story({{"files:\n", R"(build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
files:
)"},
              {"    FROM busybox AS app\n", R"(    FROM busybox AS tools
    RUN echo tools > /tools
    FROM tools AS app
)"},
              {"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 1-2]}"}})},
      {"CP0116",
       "ignored_edit",
       R"(An edit changes a file that .dockerignore keeps from the build: no step can see it. That is what such a list is for: in
moby/moby#8330 an edit of the Dockerfile itself rebuilt `ADD .`.)",
       story({{"rounds:\n", R"(  docs/a.md: a
  .dockerignore: docs
rounds:
)"},
              {R"(      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [app 2-3]}
)",
               R"(      - append: {path: docs/a.md, text: "!"}
    expect: {rebuilt: none}
)"}}),
       story({{"rounds:\n", R"(  docs/a.md: a
  .dockerignore: docs
rounds:
)"}})},
      {"CP0117",
       "unknown_platform",
       R"(A claim is about steps of a platform that the build is not for. Steps have a platform where `platforms` has several.)",
       story({{"files:\n", "build: {platforms: [linux/amd64, linux/arm64]}\nfiles:\n"},
              {"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 2, linux/arm app 3]}"}}),
       story({{"files:\n", "build: {platforms: [linux/amd64, linux/arm64]}\nfiles:\n"},
              {"expect: {rebuilt: [app 2-3]}", "expect: {rebuilt: [app 2, linux/arm64 app 3]}"}})},
      {"CP0201",
       "no_stages",
       R"(A Dockerfile without FROM builds nothing.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    # FROM busybox
rounds:
  - expect: {status: ok}
)",
       first_build("FROM busybox\nRUN true\n")},
      {"CP0202",
       "unknown_instruction",
       R"(A line begins with a word that is no instruction of Dockerfiles. A missing `\` at the end of the line above is a usual cause.)",
       first_build("FROM busybox\nRUM true\n"),
       first_build("FROM busybox\nRUN true\n")},
      {"CP0203",
       "bad_directive",
       R"(A directive (`# syntax=`, `# escape=`) at the top of the Dockerfile is given twice or has a value that it cannot have.)",
       first_build("# escape=x\nFROM busybox\nRUN true\n"),
       first_build("# escape=`\nFROM busybox\nRUN true\n")},
      {"CP0204",
       "bad_from",
       R"(FROM takes an image, or `image AS name` with a name of small letters, digits, `-`, `_` and `.`.)",
       first_build("FROM busybox app\nRUN true\n"),
       first_build("FROM busybox AS app\nRUN true\n")},
      {"CP0205",
       "unterminated_heredoc",
       R"(A heredoc (`<<EOF`) runs to a line that holds nothing but its name, and the file ends before one.)",
       first_build("FROM busybox\nRUN <<EOF\ntrue\n"),
       first_build("FROM busybox\nRUN <<EOF\ntrue\nEOF\n")},
      {"CP0206",
       "bad_argument",
       R"(The default of an ARG above the first FROM uses an expansion that cannot be read.)",
       first_build("ARG BASE=${X\nFROM busybox\nRUN true\n"),
       first_build("ARG BASE=busybox\nFROM ${BASE}\nRUN true\n")},
      {"CP0207",
       "unknown_argument",
       R"(FROM uses a variable of which no value is known before the build: an ARG above the first FROM without a default that `args` does not
give, or one that depends on the platform of the daemon.)",
       first_build("ARG BASE\nFROM ${BASE}\nRUN true\n"),
       first_build("ARG BASE\nFROM ${BASE}\nRUN true\n", "build: {args: {BASE: busybox}}\n")},
      {"CP0208",
       "onbuild_ignored",
       R"(ONBUILD runs in the stages that build on this one. Those steps are written nowhere in the Dockerfile, so no claim can name them.)",
       first_build("FROM busybox\nONBUILD RUN true\nRUN true\n"),
       first_build("FROM busybox\nRUN true\n")},
      {"CP0209",
       "instruction_before_from",
       R"(Only ARG may stand above the first FROM.)",
       first_build("RUN true\nFROM busybox\n"),
       first_build("FROM busybox\nRUN true\n")},
      {"CP0210",
       "variable_reference",
       R"(`COPY --from` and `RUN --mount=from=` take no variables. Give the image a stage of its own: FROM may use one.)",
       first_build("FROM busybox\nARG TOOLS=busybox\nCOPY --from=${TOOLS} /bin /tools\n"),
       first_build("ARG TOOLS=busybox\nFROM ${TOOLS} AS tools\nFROM busybox\nCOPY --from=tools /bin /tools\n")},
      {"CP0211",
       "stage_not_defined_yet",
       R"(A stage can only use stages that are written above it.)",
       first_build("FROM busybox AS app\nCOPY --from=tools /bin /tools\nFROM busybox AS tools\n"),
       first_build("FROM busybox AS tools\nFROM busybox AS app\nCOPY --from=tools /bin /tools\n")},
  };
  return all;
}

} // namespace cacheproof::cli
