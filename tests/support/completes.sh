# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For tests of muralctl's completion in another shell: a folder of files to complete in, this build's muralctl, and
# completes().  The test defines propose LINE, which prints what the shell proposes, a line for each.

: "${abs_top_srcdir:?make check sets it}" "${top_builddir:?}"
bad=0

# Is skipped without the shell, which a package of the same name has.
needs_shell() {
	command -v "$1" >&2 && return
	echo "SKIP: without $1: apt-get install $1"
	exit 77
}

enter_scratch() {
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	touch "$scratch/a.png" "$scratch/b.txt" "$scratch/c.jpeg"
	PATH=$(cd "$top_builddir" && pwd):$PATH HOME=$scratch
	export PATH HOME
	cd "$scratch" || exit 1
}

# WANTED LINE: WANTED must be among what is proposed for the line; "none": there must be none.
completes() {
	local wanted=$1 line=$2 got
	got=$(propose "$line")
	[ "$wanted" = none ] && [ -z "$got" ] && return
	grep -qxF -- "$wanted" <<<"$got" && return
	echo "FAIL: '$line': '$wanted' was wanted, not: $got"
	bad=1
}

completes_everywhere() {
	completes grab "muralctl g"
	completes --order "muralctl paint x.png pixelflut://h --o"
	completes random "muralctl paint --order r"
	completes none "muralctl paint --rate "
	completes unix: "muralctl fill ff8800 --loop --at 1,2 "
	completes pixelflut:// "muralctl text hello pi"
	completes status "muralctl wall st"
	completes --json "muralctl wall --j"
	completes c.jpeg "muralctl paint c"
	completes a.png "muralctl grab pixelflut://h a"
}

finish() {
	exit "$bad"
}
