# shellcheck shell=bash
# The bare cases through other clients than buildctl: buildx at the same daemon, or in a Docker engine. Sourced after bare.sh, whose
# daemon and client these stand for.
# shellcheck disable=SC2034,SC2154 # `daemon`, `bin` and `port` are bare.sh's, `scratch` its caller's

eval "buildkit_$(declare -f start_daemon)"
eval "buildkit_$(declare -f stop_daemon)"
eval "buildctl_$(declare -f client)"

start_daemon() {
  [[ $driver == docker ]] || { buildkit_start_daemon; return; }
  mkdir daemon
  printf '{"registry-mirrors": ["http://127.0.0.1:%d"], "insecure-registries": ["127.0.0.1:%d"]}' "$port" "$port" > daemon/daemon.json
  bridge=bare$BASHPID
  printf '%s\n' "$bridge" > "$scratch/bridge" # for the end of a script that dies
  ip link add "$bridge" type bridge
  ip address add "198.19.255.$((BASHPID % 15 * 16 + 1))/28" dev "$bridge"
  ip link set "$bridge" up
  "$engine/dockerd" --config-file daemon/daemon.json --data-root "$PWD/daemon/root" --exec-root "$PWD/daemon/x" \
    --pidfile "$PWD/daemon/pid" --host "unix://$PWD/daemon/s.sock" --bridge="$bridge" --iptables=false --ip6tables=false \
    --ip-forward=false --ip-masq=false --userland-proxy=false > dockerd.log 2>&1 &
  daemon=$!
  until curl -fs --unix-socket daemon/s.sock -o answer http://docker/_ping; do
    kill -0 "$daemon" || die "dockerd ended: $(< dockerd.log)"
    sleep 0.01
  done
}

# What an engine leaves when it has ended.
leave_engine() {
  [[ -e $scratch/bridge ]] || return 0
  ip link delete "$(< "$scratch/bridge")"
  rm "$scratch/bridge"
  findmnt -rno TARGET | grep '^/dev/shm/bare-' | sort -r | xargs -r umount -l || true
}

stop_daemon() {
  [[ $driver == docker ]] || { buildkit_stop_daemon; return; }
  kill "$daemon"
  wait "$daemon" || true
  leave_engine
  rm -r daemon
}

# buildx says in other words what buildctl is told here.
client() {
  [[ $driver != buildctl ]] || { buildctl_client "$@"; return; }
  local words=() builder=default
  while (($#)); do
    case $1 in
      --opt)
        case $2 in
          build-arg:*) words+=(--build-arg "${2#build-arg:}") ;;
          *) words+=("--${2%%=*}" "${2#*=}") ;;
        esac ;;
      --import-cache) words+=(--cache-from "$2") ;;
      --export-cache) words+=(--cache-to "$2") ;;
      *) words+=("$1" "$2") ;;
    esac
    shift 2
  done
  export BUILDX_CONFIG=$PWD/daemon/buildx DOCKER_CONFIG=$PWD/daemon/config DOCKER_HOST=unix://$PWD/daemon/s.sock
  if [[ $driver == buildx && ! -e $BUILDX_CONFIG ]]; then
    "$buildx/buildx" create --name bare --driver remote "$DOCKER_HOST" > answer
  fi
  [[ $driver == docker ]] || builder=bare
  "$buildx/buildx" build --builder "$builder" --progress=plain "${words[@]}" context > build.log 2>&1 ||
    die "a bare build failed: $(< build.log)"
}

# bare_case_by IMAGE CASE DRIVER BUILDX ENGINE: `bare_case` through a driver, of these versions.
bare_case_by() {
  local driver=$3 buildx='' engine=''
  [[ $4 == - ]] || buildx=$("$program" toolchain path buildx "$4")
  [[ $5 == - ]] || engine=$("$program" toolchain path docker "$5")
  bare_case "$1" "$("$program" toolchain path)" "$2"
}
