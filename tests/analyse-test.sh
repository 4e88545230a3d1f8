#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/analyse.sh asks a tool about a file again when what it depends on has changed, and only then,
# and repeats what was found before.  The tool here is a gcc that finds something in each file.
set -u
: "${abs_top_srcdir:?make check sets it}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

mkdir -p "$scratch"/{bin,build/plugins,foreign,tree/{include,src,plugins,clients,lib}}
cat >"$scratch/bin/gcc" <<'END'
#!/bin/sh
case $1 in
-dumpversion) echo 12 ;;
--version) cat "$0.version" ;;
*)
	while [ "$1" != -c ]; do shift; done
	echo "$2" >>"$0.asked"
	echo "$2:1:1: warning: planted [-Wanalyzer-planted]"
	grep -q broken "$2" || exit 0
	echo "gcc: fatal error: Killed signal terminated program cc1"
	exit 1
	;;
esac
END
chmod +x "$scratch/bin/gcc"
echo 12.1 >"$scratch/bin/gcc.version"
touch "$scratch"/tree/{.clang-tidy,include/one.h}
for name in one two; do echo "int $name;" >"$scratch/tree/src/$name.c"; done

# What the tool was asked about, but for the file that shows that it can see.
asked() { # EXPECTED WHEN
	: >"$scratch/bin/gcc.asked"
	env -u MURALD_CACHE PATH="$scratch/bin:$PATH" CPATH="$scratch/foreign" top_srcdir="$scratch/tree" top_builddir="$scratch/build" flags= \
		sources="src/one.c src/two.c" bash "$abs_top_srcdir/tests/analyse.sh" gcc >"$scratch/said"
	local found was
	found=$(grep -c '^src/.*planted' "$scratch/said")
	was=$(grep '^src/' "$scratch/bin/gcc.asked" | LC_ALL=C sort | paste -s -d' ')
	[ "$was" = "$1" ] && [ "$found" = 2 ] && return
	echo "FAIL: $2: asked about \"$was\" instead of \"$1\", $found of 2 findings"
	bad=1
}

asked "src/one.c src/two.c" "at first"
asked "" "again"
echo "int more;" >>"$scratch/tree/src/one.c"
asked "src/one.c" "a file that has changed"
echo "int more;" >>"$scratch/tree/include/one.h"
asked "src/one.c src/two.c" "a header that has changed"
touch "$scratch/foreign/other.h"
asked "src/one.c src/two.c" "a header of no package"
echo 12.2 >"$scratch/bin/gcc.version"
asked "src/one.c src/two.c" "another version of the tool"
echo "int broken;" >>"$scratch/tree/src/two.c"
asked "src/two.c" "a file on which the tool fails"
asked "src/two.c" "a file on which it failed before"
grep -q '^src/two\.c:1: error: gcc ended with status 1$' "$scratch/said" || {
	echo "FAIL: nothing is said of a tool that was killed"
	bad=1
}
[ $bad = 0 ] && echo "the tool is asked about what has changed"
exit $bad
