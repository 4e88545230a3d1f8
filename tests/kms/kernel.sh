#!/bin/bash
# SPDX-License-Identifier: MIT
# Fetches the parts of a KMS test guest from Debian's archive, without installing
# them: a stock kernel, a static busybox, libraries if wanted, and if wanted a vkms
# module built from Debian's kernel source.
#
#   kernel.sh [--arch amd64|arm64] [--suite NAME] [--vkms] [--with 'PKG...'] OUTDIR
#
# --arch   the guest's machine (default amd64)
# --suite  the release of Debian (default this machine's), for its kernel; no vkms then
# --vkms   also build vkms.ko (Debian's kernels come without it): needs make
#          and gcc, for arm64 gcc-aarch64-linux-gnu; about 140 MB more to
#          fetch and half a minute
# --with   packages unpacked into OUTDIR/sysroot: what a cross-built program of
#          the guest links with, say 'libc6 libdrm2 libuv1'
#
# What is in OUTDIR already is kept, so a second run is quick.
#
# OUTDIR/boot, OUTDIR/lib/modules   the kernel      OUTDIR/busybox
# OUTDIR/sysroot                    --with          OUTDIR/vkms.ko
set -euo pipefail
arch=amd64 vkms='' with='' suite=''
while [ $# -gt 1 ]; do
	case $1 in
	--arch) arch=$2; shift 2;;
	--suite) suite=$2; shift 2;;
	--vkms) vkms=1; shift;;
	--with) with=$2; shift 2;;
	*) echo "kernel.sh: unknown option $1" >&2; exit 2;;
	esac
done
[ $# = 1 ] || { sed -n '2,21p' "$0" >&2; exit 2; }
mkdir -p "$1"; out=$(cd "$1" && pwd)
exec 9>"$out/lock"
flock 9 # tests that begin together fetch it once
# A complete folder stays as it is, without a network or a look for newer packages.
if ls "$out"/boot/.done-* >/dev/null 2>&1 && [ -z "$with" ] && { [ -z "$vkms" ] || [ -e "$out/vkms.ko" ]; }; then
	exit 0
fi
debs=$out/debs; mkdir -p "$debs" "$out/sysroot"
get() {	# get PKG[:ARCH]...  -> files in $debs; what is there is kept
	local p
	for p in "$@"; do
		ls "$debs/${p%%:*}"_*.deb >/dev/null 2>&1 ||
			env -C "$debs" apt-get -q download "$p" 2>&1 | grep -v -e unsandboxed -e ^Get -e ^Fetched || true
		ls "$debs/${p%%:*}"_*.deb >/dev/null || { echo "kernel.sh: cannot fetch $p" >&2; exit 1; }
	done
}
if [ -n "$suite" ] || [ "$arch" != "$(dpkg --print-architecture)" ]; then
	# shellcheck source=tests/kms/archive.sh
	. "$(dirname "$0")/archive.sh"
	archive "$out/apt" "$arch" "$suite" || { echo "kernel.sh: cannot ask Debian about $arch" >&2; exit 1; }
fi
image=$(apt-cache depends "linux-image-$arch:$arch" | sed -n 's/^ *Depends: *//p' | head -1)
image=${image%%:*}
[ -n "$image" ] || { echo "kernel.sh: apt knows no linux-image-$arch (apt-get update?)" >&2; exit 1; }
abi=${image#linux-image-}		# 6.1.0-56-amd64
get "$image:$arch" "busybox-static:$arch"
if [ ! -e "$out/boot/.done-$abi" ]; then
	rm -rf "${out:?}"/boot "${out:?}"/lib "${out:?}"/usr
	dpkg-deb -x "$debs/${image}"_*.deb "$out"
	[ -d "$out/lib/modules" ] || { mkdir -p "$out/lib"; mv "$out/usr/lib/modules" "$out/lib/"; }
	rm -rf "${out:?}"/usr/share
	dpkg-deb --fsys-tarfile "$debs"/busybox-static_*_"$arch".deb | tar -xOf - ./bin/busybox >"$out/busybox" 2>/dev/null ||
		dpkg-deb --fsys-tarfile "$debs"/busybox-static_*_"$arch".deb | tar -xOf - ./usr/bin/busybox >"$out/busybox"
	chmod +x "$out/busybox"
	# x86: an unpacked vmlinux boots through PVH, which saves the emulated
	# machine three seconds of decompression
	[ "$arch" != amd64 ] || python3 - "$out" <<-'PY'
	import glob, lzma, sys
	path = glob.glob(sys.argv[1] + "/boot/vmlinuz-*")[0]
	data = open(path, "rb").read()
	at = data.find(b"\xfd7zXZ\0")
	try:
	    elf = lzma.LZMADecompressor().decompress(data[at:]) if at > 0 else b""
	except lzma.LZMAError:
	    elf = b""
	if elf[:4] == b"\x7fELF":
	    open(path.replace("vmlinuz-", "vmlinux-"), "wb").write(elf)
	else:
	    print("kernel.sh: not an xz kernel, booting the packed one")
	PY
	touch "$out/boot/.done-$abi"
fi
for p in $with; do
	get "$p:$arch"
	dpkg-deb -x "$debs/$p"_*.deb "$out/sysroot"
done
if [ -n "$vkms" ] && [ ! -e "$out/vkms.ko" ]; then
	series=$(echo "$abi" | cut -d. -f1-2)		# 6.1
	common=linux-headers-${abi%-*}-common
	host=$(dpkg --print-architecture)
	get "linux-headers-$abi:$arch" "$common" "linux-source-$series"
	# named after the series, from Debian 13 on after the version
	kbuild=$(dpkg-deb -f "$debs/linux-headers-$abi"_*.deb Depends | grep -o 'linux-kbuild-[^ ,]*')
	get "$kbuild:$host"
	h=$out/headers; mkdir -p "$h" "$out/vkms"
	for p in "linux-headers-$abi" "$common" "$kbuild"; do
		dpkg-deb -x "$debs/$p"_*.deb "$h"
	done
	sed -i "s#/usr/src/#$h/usr/src/#g" "$h/usr/src/linux-headers-$abi/Makefile"
	dpkg-deb --fsys-tarfile "$debs/linux-source-$series"_*.deb |
		tar -xOf - "./usr/src/linux-source-$series.tar.xz" |
		tar -xJf - -C "$out/vkms" --strip-components=5 "linux-source-$series/drivers/gpu/drm/vkms"
	cross=() triplet=''
	if [ "$arch" != "$host" ]; then
		case $arch in arm64) triplet=aarch64-linux-gnu;; amd64) triplet=x86_64-linux-gnu;; esac
		cross=("DEB_BUILD_ARCH=$host" "DEB_HOST_ARCH=$arch" "DEB_HOST_GNU_TYPE=$triplet")
	fi
	# type information would take pahole
	env "${cross[@]}" make -s -C "$h/usr/src/linux-headers-$abi" M="$out/vkms" CONFIG_DRM_VKMS=m \
		CONFIG_DEBUG_INFO_BTF_MODULES='' "${cross[@]}" modules >"$out/vkms.log" 2>&1 ||
		{ tail -20 "$out/vkms.log" >&2; exit 1; }
	${triplet:+$triplet-}strip --strip-debug -o "$out/vkms.ko" "$out/vkms/vkms.ko"
	rm -rf "$h" "$out/vkms"
fi
rm -rf "$debs" "$out/apt"
echo "kernel $abi in $1${vkms:+, with vkms}"
