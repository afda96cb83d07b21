#include "cli/explanations.hpp"

namespace cacheproof::cli {

const std::vector<Explanation>& explanations_of_builds() {
  static const std::vector<Explanation> all{
      {"CP0101",
       "unreadable_cache_entry",
       R"(An entry of `cache_to` or `cache_from` cannot be read as BuildKit's clients read it: fields `key=value` between commas, as in CSV.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
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
)"},
      {"CP0102",
       "unknown_cache_attribute",
       R"(BuildKit ignores attributes of a cache that it does not know, without a word: `mod=max` exports as little as `mode=min`, and the next
build runs steps that it should have found (moby/buildkit#1515). Where the typo is the point, write `allow: [unknown_cache_attribute]`.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mod=max"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
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
)"},
      {"CP0103",
       "unknown_cache_value",
       R"(The attribute exists, but not this value: BuildKit refuses it, or takes another one in silence.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=maximum"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
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
)"},
      {"CP0104",
       "unknown_cache_type",
       R"(BuildKit has no cache of that type.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registri,ref=${registry}/app:cache,mode=max"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
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
)"},
      {"CP0105",
       "mode_of_inline",
       R"(An inline cache lies in the image itself and always holds what `mode=min` would: BuildKit ignores `mode` there.)",
       R"(title: Editing a source file keeps the packages
build:
  output: ["type=registry,name=${registry}/app:latest"]
  cache_to: ["type=inline,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:latest"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  output: ["type=registry,name=${registry}/app:latest"]
  cache_to: ["type=inline"]
  cache_from: ["type=registry,ref=${registry}/app:latest"]
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
)"},
      {"CP0106",
       "import_without_export",
       R"(A build imports a cache from a place to which no build of the scenario exports one: it can never match.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cahce"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
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
)"},
      {"CP0107",
       "overwritten_cache",
       R"(Several builds export to one ref: each overwrites the cache of the one before.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max", "type=registry,ref=${registry}/app:cache"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
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
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max", "type=registry,ref=${registry}/app:other"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
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
)"},
      {"CP0110",
       "unknown_stage",
       R"(A claim is about a stage that the Dockerfile, as the edits up to that round leave it, does not have. A stage without a name is called
`stage-0`, `stage-1`, … by its place.)",
       R"(title: Editing a source file keeps the packages
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
    expect: {rebuilt: [api 2-3]}
)",
       R"(title: Editing a source file keeps the packages
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
)"},
      {"CP0111",
       "unknown_step",
       R"(The stage exists, but not that step. Its steps are listed: numbers are those that BuildKit prints, an external base image counts as 1.)",
       R"(title: Editing a source file keeps the packages
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
    expect: {rebuilt: [app 2-9]}
)",
       R"(title: Editing a source file keeps the packages
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
)"},
      {"CP0112",
       "bad_edit",
       R"(An edit does not fit the file as the edits before it leave it: the file is not there, the old text is not in it exactly once, or nothing
would change.)",
       R"(title: Editing a source file keeps the packages
files:
  Dockerfile: |
    FROM busybox AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
rounds:
  - expect: {rebuilt: all}
  - edit:
      - replace: {path: src/main.js, old: goodbye, new: hi}
    expect: {rebuilt: [app 2-3]}
)",
       R"(title: Editing a source file keeps the packages
files:
  Dockerfile: |
    FROM busybox AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
rounds:
  - expect: {rebuilt: all}
  - edit:
      - replace: {path: src/main.js, old: hello, new: hi}
    expect: {rebuilt: [app 2-3]}
)"},
      {"CP0113",
       "no_dockerfile",
       R"(There is no Dockerfile at that path of the context in that round.)",
       R"(title: Editing a source file keeps the packages
build: {dockerfile: docker/Dockerfile}
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
)",
       R"(title: Editing a source file keeps the packages
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
)"},
      {"CP0114",
       "unknown_target",
       R"(`target` names a stage that the Dockerfile does not have.)",
       R"(title: Editing a source file keeps the packages
build: {target: api}
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
)",
       R"(title: Editing a source file keeps the packages
build: {target: app}
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
)"},
      {"CP0115",
       "unchanged_step",
       R"(`rebuilt` names a step above the first one that the edits of the round can change.)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
files:
  Dockerfile: |
    FROM busybox AS tools
    RUN echo tools > /tools
    FROM tools AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
rounds:
  - expect: {rebuilt: all}
  - edit:
      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [tools 2, app 1-2]}
)",
       R"(title: Editing a source file keeps the packages
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
files:
  Dockerfile: |
    FROM busybox AS tools
    RUN echo tools > /tools
    FROM tools AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
rounds:
  - expect: {rebuilt: all}
  - edit:
      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [app 1-2]}
)"},
      {"CP0116",
       "ignored_edit",
       R"(An edit changes a file that .dockerignore keeps from the build: no step can see it.)",
       R"(title: Editing a source file keeps the packages
files:
  Dockerfile: |
    FROM busybox AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
  docs/a.md: a
  .dockerignore: docs
rounds:
  - expect: {rebuilt: all}
  - edit:
      - append: {path: docs/a.md, text: "!"}
    expect: {rebuilt: none}
)",
       R"(title: Editing a source file keeps the packages
files:
  Dockerfile: |
    FROM busybox AS app
    COPY src src
    RUN cp -r src /built
  src/main.js: hello
  docs/a.md: a
  .dockerignore: docs
rounds:
  - expect: {rebuilt: all}
  - edit:
      - append: {path: src/main.js, text: "!"}
    expect: {rebuilt: [app 2-3]}
)"},
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
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0202",
       "unknown_instruction",
       R"(A line begins with a word that is no instruction of Dockerfiles. A missing `\` at the end of the line above is a usual cause.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUM true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0203",
       "bad_directive",
       R"(A directive (`# syntax=`, `# escape=`) at the top of the Dockerfile is given twice or has a value that it cannot have.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    # escape=x
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    # escape=`
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0204",
       "bad_from",
       R"(FROM takes an image, or `image AS name` with a name of small letters, digits, `-`, `_` and `.`.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox app
    RUN true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox AS app
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0205",
       "unterminated_heredoc",
       R"(A heredoc (`<<EOF`) runs to a line that holds nothing but its name, and the file ends before one.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN <<EOF
    true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN <<EOF
    true
    EOF
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0206",
       "bad_argument",
       R"(The default of an ARG above the first FROM uses an expansion that cannot be read.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    ARG BASE=${X
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    ARG BASE=busybox
    FROM ${BASE}
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0207",
       "unknown_argument",
       R"(FROM uses a variable of which no value is known before the build: an ARG above the first FROM without a default that `args` does not
give, or one that depends on the platform of the daemon.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    ARG BASE
    FROM ${BASE}
    RUN true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
build: {args: {BASE: busybox}}
files:
  Dockerfile: |
    ARG BASE
    FROM ${BASE}
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0208",
       "onbuild_ignored",
       R"(ONBUILD runs in the stages that build on this one. Those steps are written nowhere in the Dockerfile, so no claim can name them.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    ONBUILD RUN true
    RUN true
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0209",
       "instruction_before_from",
       R"(Only ARG may stand above the first FROM.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    RUN true
    FROM busybox
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    RUN true
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0210",
       "variable_reference",
       R"(`COPY --from` and `RUN --mount=from=` take no variables. Give the image a stage of its own: FROM may use one.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox
    ARG TOOLS=busybox
    COPY --from=${TOOLS} /bin /tools
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    ARG TOOLS=busybox
    FROM ${TOOLS} AS tools
    FROM busybox
    COPY --from=tools /bin /tools
rounds:
  - expect: {rebuilt: all}
)"},
      {"CP0211",
       "stage_not_defined_yet",
       R"(A stage can only use stages that are written above it.)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox AS app
    COPY --from=tools /bin /tools
    FROM busybox AS tools
rounds:
  - expect: {rebuilt: all}
)",
       R"(title: The first build runs every step
files:
  Dockerfile: |
    FROM busybox AS tools
    FROM busybox AS app
    COPY --from=tools /bin /tools
rounds:
  - expect: {rebuilt: all}
)"},
  };
  return all;
}

} // namespace cacheproof::cli
