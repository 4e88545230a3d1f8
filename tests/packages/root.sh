#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A fresh Debian of this machine's own release, to install packages in:  root.sh DIR
# As root. What is there stays. Debian's archive is asked where this machine's apt asks it.
set -euo pipefail
out=$1
[ ! -e "$out/.done" ] || exit 0
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # apt-get fills these in
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $release" \
	'Label: Debian' 2>/dev/null | head -n 1)
rm -rf "$out"
mkdir -p "$out"
# init and a login for the guest, ping and ip to look at the wall with
debootstrap --variant=minbase --include=systemd-sysv,udev,dbus,iproute2,iputils-ping \
	"$release" "$out" "${mirror:-http://deb.debian.org/debian}"
rm -rf "$out"/var/cache/apt/archives/*.deb
echo 'force-unsafe-io' >"$out/etc/dpkg/dpkg.cfg.d/quick"
touch "$out/.done"
