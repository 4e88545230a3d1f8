#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# muralctl's completion in zsh, asked for by a key at its prompt.
set -u
: "${abs_top_srcdir:?make check sets it}" "${top_builddir:?}"
bad=0
command -v zsh >&2 || {
	echo "SKIP: without zsh: apt-get install zsh"
	exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
touch "$scratch/a.png" "$scratch/b.txt" "$scratch/c.jpeg"
PATH=$(cd "$top_builddir" && pwd):$PATH HOME=$scratch
export PATH HOME
cd "$scratch" || exit 1

# The inner shell has the completion; it answers a tab with the words that its compadd takes, and ends.
cat >setup.zsh <<END
PROMPT=
fpath=($abs_top_srcdir/etc/zsh-completion \$fpath)
autoload -Uz compinit && compinit -u -D
bindkey '^M' undefined; bindkey '^J' undefined; bindkey '^I' complete-word
say_begin() { echo BEGIN }
say_end() { echo END; exit }
compprefuncs=(say_begin)
comppostfuncs=(say_end)
compadd() {
	[[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]] || { builtin compadd "\$@"; return }
	local -a hits
	builtin compadd -A hits "\$@"
	builtin compadd "\$@"
	[ \$#hits = 0 ] || print -l -- \$hits
}
echo READY
END
cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source setup.zsh'
zpty -r z line '*READY*'
while zpty -r -t z line; do :; done
zpty -n -w z "$1"$'\t'
zpty -r z line '*END*'
print -r -- ${${line##*BEGIN}%%END*}
END

# WANTED LINE: WANTED must be among what is proposed for the line; "none": there must be none.
completes() {
	local wanted=$1 line=$2 got
	got=$(timeout -k 5 60 zsh -f ask.zsh "$line" | tr -d '\r' | sed '/^$/d')
	[ "$wanted" = none ] && [ -z "$got" ] && return
	grep -qxF -- "$wanted" <<<"$got" && return
	echo "FAIL: '$line': '$wanted' was wanted, not: $got"
	bad=1
}

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
exit $bad
