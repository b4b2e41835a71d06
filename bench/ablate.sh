#!/usr/bin/env bash
# Takes away one part of the vector index after the other and writes docs/benchmarks/index-ablation.md and .json.
#
# Each part is a patch in bench/index/ablation/, applied to a copy of the tree and built there. All builds then take
# turns on a machine that should do nothing else, for about ten minutes. Needs patch, and the data sets that
# bench/index.sh has made below .cache/bench-index.
# Usage: bench/ablate.sh [DATA-SET ...]    (fashion and minilm if none is named)
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${HUEDB_CACHE:-$PWD/.cache}/bench-index
sets=("$@")
[ ${#sets[@]} -gt 0 ] || sets=(fashion minilm)

for set in "${sets[@]}"; do
    [ -f "$cache/$set.json" ] || { echo "no data set $set below $cache: run bench/index.sh $set first" >&2; exit 1; }
done
work=$(cd "$cache" && pwd)/ablation
tree=$work/tree
rm -rf "$tree" "$work/bin"
mkdir -p "$tree" "$work/bin"
git ls-files -z --cached --others --exclude-standard Cargo.toml Cargo.lock rust-toolchain.toml crates bench tidy | xargs -0 cp --parents -t "$tree"

build() {
    (cd "$tree" && CARGO_TARGET_DIR=$work/target cargo build --quiet --release --locked --no-default-features \
        -p huedb-bench --bin huedb-index-bench)
    cp "$work/target/release/huedb-index-bench" "$work/bin/$1"
}

build full
for file in bench/index/ablation/*.patch; do
    name=$(basename "$file" .patch)
    printf '%s building without %s\n' "$(date +%T)" "$name" >&2
    if ! patch --quiet --strip=0 --directory="$tree" --dry-run <"$file" >&2; then
        echo "$file no longer applies: make it anew for the code as it is now" >&2
        exit 1
    fi
    patch --quiet --strip=0 --directory="$tree" <"$file"
    build "$name"
    patch --quiet --strip=0 --directory="$tree" --reverse <"$file"
done
python3 bench/index/ablate.py "$work/bin" "$cache" docs/benchmarks "bench/ablate.sh ${sets[*]}" "${sets[@]}"
echo "written: docs/benchmarks/index-ablation.md, index-ablation.json" >&2
