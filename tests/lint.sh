#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks manual, scripts, spelling and C format with mandoc, groff, shellcheck, codespell, cppcheck
# and clang-format.  A missing tool is named with its package, as is one of another version than
# that which rules; what the others find still counts.
set -u
export LC_ALL=C.UTF-8
: "${top_srcdir:?make check sets it}"
cd "$top_srcdir" || exit 1
bad=0 skipped=0

have() { # TOOL PACKAGE
	command -v "$1" >/dev/null && return
	skip "no $1: apt-get install $2"
	return 1
}
skip() {
	echo "SKIP: $*"
	skipped=1
}
complain() {
	echo "FAIL: $*"
	bad=1
}
ours() { # PATTERN...: files of the tree, without those of builds; _build is make distcheck's
	local pattern
	for pattern; do
		find . \( -name .git -o -name 'build*' -o -name _build -o -name autom4te.cache -o -name 'murald-*' \) \
			-prune -o -type f -name "$pattern" ! -name aclocal.m4 -print
	done
}

for file in $(ours '*.[ch]' '*.cpp' '*.rs' '*.sh' '*.py' '*.am' '*.ac' '*.service.in'); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
done
nameless=$(ours '*.[ch]' | xargs awk 'FNR == 2 && !/^\/\*/ { print FILENAME }')
[ -z "$nameless" ] || complain "no first line that says what the file is responsible for:" "$nameless"

# Tests wait for facts; a comment on the line or above says why a pause is one.
# shellcheck disable=SC2016 # awk's own
pauses=$(ours 'test_*.py' | xargs awk '
	FNR == 1 { above = "" }
	/sleep\(/ && !/#/ && above !~ /^ *#/ { print FILENAME ":" FNR ": " $0 }
	{ above = $0 }')
[ -z "$pauses" ] || complain "a pause without a reason:" "$pauses"
# beside.py is started by hand, with nothing set
! grep -rn 'sys\.path\.' tests bench --include='*.py' --exclude=beside.py || complain "tests/run-pytest.sh sets the import path"

if have mandoc mandoc; then
	for page in doc/*.[1578].in; do
		mandoc -T lint -W warning "$page" || complain "$page"
	done
fi
if have groff groff-base; then # as man calls it on a terminal of 80 columns
	for page in doc/*.[1578].in; do
		said=$(groff -mandoc -Tutf8 -ww -rLL=80n -rLT=80n "$page" 2>&1 >/dev/null)
		[ -z "$said" ] || complain "$said"
		case $page in *mural-plugin.*) continue ;; esac # code has 90 columns
		long=$(groff -mandoc -Tascii -P-cbou -rLL=80n -rLT=80n "$page" 2>/dev/null | awk 'length > 80')
		[ -z "$long" ] || complain "$page is wider than 80 columns:" "$long"
	done
fi
if have shellcheck shellcheck; then
	# shellcheck disable=SC2046 # file names are words here
	shellcheck $(ours '*.sh') quickstart .ci/run || complain "shellcheck"
	shellcheck -s sh debian/*.p[or]* debian/murald.install || complain "shellcheck"
	shellcheck -s bash etc/bash-completion/* || complain "shellcheck"
fi
# Names of structs, nft's words, what tests cut short or misspell, and German.
misspelt=nd,caf,enabeld,firs,iif,numbr,oder,adresse
if have codespell codespell; then
	# shellcheck disable=SC2046
	codespell --quiet-level=2 --ignore-words-list="$misspelt" README.md HACKING.md NEWS quickstart doc/*.in doc/*.md debian etc \
		$(ours '*.[ch]' '*.sh' '*.py' '*.conf') || complain "codespell"
fi
top_srcdir=. top_builddir=. bash tests/analyse.sh cppcheck # says itself when it cannot
case $? in
0) ;;
77) skipped=1 ;;
*) complain "cppcheck" ;;
esac
# Each version of clang-format has another format; Debian 12's counts.
if have clang-format clang-format; then
	if clang-format --version | grep -q 'version 14\.'; then
		# shellcheck disable=SC2046
		clang-format --dry-run --Werror $(ours '*.[ch]' '*.cpp') || complain "clang-format -i would change these"
	else
		skip "clang-format is not version 14, which rules here: format not checked"
	fi
fi

[ "$bad" = 0 ] || exit 1
[ "$skipped" = 0 ] && exit 0
exit 77
