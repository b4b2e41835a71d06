#!/usr/bin/env bash
# Builds the vector index over up to a million synthetic rows of 768 dimensions and writes docs/benchmarks/index-scale.*.
#
# Needs 8 GB of memory and, for half an hour, a machine that does nothing else. Where bench/index.sh has installed
# hnswlib, it is measured on the smallest of the three sets.
# Usage: bench/scale.sh [ROWS]    (1000000 if no number is given)
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${HUEDB_CACHE:-$PWD/.cache}/bench-index
mkdir -p "$cache"
cargo build --release --locked --no-default-features -p huedb-bench --bin huedb-index-bench
"${CARGO_TARGET_DIR:-target}/release/huedb-index-bench" scale "$cache" "${1:-1000000}" >"$cache/scale.jsonl"
rm -f "$cache/scale.hnswlib.jsonl"
python=python3
if [ -f "$cache/peers/bin/python" ]; then
    python=$cache/peers/bin/python
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$python" bench/index/peers.py "$cache" scale hnswlib >"$cache/scale.hnswlib.jsonl"
fi
"$python" bench/index/scale.py "$cache" docs/benchmarks "bench/scale.sh${1:+ $1}"
rm -f "$cache"/scale.*.f32
echo "written: docs/benchmarks/index-scale.md, index-scale.json, index-scale.svg" >&2
