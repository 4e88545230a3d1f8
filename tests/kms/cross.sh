#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds murald for another architecture, from Debian's packages and with Debian's compiler:
#
#   cross.sh ARCH FOLDER     FOLDER/sysroot: libraries; FOLDER: a build folder like any other
#
# Exits with 77 and what to install when there is no compiler for it. The libraries are those
# that debian/control names. What is there stays; a second run is a make.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
arch=$1 folder=$2
case $arch in
arm64) triplet=aarch64-linux-gnu ;;
armhf) triplet=arm-linux-gnueabihf ;;
*) echo "cross.sh: $arch: arm64 or armhf is wanted" >&2 && exit 2 ;;
esac
if ! command -v "$triplet-gcc" >/dev/null; then
	echo "SKIP: no $triplet-gcc: apt-get install gcc-$triplet libc6-dev-$arch-cross"
	exit 77
fi
unset MAKEFLAGS MAKELEVEL MFLAGS CC NM PKG_CONFIG
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/sysroot
# shellcheck source=./tests/kms/archive.sh
. "$here/archive.sh"

if [ ! -e "$root/.done" ]; then
	archive "$folder/apt" "$arch" || { echo "cross.sh: cannot ask Debian about $arch" >&2 && exit 1; }
	read -ra wanted <<<"$(sed -n '/^Build-Depends:/,/^$/p' "$source/debian/control" |
		grep -oE '^ lib[a-z0-9.+-]*-dev' | tr -d '\n')"
	apt-get -q install -y --download-only libc6-dev "${wanted[@]}" >"$folder/apt/log" 2>&1 ||
		{ tail -n 5 "$folder/apt/log" >&2 && exit 1; }
	rm -rf "$root"
	mkdir -p "$root"
	for deb in "$folder"/apt/archives/*.deb; do
		dpkg-deb -x "$deb" "$root"
	done
	rm -rf "$folder/apt"
	touch "$root/.done"
fi
export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig
if [ ! -e "$folder/Makefile" ]; then
	cd "$folder"
	"$source/configure" -q --enable-werror --host="$triplet" --with-sysroot="$root" \
		CC="$triplet-gcc --sysroot=$root"
fi
make -s -C "$folder" -j"$(nproc)" all
