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

# client OPTION…: a build of ./context with these options of buildctl.
client() {
  "$bin/buildctl" --addr "unix://$PWD/daemon/s.sock" build --progress=plain --frontend dockerfile.v0 \
    --local context=context --local dockerfile=context --opt filename=Dockerfile "$@" > build.log 2>&1 ||
    die "a bare build failed: $(< build.log)"
}

# one_build OPTION…: the same on a fresh daemon.
one_build() {
  start_daemon
  client "$@"
  stop_daemon
}

# cache REF [ATTRIBUTES]: what --import-cache and --export-cache take.
cache() {
  printf 'type=registry,ref=127.0.0.1:%s/%s\n' "$port" "$1${2:+,$2}"
}

# build CACHE_ATTRIBUTE [OPTION…]: one round, app:cache imported and, unless the attribute is `-`, exported.
build() {
  local export=(--export-cache "$(cache app:cache "$1")")
  [[ $1 != - ]] || export=()
  shift
  one_build --import-cache "$(cache app:cache)" "${export[@]}" "$@"
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

# shellcheck source=tests/bench/bare_cases.sh
source "$bench/bare_cases.sh"
