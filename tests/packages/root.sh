#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a fresh Debian of this machine's release, to install packages in:  root.sh DIR
# Needs root. An existing one stays. Uses the same mirror as this machine's apt.
set -euo pipefail
out=$1
[ ! -e "$out/.done" ] || exit 0
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # apt-get fills these in
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $release" \
	'Label: Debian' 2>/dev/null | head -n 1)
rm -rf "$out"
mkdir -p "$out"
# init and login for the guest; ping and ip for the tests
debootstrap --variant=minbase --include=systemd-sysv,udev,dbus,iproute2,iputils-ping \
	"$release" "$out" "${mirror:-http://deb.debian.org/debian}"
rm -rf "$out"/var/cache/apt/archives/*.deb
echo 'force-unsafe-io' >"$out/etc/dpkg/dpkg.cfg.d/quick"
touch "$out/.done"
