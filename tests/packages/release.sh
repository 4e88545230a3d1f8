#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# This tree in another release of Debian, as root:
#
#   release.sh FOLDER RELEASE online|offline COMMAND...
#
# The release is made in FOLDER/root, once; the command runs there in a copy of this tree, whose
# build/ is FOLDER/build, with mounts and processes of its own, and offline with a network of its
# own.  Whatever happens, nothing stays mounted and nothing goes on running.  With MURALD_CACHE what is
# compiled there serves other clones too, and with MURALD_FETCHED the release itself, with the packages
# that the first command online has installed.
# Says SKIP and why, and exits with 77, where that cannot be done.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
folder=$1 release=$2 network=$3
shift 3

skip() {
	echo "SKIP: no $release to try it in: $*"
	exit 77
}
[ "$(id -u)" = 0 ] || skip "it takes root"
for tool in debootstrap unshare ip; do
	command -v "$tool" >/dev/null || skip "no $tool: apt-get install debootstrap util-linux iproute2"
done
unshare --mount --net --pid --fork true 2>/dev/null || skip "no right to have mounts and a network of its own"
mkdir -p "$folder/build"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock"
flock 9 # one at a time
shared=${MURALD_FETCHED:+$MURALD_FETCHED/release-$release}
if [ -n "$shared" ] && [ -e "$shared/.done" ] && [ ! -e "$folder/root/.done" ]; then
	rm -rf "$folder/root" "$folder/root.new"
	cp -a --reflink=auto "$shared" "$folder/root.new"
	mv "$folder/root.new" "$folder/root"
fi
# The week whose packages it will have.
[ -e "$folder/root/.done" ] || echo "$shared" >"$folder/made-for"
# What is started ends with this script, also when that is killed.
setpriv --pdeathsig TERM bash "$here/root.sh" "$folder/root" "$release" ca-certificates,iproute2 \
	>"$folder/root.log" 2>&1 ||
	skip "debootstrap failed: $(tail -n 1 "$folder/root.log"); all of it is in $folder/root.log"

# What is generated is generated there, by the tools of that release, and stays.  Only what has
# changed is copied, and is new for make, whatever the time of its change.
tree=$folder/root/murald
rm -rf "$tree.new"
mkdir -p "$tree/build" "$tree.new/build"
generated='^(configure|configure~|aclocal\.m4|build-aux|autom4te\.cache|Makefile\.in|__pycache__)$'
tar -C "$source" --exclude=./build --exclude='./build-*' --exclude=./coverage --exclude=./.git \
	--exclude=./autom4te.cache --exclude=./configure --exclude=./aclocal.m4 --exclude=./build-aux \
	--exclude=Makefile.in --exclude=__pycache__ -cf - . | tar -C "$tree.new" -xf -
find "$tree.new" -xtype l -delete # links to nowhere, such as an editor's lock, which stop diff and cp
{ LC_ALL=C diff -rq "$tree" "$tree.new" || [ $? = 1 ]; } | while IFS= read -r line; do
	path=${line##* and } path=${path% differ} name=${line##*: } from=${line#Only in } from=${from%%: *}
	case $line in
	"Files $tree/"*) cp "$path" "$tree${path#"$tree.new"}" ;;
	"File $tree/"*) # which has become a folder, or was one
		path=${line##* while file } path=${path% is a *} name=${path#"$tree.new/"}
		rm -rf "${tree:?}/$name"
		cp -R "$path" "$tree/$name"
		;;
	"Only in $tree.new"*) cp -R "$from/$name" "$tree${from#"$tree.new"}/" ;;
	"Only in $tree"*) [[ $name =~ $generated ]] || rm -rf "${from:?}/$name" ;;
	esac
done
cp -RL --attributes-only --preserve=mode "$tree.new/." "$tree"
rm -rf "$tree.new"

unshared=(--mount --propagation private --pid --fork --kill-child)
[ "$network" = online ] || unshared+=(--net)
# shellcheck disable=SC2016 # the shell in there expands it
setpriv --pdeathsig KILL unshare "${unshared[@]}" bash -euc '
	folder=$1 network=$2 cache=$3 root=$1/root
	shift 3
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs run "$root/run"
	mkdir "$root/run/lock"
	mount --bind "$folder/build" "$root/murald/build"
	if [ -n "$cache" ]; then
		mkdir -p "$cache" "$root/root/.cache/murald"
		touch "$cache" # in use: quickstart removes what is not
		mount --bind "$cache" "$root/root/.cache/murald"
	fi
	if [ "$network" = online ]; then
		cp -L /etc/resolv.conf "$root/etc/resolv.conf"
		if [ -x "$root/usr/sbin/update-ca-certificates" ]; then # npm may go through a proxy with one of its own
			cp -R /usr/local/share/ca-certificates "$root/usr/local/share/"
			chroot "$root" update-ca-certificates >/dev/null
		fi
	else
		ip link set lo up
	fi
	exec 9>&- # unshare holds it
	# no chroot: what runs in one may have no user namespace
	cd "$root"
	pivot_root . .
	umount -l .
	exec chroot . env -i HOME=/root LC_ALL=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		CI="${CI:-}" MURALD_LONG="${MURALD_LONG:-}" sh -c "cd /murald && exec \"\$@\"" sh "$@"
' bash "$folder" "$network" "${MURALD_CACHE:+$MURALD_CACHE/in-$release}" "$@" <&0 &
inside=$!
trap 'kill -KILL "$inside"' EXIT # which ends all in there; unshare ignores other signals
trap 'exit 143' HUP INT TERM
status=0
wait "$inside" || status=$?
trap - EXIT
# For other clones: the whole of it or nothing, be the disk full or this interrupted.
share() {
	rm -rf "$shared.$$" "$folder"/root/var/cache/apt/archives/*.deb &&
		cp -a --reflink=auto "$folder/root" "$shared.$$" && rm -rf "$shared.$$/murald" &&
		{ mv -T "$shared.$$" "$shared" 2>/dev/null || [ -e "$shared/.done" ]; } # another clone was quicker
}
if [ $status = 0 ] && [ "$network" = online ] && [ -n "$shared" ] && [ ! -e "$shared/.done" ] &&
	[ "$(cat "$folder/made-for" 2>/dev/null)" = "$shared" ]; then
	trap 'rm -rf "$shared.$$"' EXIT
	share || echo "release.sh: $shared, which other clones would use, cannot be made; this one has its own"
fi
exit $status
