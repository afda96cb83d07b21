# shellcheck shell=bash
# What a competent engineer would write to see what a Docker build cache does, with no verdict: the yardstick of this
# folder. Everything happens one after the other, on tmpfs, with the versions and flags that cacheproof uses.
# Sourced; `bare_case` runs in a subshell, in a folder of its own, and leaves nothing behind.

bench=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
tree=$(realpath "$bench/../..")

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# The program that is measured: what `./cacheproof run` builds, or CACHEPROOF_PROGRAM.
program() {
  local built=${CACHEPROOF_PROGRAM:-$tree/build/release/bin/cacheproof}
  [[ -x $built ]] || die "$built is missing: \`./cacheproof run\` builds it"
  printf '%s\n' "$built"
}

now() { # microseconds
  printf '%s\n' "${EPOCHREALTIME/./}"
}

# median NUMBER…
median() {
  printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# seconds MICROSECONDS
seconds() {
  printf '%d.%03d\n' $(($1 / 1000000)) $(($1 / 1000 % 1000))
}

# ratio A B: A divided by B
ratio() {
  local hundredths=$((($1 * 100 + $2 / 2) / $2))
  printf '%d.%02d\n' $((hundredths / 100)) $((hundredths % 100))
}

# prepare_image FOLDER: the blobs of the base image, made once and outside of every measured time. The same content as
# the image that `setup.images: busybox` stands for: a static busybox and links to it.
prepare_image() {
  local folder=$1 root=$1/root busybox applet
  busybox=$(command -v busybox) || die "busybox is missing: apt-get install busybox-static"
  mkdir -p "$root"/{bin,dev,etc,proc,root,sys,usr/bin,var} && install -d -m 1777 "$root/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\n' > "$root/etc/passwd"
  printf 'root:x:0:\n' > "$root/etc/group"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  tar --create --owner 0 --group 0 --mtime 2020-01-01T00:00:00Z --directory "$root" --file "$folder/layer.tar" .
  gzip --no-name < "$folder/layer.tar" > "$folder/layer"
  printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(sha256sum < "$folder/layer.tar" | cut -d ' ' -f 1)" > "$folder/config"
  rm -r "$root" "$folder/layer.tar"
  local part
  for part in layer config; do
    printf 'sha256:%s' "$(sha256sum < "$folder/$part" | cut -d ' ' -f 1)" > "$folder/$part.digest"
  done
  local type=application/vnd.docker
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":%d,"digest":"%s"},"layers":[{"mediaType":"%s","size":%d,"digest":"%s"}]}' \
    $type.distribution.manifest.v2+json \
    $type.container.image.v1+json "$(stat -c %s "$folder/config")" "$(< "$folder/config.digest")" \
    $type.image.rootfs.diff.tar.gzip "$(stat -c %s "$folder/layer")" "$(< "$folder/layer.digest")" > "$folder/manifest"
}

start_registry() {
  port=$((20000 + RANDOM % 10000))
  cat > registry.yml << END
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: '$PWD/registry'}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: '127.0.0.1:$port'}
END
  docker-registry serve registry.yml > registry.log 2>&1 &
  registry=$!
  until curl -s -o answer "http://127.0.0.1:$port/v2/"; do
    kill -0 "$registry" || die "the registry ended: $(< registry.log)"
    sleep 0.01
  done
}

push_image() {
  local part location
  for part in layer config; do
    location=$(curl -fsS -X POST -o /dev/null -w '%header{location}' "http://127.0.0.1:$port/v2/library/alpine/blobs/uploads/")
    curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$image/$part" \
      "$location&digest=$(< "$image/$part.digest")"
  done
  curl -fsS -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' \
    --data-binary "@$image/manifest" "http://127.0.0.1:$port/v2/library/alpine/manifests/latest"
}

start_daemon() {
  mkdir daemon
  cat > daemon/buildkitd.toml << END
[worker.containerd]
enabled = false
[worker.oci]
gc = false
[otel]
socketPath = "$PWD/daemon/otel.sock"
[registry."127.0.0.1:$port"]
http = true
[registry."docker.io"]
mirrors = ["127.0.0.1:$port"]
END
  "$bin/buildkitd" --root "$PWD/daemon/root" --addr "unix://$PWD/daemon/s.sock" --config daemon/buildkitd.toml \
    --oci-worker-binary runc --oci-worker-net host > buildkitd.log 2>&1 &
  daemon=$!
  until [[ -S daemon/s.sock ]] && "$bin/buildctl" --addr "unix://$PWD/daemon/s.sock" debug workers > answer 2>&1; do
    kill -0 "$daemon" || die "buildkitd ended: $(< buildkitd.log)"
    sleep 0.01
  done
}

stop_daemon() {
  kill "$daemon"
  wait "$daemon" || true
  rm -r daemon
}

# build CACHE_ATTRIBUTE [OPTION…]: one round on a fresh daemon, its cache imported and, unless the attribute is `-`, exported.
build() {
  local export=(--export-cache "type=registry,ref=127.0.0.1:$port/app:cache,$1")
  [[ $1 != - ]] || export=()
  shift
  start_daemon
  "$bin/buildctl" --addr "unix://$PWD/daemon/s.sock" build --progress=plain --frontend dockerfile.v0 \
    --local context=context --local dockerfile=context --opt filename=Dockerfile "$@" \
    --import-cache "type=registry,ref=127.0.0.1:$port/app:cache" "${export[@]}" > build.log 2>&1 ||
    die "a bare build failed: $(< build.log)"
  stop_daemon
}

# bare_case IMAGE BIN CASE: plays the function CASE with the programs in BIN and the prepared image in IMAGE.
bare_case() (
  set -euo pipefail
  image=$1 bin=$2
  cd "$(mktemp -d /dev/shm/bare-XXXXXX)"
  registry='' daemon=''
  trap 'kill -9 $registry $daemon 2> /dev/null || true; rm -rf "$PWD"' EXIT
  start_registry
  push_image
  "$3"
  kill "$registry"
  wait "$registry" || true
  registry='' daemon=''
)

## The cases of scenarios/, one function each, as the YAML says them.

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

cache_mount_id_is_no_key() {
  mkdir context
  printf 'FROM alpine AS %s\nRUN --mount=type=cache,id=%s,target=/cache echo built > /result\n' one one two two \
    > context/Dockerfile
  build mode=max --opt target=one
  build mode=max --opt target=two
}

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
    'COPY --chmod=0644 tool /tool' 'RUN cat /tool > /out' > context/Dockerfile
  printf 'text\n' > context/tool
  build mode=max --opt "target=$1"
  chmod 664 context/tool
  build - --opt "target=$1"
  chmod 644 context/tool
  build mode=max --opt "target=$1"
}
mode_plain() { a_mode_is_content plain; }
mode_fixed() { a_mode_is_content fixed; }

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
  mkdir context/src/empty
  build -
  rm -r context/src/link context/src/empty
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

# shellcheck disable=SC2034 # read by corpus-vs-bare
corpus=(asset_edit_max asset_edit_mod nothing_edited_max nothing_edited_mod typo_after_a_full_export source_edit_keeps_packages
  mode_max mode_capitals cache_mount_id_is_no_key no_cache_spares_workdir mode_plain mode_fixed a_new_name_is_a_change
  a_touched_file_is_the_same)
