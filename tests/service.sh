#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# murald.service checked with systemd's own tools: the unit is valid, its exposure is below a limit,
# and its user can be created.
set -eu
export LC_ALL=C
: "${top_srcdir:?make check sets it}" "${top_builddir:?}"
LIMIT=25 # tenths
for tool in systemd-analyze systemd-sysusers; do
	command -v $tool >/dev/null && continue
	echo "SKIP: no $tool: apt-get install systemd"
	exit 77
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "FAIL: $*"
	exit 1
}

# The unit as installed, except that it starts this build's murald.
murald=$(cd "$top_builddir" && pwd)/murald
sed "s#^ExecStart=.*#ExecStart=$murald#" "$top_builddir/etc/murald.service" >"$scratch/murald.service"
grep -q "^ExecStart=$murald" "$scratch/murald.service" || fail "murald.service starts nothing"
systemd-analyze verify --man=no --recursive-errors=no "$scratch/murald.service" >"$scratch/verify" 2>&1 ||
	{ cat "$scratch/verify" && fail "systemd-analyze verify"; }
# A mere warning about it is a defect as well; those about other units do not matter.
! grep murald "$scratch/verify" || fail "systemd-analyze verify has something to say"
systemd-analyze security --offline=true --threshold=$LIMIT --no-pager "$scratch/murald.service" \
	>"$scratch/security" 2>&1 || { grep -v '✓' "$scratch/security" && fail "exposed more than $LIMIT/10"; }
tail -n 1 "$scratch/security"

mkdir -p "$scratch/root/etc"
systemd-sysusers --root="$scratch/root" - <"$top_srcdir/etc/sysusers.d/murald.conf" >"$scratch/sysusers" 2>&1 ||
	{ cat "$scratch/sysusers" && fail "systemd-sysusers"; }
grep -q '^murald:.*:/var/lib/murald:' "$scratch/root/etc/passwd" || fail "no user murald"
grep -q '^video:.*murald' "$scratch/root/etc/group" || fail "murald is not in group video"
