#!/usr/bin/env bash
# Makes `docker` and `docker compose` usable: installs Debian's packages if something is missing, and
# starts the daemon if none runs. A daemon that this script started keeps running afterwards.
#
#   eval "$(scripts/docker/install-engine.sh)"    puts the right `docker` first in PATH
#
# Progress goes to standard error, the lines to evaluate to standard output.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${HUEDB_CACHE:-$repository/.cache}/docker
ready_deadline_s=60

say() { printf 'docker engine: %s\n' "$*" >&2; }
die() { printf 'docker engine: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
    local missing=()
    command -v dockerd >/dev/null || missing+=(docker.io)
    command -v iptables >/dev/null || missing+=(iptables)
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || missing+=(docker-compose)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it: ${missing[*]}"
    say "installing with apt: ${missing[*]}"
    as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A client that can build with BuildKit: one with buildx, or one old enough to do it itself.
client() {
    local candidate
    for candidate in $(type -ap docker) /usr/bin/docker; do
        # Of an earlier call, whose link is made again below.
        candidate=$(readlink -f "$candidate") || continue
        if "$candidate" buildx version >/dev/null 2>&1 \
            || [ "$("$candidate" version --format '{{.Client.Version}}' 2>/dev/null | cut -d. -f1)" -lt 23 ]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "no docker client that can build with BuildKit"
}

is_running() { docker info >/dev/null 2>&1; }

# Prints a word for the way of the machine's control groups and its file system, so that a failure
# on another machine can be understood.
describe_machine() {
    say "$(docker info --format '{{.ServerVersion}}, storage {{.Driver}}, cgroups v{{.CgroupVersion}}, {{.OperatingSystem}}, kernel {{.KernelVersion}}')"
}

start_daemon() {
    is_running && return
    local log=$cache/dockerd.log waited=0
    say "starting dockerd, log in $log"
    # In a session of its own: it must outlive this script and whoever called it.
    as_root setsid --fork dockerd >"$log" 2>&1 </dev/null 9>&-
    until is_running; do
        [ $waited -lt $ready_deadline_s ] || {
            tail -n 20 "$log" >&2
            die "dockerd is not ready after $ready_deadline_s s"
        }
        sleep 1
        waited=$((waited + 1))
    done
}

# Debian 12 brings compose as a program of its own. The client calls it as a plug-in through this.
make_shims() {
    local docker=$1 shims=$cache/bin plugins=$cache/config/cli-plugins
    mkdir -p "$shims" "$plugins"
    ln -sfn "$docker" "$shims/docker"
    "$docker" compose version >/dev/null 2>&1 && return
    cat >"$plugins/docker-compose" <<'PLUGIN'
#!/bin/sh
# Answers the docker client as a plug-in and hands everything on to docker-compose.
if [ "$1" = docker-cli-plugin-metadata ]; then
    echo '{"SchemaVersion":"0.1.0","Vendor":"docker-compose of the system","Version":"1","ShortDescription":"Compose"}'
    exit 0
fi
shift
exec docker-compose "$@"
PLUGIN
    chmod +x "$plugins/docker-compose"
    printf 'export DOCKER_CONFIG=%q\n' "$cache/config"
}

main() {
    mkdir -p "$cache"
    exec 9>"$cache/engine.lock"
    flock 9
    install_packages
    start_daemon
    describe_machine
    local docker
    docker=$(client)
    make_shims "$docker"
    printf 'export PATH=%q:$PATH DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1\n' "$cache/bin"
}

main
