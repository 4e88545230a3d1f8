#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bash completion of murald and muralctl, called as bash calls it.
set -u
: "${top_srcdir:?make check sets it}" "${top_builddir:?}"
bad=0
for name in murald muralctl; do
	# shellcheck source=/dev/null
	. "$top_srcdir/etc/bash-completion/$name"
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build=$(cd "$top_builddir" && pwd)
touch "$scratch/a.png" "$scratch/b.txt" "$scratch/c.jpeg"

# With this build's plugins, as an installed murald has them.
murald() {
	"$build/murald" -s server.plugin-path="$build/.libs" "$@"
}
muralctl() {
	"$build/muralctl" "$@"
}

# WANTED LINE...: WANTED must be among the completions of LINE; "none": there must be none.
completes() {
	local wanted=$1 reply
	shift
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"_$1" "$1"
	for reply in "${COMPREPLY[@]}"; do
		[ "$reply" != "$wanted" ] || return 0
	done
	[ "$wanted" = none ] && [ ${#COMPREPLY[@]} = 0 ] && return
	echo "FAIL: '$*': '$wanted' was wanted, not: ${COMPREPLY[*]}"
	bad=1
}

completes --check-config murald --ch
completes --set murald ''
completes -s murald -
completes canvas.size= murald -s canv
completes server.plugin-path= murald --set ''
completes 'plugin\ icmp.interface=' murald -s pl
completes 'plugin\ dots.opaque=' murald -s 'plugin\ do'
completes 'plugin pixelflut.listen=' murald -s '"plugin pix'
completes none murald -s canvas.sizes
completes none murald word
completes "$scratch/b.txt" murald -c "$scratch/"

completes paint muralctl ''
completes grab muralctl gr
completes stats muralctl st
completes fill muralctl f
completes pixelflut:// muralctl fill ff8800 --at 1,2 pi
completes none muralctl text h
completes pixelflut:// muralctl text hello pi
completes film muralctl fil
completes http:// muralctl film ht
completes http:// muralctl stats ht
completes none muralctl nothing
completes --order muralctl paint x.png pixelflut://h --o
completes random muralctl paint --order r
completes "$scratch/a.png" muralctl paint "$scratch/"
completes none muralctl paint "$scratch/b"
completes "$scratch/c.jpeg" muralctl paint "$scratch/c"
completes icmp:// muralctl paint --loop --rate 5 x.png i
completes pixelflut:// muralctl size pi
completes unix: muralctl size u
completes icmp:// muralctl watch i
completes none muralctl paint --rate ''
completes "$scratch/a.png" muralctl grab pixelflut://h "$scratch/a"
completes wall muralctl w
completes status muralctl wall st
completes snapshot muralctl wall -S x sn
completes --json muralctl wall --j
completes none muralctl wall nothing
completes "$scratch/a.png" muralctl wall protect "$scratch/"
completes "$scratch/a.png" muralctl wall paint "$scratch/"
completes "$scratch/a.png" muralctl wall grab "$scratch/"
[ $bad = 0 ] && echo "both programs complete"
