#!/bin/sh
# Kills the server with SIGKILL in the middle of the adds, starts it again, verifies and goes on.
#   examples/wordnet/kill_and_continue.sh [--server target/release/huedb] [--kills 3] [--report FILE.md]
set -eu
. "$(dirname "$0")/environment.sh"
exec "$python" "$here/kill_and_continue.py" --wordnet "$wordnet" --state "$state" "$@"
