#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The table of libraries in HACKING.md is the one of configure.ac, names tests that exist, and configure
# refuses a library that is older than it says.
set -u
: "${abs_top_srcdir:?make check sets it}"
bad=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

complain() {
	echo "FAIL: $*"
	bad=1
}
oldest() { # "NAME VERSION", of configure.ac
	sed -n '/^m4_define(\[OLDEST\]/,/m4_fatal/s/^  \[\([a-z0-9]*\)\], *\[\([0-9.]*\)\],$/\1 \2/p' \
		"$abs_top_srcdir/configure.ac" | sort
}
rows() { # the table of HACKING.md
	sed -n '/^## Libraries/,/^## /s/^| *\([^|]*\)|\(.*\)$/\1|\2/p' "$abs_top_srcdir/HACKING.md" |
		grep -Ev '^(library|-+) *\|'
}

[ -n "$(oldest)" ] || complain "no versions found in configure.ac"
diff -u <(oldest) <(rows | awk -F'|' '$2 ~ /[0-9]/ { print $1, $2 }' | tr -s ' ' | sed 's/ $//' | sort) ||
	complain "HACKING.md (+) does not have the versions of configure.ac (-)"

tests=0
while read -r file test; do
	tests=$((tests + 1))
	grep -qs "^def $test(" "$abs_top_srcdir/tests/$file" ||
		complain "HACKING.md: there is no $test in tests/$file"
done < <(rows | grep -oE '[a-z]+/test_[a-z_0-9]+\.py::test_[a-z_0-9]+' | sed 's/::/ /')
[ "$tests" -ge 4 ] || complain "HACKING.md names $tests tests beside differences"

if [ -e "$abs_top_srcdir/config.status" ] && [ "$bad" = 0 ]; then
	echo "SKIP: a tree that is configured itself cannot be configured elsewhere: build in a folder of its own"
	exit 77
fi
mkdir "$work/pkgconfig" "$work/build"
printf 'Name: libuv\nDescription: too old\nVersion: 1.40.0\n' >"$work/pkgconfig/libuv.pc"
if (cd "$work/build" && PKG_CONFIG_PATH=$work/pkgconfig "$abs_top_srcdir/configure" -q >log 2>&1); then
	complain "configure takes a libuv that is too old"
fi
grep -q 'libuv 1\.44\.2 or newer is missing: apt-get install libuv1-dev' "$work/build/log" ||
	complain "configure does not say what is too old: $(tail -n 3 "$work/build/log")"
exit "$bad"
