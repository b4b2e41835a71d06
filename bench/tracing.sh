#!/bin/sh
# Measures what tracing costs at each granularity, the start, the memory at rest and the image, and writes
# docs/benchmarks/telemetry.json and telemetry.md. Takes about six minutes. The image huedb:test is measured
# as it is, if there is one (`make test-docker-full` makes it). Options are passed on:
# bench/tracing.sh --rounds 3 --seconds 0.3 --n 2000
# bench/tracing.sh --collector http://127.0.0.1:4317
set -eu
cd "$(dirname "$0")/.."
work=${HUEDB_CACHE:-.cache}/bench
mkdir -p "$work"
cargo build --release --locked -p huedb-server -p huedb-bench
target=${CARGO_TARGET_DIR:-target}/release
exec "$target/huedb-bench" tracing --huedb "$target/huedb" --work "$work" --out docs/benchmarks "$@"
