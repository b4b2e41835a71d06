#!/usr/bin/env bash
# Proves that the two commands of the README work on a new Debian machine: builds a minimal root
# with debootstrap that holds only git, a C compiler, make and the Rust toolchain, clones this
# repository's HEAD into it, starts the server there and runs `make test`.
#
#   scripts/clean-root.sh          both commands
#   scripts/clean-root.sh run      build and start the server only
#   scripts/clean-root.sh test     make test only
#
# Needs root and a Debian machine with debootstrap (installed if missing) and rustup. Suite and
# mirror are those of the machine's own apt, the toolchain is its own, mounted read-only, and so is
# the way it reaches package registries (certificates, proxies, client settings). Takes 2 GB and,
# for both commands, about as long as two builds and one `make test`.
#
# HUEDB_CLEAN_ROOT=DIR  where the root is made (default .cache/clean-root), removed at the end
# HUEDB_KEEP_ROOT=1     keeps it, and uses the one that is there: for work on this script
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=${HUEDB_CLEAN_ROOT:-$repository/.cache/clean-root}
root=$work/root
port=18931 # the root shares the machine's network, where 8000 may be taken

say() { printf 'clean root: %s\n' "$*"; }
die() { printf 'clean root: %s\n' "$*" >&2; exit 1; }

check_machine() {
    [ "$(id -u)" = 0 ] || die "needs root for debootstrap, mounts and chroot"
    command -v apt-get >/dev/null || die "needs a Debian machine"
    command -v rustup >/dev/null || die "needs rustup, whose toolchain it lends to the root"
    if ! command -v debootstrap >/dev/null; then
        say "installing debootstrap with apt"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null
    fi
}

# Prints `mirror suite` of the machine's main Debian archive.
debian_archive() {
    # shellcheck disable=SC2016 # the variables are apt's
    apt-get indextargets --format '$(LABEL)|$(SITE) $(RELEASE)' 'Created-By: Packages' \
        | awk -F'|' '$1 == "Debian" && $2 !~ /-(updates|security|backports)$/ { print $2; exit }'
}

make_root() {
    local mirror suite
    read -r mirror suite < <(debian_archive) || die "apt names no Debian archive: run apt-get update"
    say "debootstrap $suite into $root"
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=git,ca-certificates,gcc,libc6-dev,make \
        "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 \
        || { tail -n 20 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
}

copy_into_root() {
    [ ! -e "$1" ] || install -D -m 0644 "$1" "$root$1"
}

# The registries are reached from inside as they are from outside. Nothing of this is in the
# repository: it is read from the machine at run time.
lend_network_settings() {
    local file
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/pip.conf \
        "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" "$HOME/.npmrc" \
        "$HOME/.cargo/config.toml"; do
        copy_into_root "$file"
    done
    apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$root/etc/apt/apt.conf.d/99machine" || true
}

# Prints the settings of package clients in this environment, as NAME=value. Wheels from a local
# directory are left out: a new machine has no such directory.
network_environment() {
    env -0 | while IFS= read -r -d '' setting; do
        case ${setting%%=*} in
            PIP_FIND_LINKS) ;;
            PIP_* | NPM_CONFIG_* | npm_config_* | CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTR* | \
                *_proxy | *_PROXY | SSL_CERT_* | *_CA_BUNDLE | NODE_EXTRA_CA_CERTS | GIT_SSL_*)
                printf '%s\n' "$setting" ;;
        esac
    done
}

clone() {
    [ -z "$(git -C "$repository" status --porcelain)" ] || say "not committed, so not tested: $(
        git -C "$repository" status --porcelain | wc -l) paths"
    local copy=$root/src/huedb
    if [ -d "$copy" ]; then # a kept root, with what it has compiled
        git -C "$copy" fetch --quiet "$repository" HEAD
        git -C "$copy" reset --quiet --hard FETCH_HEAD
    else
        git clone --quiet --no-local "$repository" "$copy"
    fi
    say "cloned $(git -C "$copy" log -1 --format='%h %s')"
}

# Runs this script's last part in namespaces of its own: when it ends, however it ends, its mounts
# and processes are gone.
enter() {
    local settings
    mapfile -t settings < <(network_environment)
    unshare --mount --pid --fork --kill-child \
        env -i "${settings[@]}" HOME="$HOME" TERM="${TERM:-dumb}" LANG=C.UTF-8 \
        RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}" CARGO_BIN="$(dirname "$(command -v cargo)")" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash "$0" --mounted "$root" "$1"
}

mount_root() {
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mkdir -p "$root$RUSTUP_HOME" "$root$CARGO_BIN"
    local lent
    for lent in "$RUSTUP_HOME" "$CARGO_BIN"; do
        mount --bind "$lent" "$root$lent"
        mount -o remount,ro,bind "$root$lent"
    done
    export PATH=$CARGO_BIN:$PATH
    unset CARGO_BIN
}

in_root() {
    chroot "$root" /bin/bash -euo pipefail -c "cd /src/huedb; $1"
}

# The README's first command, as a person runs it: then asks the server for its health and stops it.
run_server() {
    local started=$SECONDS
    say "cargo run --release -- run"
    in_root "healthy() { target/release/huedb healthcheck --url http://127.0.0.1:$port; }
        cargo run --release --locked -- run --port $port --path /tmp/data & server=\$!
        until healthy 2>/dev/null; do
            kill -0 \$server 2>/dev/null || { echo 'the server ended' >&2; exit 1; }
            sleep 1
        done
        healthy
        kill -TERM \$server
        wait \$server"
    say "server built, started, healthy and stopped in $((SECONDS - started)) s"
}

run_tests() {
    local started=$SECONDS
    # A Docker Engine cannot run in a root that shares the machine's control groups and networks.
    say "make test, without the Docker tests"
    in_root "HUEDB_TEST_DOCKER=no make test </dev/null"
    say "make test passed in $((SECONDS - started)) s"
}

inside() {
    root=$1
    mount_root
    case $2 in
        run) run_server ;;
        test) run_tests ;;
        *) run_server; run_tests ;;
    esac
}

main() {
    case ${1:-both} in run | test | both) ;; *) die "what is '$1'? run, test or nothing" ;; esac
    check_machine
    mkdir -p "$work"
    if [ -z "${HUEDB_KEEP_ROOT:-}" ]; then
        trap 'rm -rf --one-file-system "$root"' EXIT
        make_root
    elif [ ! -e "$root/etc/debian_version" ]; then
        make_root
    fi
    lend_network_settings
    clone
    enter "${1:-both}"
    say "done: ${1:-both}"
}

if [ "${1:-}" = --mounted ]; then
    inside "$2" "$3"
else
    main "$@"
fi
