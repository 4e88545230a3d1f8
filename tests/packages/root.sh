#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a fresh Debian in a folder:  root.sh DIR [RELEASE [PACKAGE,...]]
# Needs root.  Without more words it is this machine's own release, with what a guest needs.  One that
# was made with the same packages stays; of what cannot be made nothing does, and nothing stays mounted,
# because debootstrap runs with mounts and processes of its own.  Uses the same mirror as this machine's apt.
set -euo pipefail
out=$1
own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
release=${2:-$own}
# init, a clock and login for the guest; ping and ip for the tests
include=${3:-systemd-sysv,systemd-timesyncd,udev,kmod,dbus,login,procps,iproute2,iputils-ping}
exec 8>"$out.lock"
flock 8 # several clones may share it
[ "$(cat "$out/.done" 2>/dev/null)" != "$include" ] || exit 0
# shellcheck disable=SC2016 # apt-get fills these in
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $own" \
	'Label: Debian' 2>/dev/null | head -n 1)
# A debootstrap may be older than the release that it is to make.
script=/usr/share/debootstrap/scripts/$release
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
rm -rf "$out"
mkdir -p "$out"
setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
	debootstrap --variant=minbase --include="$include" \
	"$release" "$out" "${mirror:-http://deb.debian.org/debian}" "$script" &
making=$!
# The first process in there takes the others along, and unshare returns once all are gone; if that was
# killed itself, some would go on writing for a moment.
end() {
	local first=
	{ read -r first <"/proc/$making/task/$making/children"; } 2>/dev/null || true
	kill -KILL "${first:-$making}" 2>/dev/null || true
	wait || true
}
trap 'end; rm -rf "$out"' EXIT
trap 'exit 143' HUP INT TERM
wait "$making"
rm -rf "$out"/var/cache/apt/archives/*.deb
echo 'force-unsafe-io' >"$out/etc/dpkg/dpkg.cfg.d/quick"
echo "$include" >"$out/.done"
trap - EXIT
