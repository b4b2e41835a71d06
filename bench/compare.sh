#!/bin/sh
# Measures HueDB (release build) beside Chroma 1.5.9 on this machine and writes docs/benchmarks/server.json
# and server.md. Takes about ten minutes a round. Options are passed on: bench/compare.sh --rounds 1 --n 20000
# Everything it installs goes below ${HUEDB_CACHE:-.cache}/bench.
set -eu
cd "$(dirname "$0")/.."
cache=${HUEDB_CACHE:-.cache}/bench
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

if [ ! -x "$cache/venv/bin/chroma" ]; then
    echo "installing chromadb 1.5.9 into $cache/venv" >&2
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check chromadb==1.5.9
fi
cargo build --release -p huedb-server -p huedb-bench
target=${CARGO_TARGET_DIR:-target}/release
exec "$target/huedb-bench" compare --huedb "$target/huedb" --chroma "$cache/venv/bin/chroma" \
    --work "$cache" --out docs/benchmarks "$@"
