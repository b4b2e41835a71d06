#!/bin/sh
# Compiles the server inside the image's build stage, for this or another processor.
#   build-in-container.sh BUILDARCH TARGETARCH PROFILE CACHE OUT
set -eu
build=$1 target=$2 profile=$3 cache=$4 out=$5

triple_of() {
    case $1 in
        amd64) echo x86_64-unknown-linux-gnu ;;
        arm64) echo aarch64-unknown-linux-gnu ;;
        *) echo "no Rust target is known for $1" >&2; exit 1 ;;
    esac
}
triple=$(triple_of "$target")

# The image's own toolchain, without the components that only development needs.
if command -v rustup >/dev/null; then
    RUSTUP_TOOLCHAIN=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1) || true
    [ -n "$RUSTUP_TOOLCHAIN" ] || RUSTUP_TOOLCHAIN=$(rustup toolchain list | head -n 1 | cut -d' ' -f1)
    export RUSTUP_TOOLCHAIN
fi

# How this machine reaches the registry, where a local image says so.
[ ! -e "${CARGO_HOME:-$HOME/.cargo}/environment" ] || . "${CARGO_HOME:-$HOME/.cargo}/environment"

# What cargo downloads is kept between builds; its settings stay those of the image.
mkdir -p "$cache/registry"
ln -sfn "$cache/registry" "${CARGO_HOME:-$HOME/.cargo}/registry"
export CARGO_TARGET_DIR="$cache/target" CARGO_INCREMENTAL=0

strip=strip
if [ "$build" != "$target" ]; then
    case $target in
        arm64) prefix=aarch64-linux-gnu; libc=libc6-dev-arm64-cross ;;
        amd64) prefix=x86-64-linux-gnu; libc=libc6-dev-amd64-cross ;;
    esac
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "gcc-$prefix" "$libc" >/dev/null
    [ -d "$(rustc --print sysroot)/lib/rustlib/$triple" ] || rustup target add "$triple"
    name=$(echo "$triple" | tr 'a-z-' 'A-Z_')
    compiler=$(ls /usr/bin/*linux-gnu-gcc | grep "$(echo "$prefix" | tr '-' '.')" | head -n 1)
    export "CARGO_TARGET_${name}_LINKER=$compiler"
    export "CC_$(echo "$triple" | tr '-' '_')=$compiler"
    strip=${compiler%gcc}strip
fi

# The one profile whose directory has another name.
directory=$profile
[ "$profile" != dev ] || directory=debug

cargo build --profile "$profile" --locked --bin huedb --target "$triple"
STRIP=$strip "$(dirname "$0")/stage-binary.sh" "$CARGO_TARGET_DIR/$triple/$directory/huedb" "$out" "$triple"
