# shellcheck shell=bash
# The cases of scenarios/, one function each, as the YAML says them, with the tools of bare.sh, which sources this.
# shellcheck disable=SC2154 # `tree`, `port` and `bin` are bare.sh's

edit_asset() {
  printf '// edited%s\n' "${1-}" >> context/assets/js/react/file1.js
}

asset_pipeline() {
  cp -a "$tree/scenarios/registry/asset_pipeline" context
}

asset_edit_rebuilds_one_stage() { # MODE
  asset_pipeline
  build "$1" --opt target=website-ssr
  edit_asset
  build "$1" --opt target=website-ssr
}
asset_edit_max() { asset_edit_rebuilds_one_stage mode=max; }
asset_edit_mod() { asset_edit_rebuilds_one_stage mod=max; }

nothing_edited_is_all_cached() { # MODE
  asset_pipeline
  build "$1" --opt target=website-ssr
  build "$1" --opt target=website-ssr
}
nothing_edited_max() { nothing_edited_is_all_cached mode=max; }
nothing_edited_mod() { nothing_edited_is_all_cached mod=max; }

typo_after_a_full_export() {
  asset_pipeline
  build mode=max --opt target=website-ssr
  edit_asset
  build mod=max --opt target=website-ssr
  edit_asset ' again'
  build mod=max --opt target=website-ssr
}

source_edit_keeps_packages() {
  mkdir -p context/src
  cat > context/Dockerfile << 'END'
FROM alpine AS app
COPY packages.txt .
RUN mkdir /packages && cp packages.txt /packages/installed
COPY src src
END
  printf 'left-pad 1.3.0\n' > context/packages.txt
  printf 'console.log("hello");\n' > context/src/main.js
  build mode=max
  printf '// edited\n' >> context/src/main.js
  build mode=max
}

mode_in_capitals() { # MODE
  mkdir context
  printf '%s\n' 'FROM alpine AS tools' 'RUN echo tool > /tool && echo note > /note' 'FROM alpine AS app' \
    'COPY --from=tools /tool /tool' 'RUN cat /tool > /app' > context/Dockerfile
  build "$1"
}
mode_max() { mode_in_capitals mode=max; }
mode_capitals() { mode_in_capitals mode=MAX; }

cache_mount_id_is_no_key() { # OPTIONS OF THE OTHER MOUNT
  mkdir context
  printf 'FROM alpine AS %s\nRUN --mount=type=cache,%s echo built > /result\n' one id=one,target=/cache two "$1" \
    > context/Dockerfile
  start_daemon
  client --opt target=one
  client --opt target=two
  stop_daemon
}
mount_equal() { cache_mount_id_is_no_key id=one,target=/cache; }
mount_id() { cache_mount_id_is_no_key id=two,target=/cache; }
mount_sharing() { cache_mount_id_is_no_key id=one,target=/cache,sharing=locked; }
mount_sharing_alone() { cache_mount_id_is_no_key target=/cache,sharing=locked; }
mount_neither() { cache_mount_id_is_no_key target=/cache; }
mount_mode() { cache_mount_id_is_no_key id=one,target=/cache,mode=0700; }
mount_target() { cache_mount_id_is_no_key id=one,target=/other; }

no_cache_spares_workdir() {
  mkdir context
  printf '%s\n' 'FROM alpine AS app' 'WORKDIR /app' 'COPY a.txt .' 'RUN cat a.txt > b.txt' > context/Dockerfile
  printf 'text\n' > context/a.txt
  build mode=max
  build mode=max
  build mode=max --opt no-cache=
}

a_mode_is_content() { # TARGET
  mkdir context
  printf '%s\n' 'FROM alpine AS plain' 'COPY tool /tool' 'RUN cat /tool > /out' 'FROM alpine AS fixed' \
    'COPY --chmod=0644 tool /tool' 'RUN cat /tool > /out' 'FROM alpine AS linked' 'COPY --link --chmod=0644 tool /tool' \
    'RUN cat /tool > /out' > context/Dockerfile
  printf 'text\n' > context/tool
  build mode=max --opt "target=$1"
  chmod 664 context/tool
  build - --opt "target=$1"
  chmod 644 context/tool
  build mode=max --opt "target=$1"
}
mode_plain() { a_mode_is_content plain; }
mode_fixed() { a_mode_is_content fixed; }
mode_linked() { a_mode_is_content linked; }

a_new_name_is_a_change() {
  mkdir -p context/src
  printf '%s\n' 'FROM alpine AS app' 'COPY src /src' > context/Dockerfile
  printf 'text\n' > context/src/a.txt
  build mode=max
  mv context/src/a.txt context/src/b.txt
  build -
  mv context/src/b.txt context/src/a.txt
  build mode=max
  ln -s a.txt context/src/link
  build -
  rm context/src/link
  build mode=max
  mkdir -m 700 context/src/empty
  build mode=max
  chmod 755 context/src/empty
  build -
  chmod 700 context/src/empty
  build mode=max
  chown 1000:1000 context/src/a.txt
  build mode=max
}

a_touched_file_is_the_same() {
  mkdir -p context/src
  printf '%s\n' 'FROM alpine AS app' 'COPY src /src' 'RUN cat /src/* > /all' > context/Dockerfile
  printf 'text\n' > context/src/a.txt
  printf 'not copied\n' > context/notes.txt
  build mode=max
  touch -d 2024-02-29T12:00:00.000000001Z context/src/a.txt
  build mode=max
  cp context/src/a.txt context/kept.txt && mv context/kept.txt context/src/a.txt
  build mode=max
  printf 'more\n' >> context/notes.txt
  build mode=max
}

# context_of DOCKERFILE_LINE…: a context of this Dockerfile alone.
context_of() {
  mkdir context
  printf '%s\n' "$@" > context/Dockerfile
}

a_line_from_ci() {
  # shellcheck disable=SC2016 # the shell of the step expands it
  context_of 'FROM alpine AS packages' 'COPY packages.txt .' 'RUN cat packages.txt > installed.txt' \
    'FROM packages AS app' 'ARG VERSION' 'COPY main.txt .' 'RUN echo "$VERSION" > version.txt'
  printf 'one\n' > context/packages.txt
  printf 'text\n' > context/main.txt
  local options=(--opt target=app --opt 'build-arg:VERSION=1 rc')
  build mode=max "${options[@]}" --output "type=image,name=127.0.0.1:$port/app:1,push=true"
  printf 'more\n' >> context/main.txt
  build mode=max "${options[@]}" --output "type=image,name=127.0.0.1:$port/app:1,push=true"
  build - "${options[@]}"
}

a_change_without_a_trace() {
  context_of 'FROM alpine AS app' 'COPY tool data /' 'RUN cat /tool /data > /all'
  local tool=context/tool data=context/data
  printf 'old\n' > $tool
  printf '\0\1\377' > $data
  chmod 755 $tool
  touch -d 2024-02-29T12:00:00Z $tool $data
  build mode=max
  printf 'new\n' > $tool
  touch -d 2024-02-29T12:00:00Z $tool
  build -
  printf 'old\n' > $tool
  printf '\377\1\0' > $data
  touch -d 2024-02-29T12:00:00Z $tool $data
  build -
  printf '\0\1\377' > $data
  build mode=max
}

a_checkout_finds_the_cache_of_its_commit() {
  git clone -q "$tree/scenarios/edits/two_commits.git" context
  mv context/.git repository
  local checkout=(git --git-dir repository --work-tree context checkout -q --force)
  "${checkout[@]}" first
  build mode=max
  "${checkout[@]}" second
  build -
  "${checkout[@]}" first
  build mode=max
}

a_patch_rebuilds_what_it_touches() {
  context_of 'FROM alpine AS code' 'COPY src /src' 'RUN cat /src/* > /built' 'FROM alpine AS docs' 'COPY docs /docs' \
    'RUN cat /docs/* > /printed' 'FROM alpine AS app' 'COPY --from=code /built /built' 'COPY --from=docs /printed /printed'
  mkdir context/{src,docs}
  printf 'one\ntwo\nthree\n' > context/src/main.txt
  printf 'run\n' > context/src/run
  printf 'page\n' > context/docs/page.txt
  build mode=max
  sed -i s/two/2/ context/src/main.txt
  mv context/src/run context/src/start
  build -
  sed -i s/2/two/ context/src/main.txt
  mv context/src/start context/src/run
  build mode=max
  printf 'paws\n' > context/docs/page.txt
  build mode=max
}

a_pattern_is_keyed_on_what_it_matches() {
  context_of 'FROM alpine AS app' 'COPY foo* /files/' 'RUN ls /files > /list' 'COPY bar /files/'
  printf 'one\n' > context/foo1
  printf 'two\n' > context/foo2
  printf 'bar\n' > context/bar
  build mode=max
  printf 'baz\n' > context/bar
  build mode=max
  mv context/foo2 context/foo3
  build mode=max
  printf 'two\n' > context/foo1
  build mode=max
}

an_archive_is_its_bytes() {
  context_of 'FROM alpine AS app' 'ADD app.tar.gz plain.tar /app/' 'RUN ls -lR /app > /listed'
  mkdir -p files/bin
  printf 'run\n' > files/bin/run
  printf 'plain\n' > files/note
  tar -czf context/app.tar.gz -C files bin
  tar -cf context/plain.tar -C files note
  build mode=max
  touch -d @1 context/app.tar.gz
  build mode=max
  printf '\0' >> context/plain.tar
  build mode=max
}

an_ignored_file_is_no_input() {
  context_of 'FROM alpine AS app' 'COPY . /app'
  printf 'log/\n!log/kept\n' > context/.dockerignore
  mkdir context/log
  printf 'text\n' | tee context/log/old > context/log/kept
  build mode=max
  printf 'more\n' >> context/log/old
  printf 'new\n' > context/log/new
  build mode=max
  printf 'more\n' >> context/log/kept
  build mode=max
}

another_name_is_another_file() {
  context_of 'FROM alpine AS app' 'COPY src /src'
  mkdir context/src
  printf 'text\n' > context/src/a.txt
  ln context/src/a.txt context/src/b.txt
  ln -s a.txt context/src/c.txt
  build mode=max
  rm context/src/b.txt && cp -p context/src/a.txt context/src/b.txt
  build mode=max
  chmod 600 context/src/a.txt # for an attribute, which nothing that is always installed sets
  build -
  chmod 644 context/src/a.txt && ln -f context/src/b.txt context/src/a.txt
  build mode=max
}

a_secret_is_no_key() {
  context_of 'FROM alpine AS first' 'RUN --mount=type=secret,id=one cat /run/secrets/one > /out' 'FROM alpine AS second' \
    'RUN --mount=type=secret,id=two cat /run/secrets/two > /out'
  printf 123 > secret
  build mode=max --opt target=first --secret id=one,src=secret
  printf 456 > secret
  build mode=max --opt target=first --secret id=one,src=secret
  printf 123 > secret
  build mode=max --opt target=second --secret id=two,src=secret
}

an_argument_reaches_every_run_behind_it() {
  context_of 'FROM alpine AS app' 'RUN echo before > /before' 'ARG VERSION' 'COPY a /a' 'RUN echo after > /after'
  printf 'text\n' > context/a
  build mode=max --opt build-arg:VERSION=1
  build - --opt build-arg:VERSION=2
  build mode=max --opt build-arg:VERSION=1
}

metadata_is_no_step() {
  context_of 'FROM alpine AS app' 'LABEL version=1' 'CMD ["one"]' 'EXPOSE 80' 'STOPSIGNAL SIGTERM' 'HEALTHCHECK CMD ["true"]' \
    'VOLUME /data1' 'ENV LEVEL=1' 'RUN echo built > /built'
  build mode=max
  sed -i 's/version=1/version=2/; s/"one"/"two"/; s/80/81/; s/SIGTERM/SIGINT/; s/"true"/"false"/; s/data1/data2/' context/Dockerfile
  build mode=max
  sed -i s/LEVEL=1/LEVEL=2/ context/Dockerfile
  build mode=max
}

a_middle_stage_costs_its_base() { # MODE
  context_of 'FROM alpine AS tools' 'RUN echo tool > /tool' 'FROM tools AS middle' 'COPY dummy /dummy' 'FROM scratch AS app' \
    'COPY --from=middle /dummy /dummy'
  printf 'text\n' > context/dummy
  build "$1"
  build "$1"
  printf 'other text\n' > context/dummy
  build "$1"
}
middle_stage_min() { a_middle_stage_costs_its_base mode=min; }
middle_stage_max() { a_middle_stage_costs_its_base mode=max; }

a_failed_import_is_no_failed_build() {
  context_of 'FROM alpine AS app' 'RUN echo a > /a'
  build ''
  build -
}

a_misspelt_import_is_silent() { # TYPE
  context_of 'FROM alpine AS app' 'COPY a.txt .' 'RUN cat a.txt > b.txt'
  printf 'text\n' > context/a.txt
  one_build --export-cache "$(cache app:cache mode=max)"
  one_build --export-cache "$(cache app:cache mode=max)" --import-cache "type=$1,ref=127.0.0.1:$port/app:cache"
}
import_registry() { a_misspelt_import_is_silent registry; }
import_regsitry() { a_misspelt_import_is_silent regsitry; }
import_inline() { a_misspelt_import_is_silent inline; }

a_workdir_on_scratch_is_not_exported() { # TARGET
  context_of 'FROM scratch AS empty' 'WORKDIR /app' 'COPY f /app/f' 'FROM alpine AS based' 'WORKDIR /app' 'COPY f /app/f'
  printf 'text\n' > context/f
  build mode=max --opt "target=$1"
  printf 'more\n' >> context/f
  build mode=max --opt "target=$1"
}
workdir_empty() { a_workdir_on_scratch_is_not_exported empty; }
workdir_based() { a_workdir_on_scratch_is_not_exported based; }

an_argument_costs_what_the_mode_kept() { # EXPORT
  local image=127.0.0.1:$port/app:image
  context_of 'FROM alpine AS builder' 'RUN echo deps > /deps' 'COPY f /build/f' 'ARG VERSION' 'RUN cp /build/f /out' \
    'FROM scratch AS app' 'COPY --from=builder /out /out'
  printf 'text\n' > context/f
  for version in 1 2; do
    one_build --export-cache "$1,ref=127.0.0.1:$port/app:cache" --import-cache "$(cache app:cache)" \
      --import-cache "$(cache app:image)" --opt "build-arg:VERSION=$version" --output "type=image,name=$image,push=true"
  done
}
argument_min() { an_argument_costs_what_the_mode_kept type=registry,mode=min; }
argument_max() { an_argument_costs_what_the_mode_kept type=registry,mode=max; }
argument_inline() { an_argument_costs_what_the_mode_kept type=inline; }

inline_said_twice_is_one_cache() {
  context_of 'FROM alpine AS app' 'COPY f /f' 'RUN cat /f > /g'
  printf 'text\n' > context/f
  for _ in 1 2; do
    one_build --opt build-arg:BUILDKIT_INLINE_CACHE=1 --export-cache type=inline --import-cache "$(cache app:image)" \
      --output "type=image,name=127.0.0.1:$port/app:image,push=true"
  done
}

two_targets_need_two_refs() { # REF
  context_of 'FROM alpine AS deps' 'COPY packages.txt .' 'RUN cp packages.txt /deps' 'FROM deps AS tests' 'RUN echo tests > /tests' \
    'FROM alpine AS other' 'RUN echo other > /other'
  printf 'left-pad\n' > context/packages.txt
  local imports=(--import-cache "$(cache app:cache)" --import-cache "$(cache "$1")")
  one_build "${imports[@]}" --opt target=tests --export-cache "$(cache app:cache mode=max)"
  one_build "${imports[@]}" --opt target=other --export-cache "$(cache "$1" mode=max)"
  one_build "${imports[@]}" --opt target=tests
}
two_targets_one_ref() { two_targets_need_two_refs app:cache; }
two_targets_two_refs() { two_targets_need_two_refs other:cache; }

# Every scenario whose bare form is a plain script of builds, and that form of each of its cases.
# shellcheck disable=SC2034 # read by corpus-vs-bare
declare -A corpus=(
  [basics/a_line_from_ci]=a_line_from_ci
  [basics/source_edit_keeps_packages]=source_edit_keeps_packages
  [edits/a_change_without_a_trace_is_seen_by_a_fresh_builder]=a_change_without_a_trace
  [edits/a_checkout_finds_the_cache_of_its_commit]=a_checkout_finds_the_cache_of_its_commit
  [edits/a_mode_is_content]='mode_plain mode_fixed mode_linked'
  [edits/a_new_name_is_a_change]=a_new_name_is_a_change
  [edits/a_patch_rebuilds_what_it_touches]=a_patch_rebuilds_what_it_touches
  [edits/a_pattern_is_keyed_on_what_it_matches]=a_pattern_is_keyed_on_what_it_matches
  [edits/a_touched_file_is_the_same]=a_touched_file_is_the_same
  [edits/an_archive_is_its_bytes]=an_archive_is_its_bytes
  [edits/an_ignored_file_is_no_input]=an_ignored_file_is_no_input
  [edits/another_name_is_another_file]=another_name_is_another_file
  [ledger/mode_in_capitals]='mode_max mode_capitals'
  [mounts/a_secret_is_no_key]=a_secret_is_no_key
  [mounts/cache_mount_id_is_no_key]='mount_equal mount_id mount_sharing mount_sharing_alone mount_neither mount_mode mount_target'
  [options/an_argument_reaches_every_run_behind_it]=an_argument_reaches_every_run_behind_it
  [options/metadata_is_no_step]=metadata_is_no_step
  [options/no_cache_spares_workdir]=no_cache_spares_workdir
  [registry/a_failed_import_is_no_failed_build]=a_failed_import_is_no_failed_build
  [registry/a_middle_stage_costs_its_base]='middle_stage_min middle_stage_max'
  [registry/a_misspelt_import_is_silent]='import_registry import_regsitry import_inline'
  [registry/a_workdir_on_scratch_is_not_exported]='workdir_empty workdir_based'
  [registry/an_argument_costs_what_the_mode_kept]='argument_min argument_max argument_inline'
  [registry/asset_edit_rebuilds_one_stage]='asset_edit_max asset_edit_mod'
  [registry/inline_said_twice_is_one_cache]=inline_said_twice_is_one_cache
  [registry/nothing_edited_is_all_cached]='nothing_edited_max nothing_edited_mod'
  [registry/two_targets_need_two_refs]='two_targets_one_ref two_targets_two_refs'
  [registry/typo_after_a_full_export]=typo_after_a_full_export
)
