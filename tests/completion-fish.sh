#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# muralctl's completion in fish, asked for by fish's own command.
set -u
: "${abs_top_srcdir:?make check sets it}" "${top_builddir:?}"
bad=0
command -v fish >&2 || {
	echo "SKIP: without fish: apt-get install fish"
	exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
touch "$scratch/a.png" "$scratch/b.txt" "$scratch/c.jpeg"
PATH=$(cd "$top_builddir" && pwd):$PATH HOME=$scratch
export PATH HOME
cd "$scratch" || exit 1

# WANTED LINE: WANTED must be among what is proposed for the line; "none": there must be none.
completes() {
	local wanted=$1 line=$2 got
	got=$(fish --no-config -c "source $abs_top_srcdir/etc/fish-completion/muralctl.fish; complete -C '$line'" |
		cut -f 1)
	[ "$wanted" = none ] && [ -z "$got" ] && return
	grep -qxF -- "$wanted" <<<"$got" && return
	echo "FAIL: '$line': '$wanted' was wanted, not: $got"
	bad=1
}

completes grab "muralctl g"
completes watch "muralctl "
completes none "muralctl nothing"
completes --order "muralctl paint x.png pixelflut://h --o"
completes random "muralctl paint --order r"
completes none "muralctl paint --rate "
completes unix: "muralctl fill ff8800 --loop --at 1,2 "
completes pixelflut:// "muralctl text hello pi"
completes status "muralctl wall st"
completes --json "muralctl wall --j"
completes c.jpeg "muralctl paint c"
completes none "muralctl paint b"
completes a.png "muralctl grab pixelflut://h a"
exit $bad
