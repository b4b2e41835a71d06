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
    say "$(cargo --version), $(python3 --version), $(cc --version | head -n 1)"
}

main "$@"
