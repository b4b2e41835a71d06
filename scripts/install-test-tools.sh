#!/usr/bin/env bash
# Installs what `make test` needs beside the Rust toolchain, and nothing that is already there.
#
# On Debian and Ubuntu missing packages come from apt, as root or through sudo. Elsewhere, or
# without the right to install, it names what is missing and fails. Python packages, Node.js and
# the clients under test are not installed here: conformance/setup.sh puts them below .cache/.
set -euo pipefail

say() { printf 'test tools: %s\n' "$*"; }
die() { printf 'test tools: %s\n' "$*" >&2; exit 1; }

# Each line: a command that succeeds when the tool is there, and the Debian packages that bring it.
missing_packages() {
    git --version >/dev/null 2>&1 || echo git
    make --version >/dev/null 2>&1 || echo make
    cc --version >/dev/null 2>&1 || echo gcc
    # A compiler without the C library's headers and start files builds nothing.
    printf 'int main(void) { return 0; }\n' | cc -x c -o /dev/null - 2>/dev/null || echo libc6-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -n "${SSL_CERT_FILE:-}" ] || echo ca-certificates
    python3 --version >/dev/null 2>&1 || echo python3
    # Chroma's page makes its passwords with it; certificates and requests of the TLS checks.
    htpasswd -nbB a a >/dev/null 2>&1 || echo apache2-utils
    openssl version >/dev/null 2>&1 || echo openssl
    curl --version >/dev/null 2>&1 || echo curl
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ "${HUEDB_TEST_DOCKER:-yes}" = no ] || command -v mvn >/dev/null || echo maven
}

# The collector, helm and the reader of manifests are built from their Go modules. From this version on Go
# fetches by itself the newer one that a module asks for.
go_min=1.21

go_is_new_enough() {
    local version
    version=$(go env GOVERSION 2>/dev/null) || return 1
    [ "$(printf '%s\n' "$go_min" "${version#go}" | sort -V | head -n 1)" = "$go_min" ]
}

require_go() {
    [ "${HUEDB_TEST_DOCKER:-yes}" != no ] || return 0
    go_is_new_enough && return
    local offered
    offered=$(apt-cache policy golang-go 2>/dev/null | awk '/Candidate:/ { sub(/^[0-9]+:/, "", $2); print $2 }')
    if [ "$(printf '%s\n' "$go_min" "${offered:-0}" | sort -V | head -n 1)" = "$go_min" ]; then
        install golang-go
        go_is_new_enough && return
    fi
    die "the Docker tests need Go $go_min or newer (found: $(go env GOVERSION 2>/dev/null || echo none), apt offers" \
        "${offered:-none}): https://go.dev/dl; HUEDB_TEST_DOCKER=no leaves these tests out"
}

require_rust() {
    command -v cargo >/dev/null \
        || die "no cargo: install the Rust toolchain first, https://rustup.rs tells how"
    # rust-toolchain.toml names both components; rustup adds them at the first call.
    cargo fmt --version >/dev/null || die "no rustfmt: rustup component add rustfmt"
    cargo clippy --version >/dev/null || die "no clippy: rustup component add clippy"
}

install() {
    local as_root=()
    command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it: $*"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "missing; as root run: apt-get install $*"
        as_root=(sudo)
        # Without a terminal sudo could only hang or fail in the middle.
        [ -t 0 ] || sudo -n true 2>/dev/null || die "missing; as root run: apt-get install $*"
    fi
    say "installing with apt: $*"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    local missing
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -gt 0 ]; then
        install "${missing[@]}"
        mapfile -t missing < <(missing_packages)
        [ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
    fi
    require_rust
    require_go
    say "$(cargo --version), $(python3 --version), $(cc --version | head -n 1)"
}

main "$@"
