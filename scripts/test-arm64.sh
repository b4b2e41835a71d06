#!/usr/bin/env bash
# Compiles for 64-bit Arm on another machine and runs the tests of the search code there in an emulator: once
# as a processor that has NEON alone, once as one that has its dot product too.
#
#   scripts/test-arm64.sh            tests of huedb-kernels and huedb-index
#   scripts/test-arm64.sh server     also builds the server and starts it
#
# Installs Debian's cross compiler and emulator and rustup's target if they are missing.
set -euo pipefail

triple=aarch64-unknown-linux-gnu

say() { printf 'arm64: %s\n' "$*"; }
die() { printf 'arm64: %s\n' "$*" >&2; exit 1; }

install_packages() {
    local missing=()
    command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu)
    [ -e /usr/aarch64-linux-gnu/lib/libc.so.6 ] || missing+=(libc6-dev-arm64-cross)
    command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it: ${missing[*]}"
    [ "$(id -u)" = 0 ] || die "missing; as root run: apt-get install ${missing[*]}"
    say "installing with apt: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
install_packages
[ -d "$(rustc --print sysroot)/lib/rustlib/$triple" ] || rustup target add "$triple" \
    || die "no standard library for $triple: rustup target add $triple"

export CARGO_BUILD_TARGET=$triple CARGO_INCREMENTAL=0
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc

for processor in cortex-a72 neoverse-n1; do
    say "tests of kernels and index on $processor"
    QEMU_CPU=$processor cargo test --locked --package huedb-kernels --package huedb-index
done
if [ "${1:-}" = server ]; then
    say "building the server"
    cargo build --locked --package huedb-server --bin huedb
    qemu-aarch64-static -L /usr/aarch64-linux-gnu "${CARGO_TARGET_DIR:-target}/$triple/debug/huedb" version
fi
say "done"
