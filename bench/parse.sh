#!/bin/sh
# Prints how long the body of an add of 1,000 records with 384 dimensions takes to read, as numbers and as
# base64, beside plain serde_json. One thread; the shortest of eleven runs.
set -eu
cd "$(dirname "$0")/.."
exec cargo test --release --locked -p huedb-server a_bulk_add_is_read_as_serde_json_reads_it -- --nocapture
