#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds murald for another architecture, with Debian's cross compiler and packages:
#
#   cross.sh ARCH FOLDER [ARGUMENTS OF MAKE...]
#
# FOLDER becomes an ordinary build folder, with the libraries that debian/control names in
# FOLDER/sysroot. They are fetched once, with MURALD_FETCHED for other clones, too; a second run is a
# make. With arguments, make runs with them afterwards; unit tests run in qemu-user. Prints SKIP and what
# to install if there is no compiler; with KMS_REQUIRED=1 that is a failure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
arch=$1 folder=$2
shift 2
case $arch in
arm64) triplet=aarch64-linux-gnu qemu=qemu-aarch64 ;;
armhf) triplet=arm-linux-gnueabihf qemu=qemu-arm ;;
*) echo "cross.sh: $arch: arm64 or armhf is wanted" >&2 && exit 2 ;;
esac
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
rm -f "$folder"/cross.*
for tool in "$triplet-gcc gcc-$triplet" "$qemu qemu-user"; do
	command -v "${tool% *}" >/dev/null && continue
	echo "SKIP: nothing for $arch: no ${tool% *}: apt-get install ${tool#* }" | tee "$folder/cross.log"
	echo ":test-result: SKIP" >"$folder/cross.trs"
	[ -z "${KMS_REQUIRED:-}" ]
	exit
done
unset MAKEFLAGS MAKELEVEL MFLAGS CC NM PKG_CONFIG
root=$folder/sysroot
# shellcheck source=./tests/kms/archive.sh
. "$here/archive.sh"

read -ra wanted <<<"$(sed -n '/^Build-Depends:/,/^$/p' "$source/debian/control" |
	grep -oE '^ z?lib[a-z0-9.+-]*-dev' | tr -d '\n')"
# What was compiled with another sysroot; make would take it for new, since what is unpacked is as old as
# its package.
forget_build() {
	find "$folder" -mindepth 1 -maxdepth 1 ! -name apt ! -name 'sysroot*' ! -name 'kms-*' -exec rm -rf {} +
}
# Compilers get the same name of it wherever it is, so that what they made for another clone serves again.
kept=$root
if [ -n "${MURALD_FETCHED:-}" ]; then
	kept=$MURALD_FETCHED/sysroot-$arch-$(cksum <<<"${wanted[*]}" | cut -d' ' -f1)
	if [ "$(readlink "$root")" != "$kept" ]; then
		rm -rf "$root"
		forget_build
	fi
	ln -sfn "$kept" "$root"
fi
exec 8>"$kept.lock"
flock 8
if [ "$(cat "$root/.done" 2>/dev/null)" != "${wanted[*]}" ]; then
	archive "$folder/apt" "$arch" || { echo "cross.sh: cannot ask Debian about $arch" >&2 && exit 1; }
	apt-get -q install -y --download-only libc6-dev "${wanted[@]}" >"$folder/apt/log" 2>&1 ||
		{ tail -n 5 "$folder/apt/log" >&2 && exit 1; }
	rm -rf "$kept"
	forget_build
	mkdir -p "$kept"
	for deb in "$folder"/apt/archives/*.deb; do
		dpkg-deb -x "$deb" "$kept"
	done
	# from Debian 13 on base-files alone has it, which is installed nowhere here
	[ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
	rm -rf "$folder/apt"
	echo "${wanted[*]}" >"$root/.done"
fi
exec 8>&-
export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig
if [ ! -e "$folder/Makefile" ]; then
	cd "$folder"
	"$source/configure" -q --enable-werror --host="$triplet" --with-sysroot="$root" \
		CC="$triplet-gcc --sysroot=$root" CFLAGS="-g0 -O2"
fi
make -s -C "$folder" -j"$(nproc)" all
[ $# = 0 ] && exit
make -s -C "$folder" -j"$(nproc)" check TESTS= >/dev/null
exec make -C "$folder" -j"$(nproc)" LOG_COMPILER="$qemu -L $root" "$@"
