#!/usr/bin/env bash
# Makes local images to build and test with where no registry of images can be reached:
#
#   scripts/docker/base-images.sh debian            minimal Debian with CA certificates
#   scripts/docker/base-images.sh jre               that with a Java runtime, for Zipkin
#   scripts/docker/base-images.sh rust              that with gcc and this machine's Rust toolchain
#   scripts/docker/base-images.sh binary PATH       the output of stage-binary.sh for a built binary
#
# They are called huedb-local/NAME. Those of Debian are made once from the machine's own archive with
# debootstrap, which needs root. Needs `docker` as install-engine.sh sets it up.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${HUEDB_CACHE:-$repository/.cache}/docker

say() { printf 'base images: %s\n' "$*"; }
die() { printf 'base images: %s\n' "$*" >&2; exit 1; }
exists() { docker image inspect "huedb-local/$1" >/dev/null 2>&1; }

# Runs a command with its output in a log that is shown only on failure.
quietly() {
    local log=$cache/base-images.log
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "failed: $*"; }
}

# Prints `mirror suite` of the machine's main Debian archive.
debian_archive() {
    # shellcheck disable=SC2016 # the variables are apt's
    apt-get indextargets --format '$(LABEL)|$(SITE) $(RELEASE)' 'Created-By: Packages' \
        | awk -F'|' '$1 == "Debian" && $2 !~ /-(updates|security|backports)$/ { print $2; exit }'
}

debian() {
    exists debian && return
    [ "$(id -u)" = 0 ] || die "debootstrap needs root"
    if ! command -v debootstrap >/dev/null; then
        say "installing debootstrap"
        quietly apt-get -o DPkg::Lock::Timeout=300 update
        quietly env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
            install -y --no-install-recommends debootstrap
    fi
    local mirror suite root=$cache/debian-root
    if [ ! -e "$root/.complete" ]; then
        read -r mirror suite < <(debian_archive) || die "apt names no Debian archive: run apt-get update"
        say "debootstrap $suite"
        rm -rf --one-file-system "$root"
        quietly debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"
        # Packages are fetched from inside as they are from outside.
        apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$root/etc/apt/apt.conf.d/99machine" || true
        rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
        touch "$root/.complete"
    fi
    say "importing debian"
    tar -C "$root" --exclude=./proc/* --exclude=./sys/* -c . | quietly docker import - huedb-local/debian
}

jre() {
    exists jre && return
    debian
    say "adding a Java runtime"
    quietly docker build --network host -t huedb-local/jre - <<'DOCKERFILE'
FROM huedb-local/debian
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*
DOCKERFILE
}

rust() {
    local toolchain key
    toolchain=$(rustc --print sysroot)
    # Another target of the toolchain makes another image.
    key=$({ rustc -vV; ls "$toolchain/lib/rustlib"; } | sha256sum | cut -c1-16)
    [ "$(docker image inspect -f '{{index .Config.Labels "key"}}' huedb-local/rust 2>/dev/null)" = "$key" ] && return
    debian
    say "adding gcc and $(rustc --version)"
    # Cargo reaches its registry as it does outside; nothing of that is in the repository.
    local home=$cache/rust-home
    mkdir -p "$home"
    # Compiler settings stay outside: they name programs of this machine.
    awk '/^\[/ { skip = /^\[(build|target)/ } !skip' "${CARGO_HOME:-$HOME/.cargo}/config.toml" \
        >"$home/config.toml" 2>/dev/null || : >"$home/config.toml"
    cp -L /etc/ssl/certs/ca-certificates.crt "$home/"
    env | grep -E '^(CARGO_HTTP_|CARGO_NET_|CARGO_REGISTR|https?_proxy=|HTTPS?_PROXY=)' \
        | sed -E 's/^([^=]+)=(.*)$/export \1="\2"/' >"$home/environment" || true
    tar -c -C "$toolchain" --exclude=share bin lib \
        -C "$home" config.toml ca-certificates.crt environment | quietly docker import - huedb-local/rust-parts
    quietly docker build --network host --label "key=$key" -t huedb-local/rust - <<'DOCKERFILE'
FROM huedb-local/rust-parts AS parts
FROM huedb-local/debian
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*
COPY --from=parts /bin /usr/local/rust/bin
COPY --from=parts /lib /usr/local/rust/lib
COPY --from=parts /config.toml /environment /usr/local/cargo/
COPY --from=parts /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=/usr/local/cargo
DOCKERFILE
}

binary() {
    local out=$cache/binary
    say "staging $1"
    quietly "$repository/scripts/docker/stage-binary.sh" "$1" "$out"
    mkdir -p "$cache/binary-root"
    rm -rf "$cache/binary-root/out"
    mv "$out" "$cache/binary-root/out"
    tar -C "$cache/binary-root" --owner=0 --group=0 -c out | quietly docker import - huedb-local/binary
}

mkdir -p "$cache"
case ${1:-} in
    debian | jre | rust) "$1" ;;
    binary) binary "${2:?which binary?}" ;;
    *) die "what is '${1:-}'? debian, jre, rust or binary PATH" ;;
esac
