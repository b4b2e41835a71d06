#!/bin/sh
# Lays out what of the image depends on the compiled server: the binary without debug information,
# the names under which Chroma's images and compose files start it, licences, bill of materials.
#   stage-binary.sh BINARY OUT [TARGET-TRIPLE]
set -eu
binary=$1 out=$2
repository=$(cd "$(dirname "$0")/../.." && pwd)

rm -rf "$out"
mkdir -p "$out/usr/local/bin" "$out/usr/share/doc/huedb"
"${STRIP:-strip}" --strip-debug -o "$out/usr/local/bin/huedb" "$binary"
chmod 0755 "$out/usr/local/bin/huedb"
# `chroma run` of 1.x, and health checks that call curl, which no image without a shell has.
ln -s huedb "$out/usr/local/bin/chroma"
ln -s huedb "$out/usr/local/bin/curl"
cp "$repository/LICENSE" "$out/usr/share/doc/huedb/LICENSE"
shift 2
cd "$repository"
cargo run --quiet --locked --package huedb-tidy --bin bill-of-materials -- "$out/usr/share/doc/huedb" "$@"
