#!/usr/bin/env bash
# Usage: fuzz/run.sh SECONDS [TARGET...]
# Fuzzes each target for so long and keeps what is worth keeping in fuzz/corpus. Stops at the first
# finding, whose input is then in fuzz/artifacts.
#
# Needs cargo-fuzz (`cargo install --locked cargo-fuzz`) and a C++ compiler. The sanitizers need a
# nightly compiler and find nothing in code without `unsafe`, so they are off; limits on memory are on.
set -euo pipefail

seconds=${1:?seconds for each target}
shift
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo fuzz --version >/dev/null 2>&1 || { echo 'cargo-fuzz is missing: cargo install --locked cargo-fuzz' >&2; exit 1; }
mapfile -t targets < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else cargo fuzz list; fi)

# Largest input, in bytes; inputs and kibibytes that one target's corpus may have.
input_max=4096
inputs_max=100
corpus_max=100

# Copies inputs of all sizes from those that together reach all that the fuzzer has reached. The
# smallest alone would be mere fragments.
keep() {
    local target=$1 merged
    merged=$(mktemp -d)
    cargo fuzz run --sanitizer none "$target" "$merged" "found/$target" "corpus/$target" -- -merge=1 -max_len=1024 >/dev/null 2>&1
    rm -rf "corpus/$target"
    mkdir -p "corpus/$target"
    local kept=0 bytes=0 file size
    while read -r size file; do
        if [ $((bytes + size)) -gt $((corpus_max * 1024)) ]; then break; fi
        cp "$file" "corpus/$target/$(sha256sum "$file" | cut -c1-16)"
        kept=$((kept + 1)) bytes=$((bytes + size))
    done < <(find "$merged" -type f -printf '%s %p\n' | sort -n | awk -v most="$inputs_max" '
        { line[NR] = $0 }
        END { step = NR > most ? NR / most : 1; for (at = 1; int(at) <= NR; at += step) print line[int(at)] }')
    rm -rf "$merged"
    printf '%s: %d inputs kept, %d bytes\n' "$target" "$kept" "$bytes"
}

for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "found/$target"
    printf '==> %s\n' "$target"
    cargo fuzz run --sanitizer none "$target" "found/$target" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len="$input_max" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 \
        -print_final_stats=1 -verbosity=0
    keep "$target"
done
