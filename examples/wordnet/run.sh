#!/bin/sh
# Embeds 20,000 sentences of WordNet, stores them in a running server and asks it questions.
#   examples/wordnet/run.sh [--url http://127.0.0.1:8000] [--count 20000] [--fresh]
set -eu
. "$(dirname "$0")/environment.sh"
exec "$python" "$here/wordnet.py" --wordnet "$wordnet" --state "$state" "$@"
