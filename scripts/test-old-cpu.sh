#!/usr/bin/env bash
# Runs the search code and the server in an emulator as x86-64 processors of 2008, 2011 and 2013, whose missing
# instructions the emulator refuses: an instruction that was not asked for first ends the program.
#
#   Nehalem      no AVX                 kernels: scalar      tests, and the server with its dependencies
#   SandyBridge  AVX, but not AVX2      kernels: scalar      tests
#   Haswell      AVX2 and FMA           kernels: avx2        tests
#
#   scripts/test-old-cpu.sh          tests of huedb-kernels and huedb-index, and the server
#   scripts/test-old-cpu.sh tests    the tests only
#
# Installs Debian's emulator if it is missing; it must be 7.2 or newer, older ones have no AVX. Its processors have
# no AVX-512, so that nothing above AVX2 runs here.
set -euo pipefail

emulator=qemu-x86_64-static
port=18934
server=

say() { printf 'old CPU: %s\n' "$*"; }
die() { printf 'old CPU: %s\n' "$*" >&2; exit 1; }

install_emulator() {
    ! command -v $emulator >/dev/null || return 0
    command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it: qemu-user-static"
    [ "$(id -u)" = 0 ] || die "missing; as root run: apt-get install qemu-user-static"
    say "installing with apt: qemu-user-static"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qemu-user-static >/dev/null
}

# The emulator says about some models that it has not all their instructions, which does no harm.
quietly() { grep -v "TCG doesn't support requested feature" >&2 || true; }

# Else all of this would prove nothing: an instruction of AVX2 must end a program where the model has none.
check_emulator() {
    local processor
    work=$(mktemp -d)
    echo 'fn main() { unsafe { std::arch::asm!("vpabsb ymm0, ymm0", out("xmm0") _) } }' \
        | rustc --edition 2024 --crate-name control -o "$work/control" -
    for processor in Nehalem SandyBridge; do
        # The braces hide bash's notice of the crash too.
        if { $emulator -cpu $processor "$work/control"; } 2>/dev/null; then
            die "the emulator runs AVX2 on $processor"
        fi
    done
    $emulator -cpu Haswell "$work/control" 2> >(quietly) || die "the emulator has no AVX2: 7.2 or newer is needed"
    rm -r "$work"
    say "an instruction of AVX2 ends a program on Nehalem and SandyBridge"
}

check_level() {
    local processor=$1 wanted=$2 levels
    levels=$($emulator -cpu "$processor" "$built/examples/levels" 2> >(quietly))
    [ "$levels" = "$wanted" ] || die "$processor should have the kernels '$wanted' and got '$levels'"
    say "$processor has the kernels: $levels"
}

# A path, and curl's options for a body.
ask() { curl --silent --show-error --fail-with-body --max-time 60 "http://127.0.0.1:$port/api/v2$1" "${@:2}"; }

stop_server() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" || true
    rm -rf "$work"
}

wait_for_server() {
    for _ in $(seq 300); do
        ! ask /heartbeat >/dev/null 2>&1 || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
    cat "$work/log" >&2
    die "the server did not start on $1"
}

# 200 vectors of 32 numbers; that of row r is r at its place modulo 32, and one everywhere else.
vectors() {
    awk 'BEGIN {
        for (row = 0; row < 200; row++) {
            ids = ids (row ? "," : "") "\"row-" row "\""
            vectors = vectors (row ? ",[" : "[")
            for (i = 0; i < 32; i++) vectors = vectors (i ? "," : "") (i == row % 32 ? row : 1)
            vectors = vectors "]"
        }
        printf "{\"ids\":[%s],\"embeddings\":[%s]}", ids, vectors
    }'
}

# The vector of row 77: its place is 77 modulo 32.
query() {
    awk 'BEGIN {
        for (i = 0; i < 32; i++) vector = vector (i ? "," : "") (i == 13 ? 77 : 1)
        printf "{\"query_embeddings\":[[%s]],\"n_results\":3,\"include\":[\"distances\"]}", vector
    }'
}

check_server() {
    local processor=$1 collections=/tenants/default_tenant/databases/default_database/collections id found
    work=$(mktemp -d)
    trap stop_server EXIT
    $emulator -cpu "$processor" "$built/huedb" run --host 127.0.0.1 --port $port --path "$work/data" >"$work/log" 2>&1 &
    server=$!
    wait_for_server "$processor"
    id=$(ask $collections --json '{"name":"old-cpu"}' | sed -n 's/.*"id":"\([0-9a-f-]*\)".*/\1/p')
    [ -n "$id" ] || die "the server on $processor made no collection"
    vectors | ask "$collections/$id/add" --json @- >/dev/null
    found=$(query | ask "$collections/$id/query" --json @-)
    # Row 109 has its number at the same place, 32 more.
    case $found in
        *'"ids":[["row-77","row-45","row-109"]]'* | *'"ids":[["row-77","row-109","row-45"]]'*) ;;
        *) die "the server on $processor found something else than row-77, row-45 and row-109: $found" ;;
    esac
    kill -0 "$server" || die "the server on $processor ended"
    kill "$server"
    wait "$server" || { cat "$work/log" >&2; die "the server on $processor did not stop in good order"; }
    server=
    say "the server on $processor starts, takes 200 vectors, finds the nearest and stops"
}

[ "$(uname -m)" = x86_64 ] || die "needs an x86-64 machine, since it compiles for this one"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
install_emulator
# What is released is compiled for the oldest x86-64; flags of the caller could ask for more.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS
built=${CARGO_TARGET_DIR:-target}/debug
# The levels first: they say what the tests then try.
cargo build --locked --package huedb-kernels --example levels
check_emulator
check_level Nehalem "scalar"
check_level SandyBridge "scalar"
check_level Haswell "scalar avx2"

export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$emulator
for processor in Nehalem SandyBridge Haswell; do
    say "tests of kernels and index on $processor"
    QEMU_CPU=$processor cargo test --locked --package huedb-kernels --package huedb-index 2> >(quietly)
done
if [ "${1:-}" != tests ]; then
    say "building the server"
    cargo build --locked --package huedb-server --bin huedb
    check_server Nehalem
fi
say "done"
