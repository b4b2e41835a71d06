#!/bin/sh
# Gathers the file system around the binary: glibc with what it needs to look up names, CA
# certificates, a user, and the directories where data may be mounted.
#   runtime-root.sh BUILDARCH TARGETARCH FILES TOOLCHAIN ROOT
# FILES holds image.yaml and config.yaml, TOOLCHAIN a Debian root with ca-certificates. For another
# processor the libraries are unpacked from its packages; nothing of them is run.
set -eu
build=$1 target=$2 files=$3 toolchain=$4 root=$5

packages=/packages source=
if [ "$build" != "$target" ]; then
    source=/foreign
    mkdir -p "$packages" "$source"
    dpkg --add-architecture "$target"
    apt-get update -qq
    # apt has no user of its own in this directory.
    (cd "$packages" && apt-get -o APT::Sandbox::User=root download -qq "libc6:$target" "libgcc-s1:$target")
    for package in "$packages"/*.deb; do dpkg-deb -x "$package" "$source"; done
fi

# libnss_dns and libresolv are loaded at run time, to ask Docker's name server for other services.
libraries='ld-linux-*.so.* libc.so.6 libm.so.6 libgcc_s.so.1 libresolv.so.2 libnss_dns.so.2 libnss_files.so.2'

mkdir -p "$root"
for name in $libraries; do
    found=
    for path in "$source"/lib/*-linux-gnu/$name "$source"/lib64/$name "$source"/lib/$name; do
        [ -e "$path" ] || continue
        # The loader is found by a fixed path, the others by directory.
        place=$root${path#"$source"}
        mkdir -p "$(dirname "$place")"
        cp -L "$path" "$place"
        found=1
    done
    [ -n "$found" ] || { echo "no $name in this image" >&2; exit 1; }
done

mkdir -p "$root/etc/ssl/certs" "$root/etc/huedb"
cp -L "$toolchain/etc/ssl/certs/ca-certificates.crt" "$root/etc/ssl/certs/"
cp "$files/image.yaml" "$root/etc/huedb/"
cp "$files/config.yaml" "$root/config.yaml"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
printf 'root:x:0:0::/:/sbin/nologin\nhuedb:x:10001:10001::/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nhuedb:x:10001:\n' >"$root/etc/group"

# Docker gives a new volume the owner and mode of the directory under it. Whatever user the container
# runs as must be able to write there.
mkdir -p "$root/data" "$root/chroma/chroma" "$root/index_data" "$root/tmp"
chmod 0777 "$root/data" "$root/chroma/chroma" "$root/index_data"
chmod 1777 "$root/tmp"

# Where scanners look for Debian's packages in an image without dpkg, and the licences.
mkdir -p "$root/var/lib/dpkg/status.d"
describe() { # PACKAGE ROOT
    if [ -n "$source" ] && [ -e "$(echo "$packages/$1"_*.deb)" ]; then
        dpkg-deb -f "$packages/$1"_*.deb >"$root/var/lib/dpkg/status.d/$1"
    else
        awk -v package="$1" 'BEGIN { RS = ""; ORS = "\n\n" } $0 ~ "(^|\n)Package: " package "\n"' \
            "$2/var/lib/dpkg/status" >"$root/var/lib/dpkg/status.d/$1"
    fi
    [ -s "$root/var/lib/dpkg/status.d/$1" ] || { echo "$1 is not installed in $2/" >&2; exit 1; }
    mkdir -p "$root/usr/share/doc/$1"
    cp -L "$2/usr/share/doc/$1/copyright" "$root/usr/share/doc/$1/"
}
describe libc6 ''
describe libgcc-s1 ''
describe ca-certificates "$toolchain"
