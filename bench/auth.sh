#!/bin/sh
# Measures what authentication costs a request, and heartbeats while wrong logins arrive, and writes
# docs/benchmarks/auth.json and auth.md. Takes about two minutes. Options are passed on:
# bench/auth.sh --rounds 3 --requests 500 --seconds 2
set -eu
cd "$(dirname "$0")/.."
work=${HUEDB_CACHE:-.cache}/bench
mkdir -p "$work"
cargo build --release --locked -p huedb-server -p huedb-bench
target=${CARGO_TARGET_DIR:-target}/release
exec "$target/huedb-bench" auth --huedb "$target/huedb" --work "$work" --out docs/benchmarks "$@"
