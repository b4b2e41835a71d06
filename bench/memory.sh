#!/usr/bin/env bash
# Shows how a large collection opens, and how it answers with less memory than its vectors take: prints one JSON
# object a line. docs/benchmarks/memory.md keeps the figures.
#
# Needs root (for a control group with a memory limit), 6 GB of disk and, the first time, about a quarter of an hour.
# Usage: bench/memory.sh [SHAPE [LIMIT ...]]    (1000000x384 with 700M, 1000M and without a limit if none is named)
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${HUEDB_CACHE:-$PWD/.cache}/open
mkdir -p "$cache"
shape=${1:-1000000x384}
shift || true
limits=("$@")
[ ${#limits[@]} -gt 0 ] || limits=(700M 1000M none)
cargo build --release --locked -p huedb-bench
bench=target/release/huedb-index-bench

if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory/huedb-bench limit_file=memory.limit_in_bytes
else
    group=/sys/fs/cgroup/huedb-bench limit_file=memory.max
fi

# Pages that are in memory already are not counted against a limit, whoever reads them.
forget_files() {
    sync
    find "$cache/$shape" -type f -exec dd if={} iflag=nocache count=0 status=none \;
}

"$bench" open "$cache" "$shape"
for limit in "${limits[@]}"; do
    forget_files
    if [ "$limit" = none ]; then
        "$bench" queries "$cache" "$shape" | sed 's/^{/{"limit":"none",/'
        continue
    fi
    mkdir -p "$group"
    echo "$limit" >"$group/$limit_file"
    (echo "$BASHPID" >"$group/cgroup.procs" && exec "$bench" queries "$cache" "$shape") \
        | sed "s/^{/{\"limit\":\"$limit\",/"
    rmdir "$group"
done
