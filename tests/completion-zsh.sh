#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# muralctl's completion in zsh, asked for by a key at its prompt.
set -u
# shellcheck source=tests/support/completes.sh
. "${abs_top_srcdir:?make check sets it}/tests/support/completes.sh"
needs_shell zsh
enter_scratch

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

propose() {
	timeout -k 5 60 zsh -f ask.zsh "$1" | tr -d '\r' | sed '/^$/d'
}

completes_everywhere
finish
