#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual, the scripts, the spelling and the C format, each by the tool that knows.
# A tool that is missing is named, with its package; what the others find still counts.
set -u
export LC_ALL=C.UTF-8
: "${top_srcdir:?make check sets it}"
cd "$top_srcdir" || exit 1
bad=0 missing=

have() { # TOOL PACKAGE
	command -v "$1" >/dev/null && return
	echo "no $1: apt-get install $2"
	missing="$missing $2"
	return 1
}
complain() {
	echo "FAIL: $*"
	bad=1
}
ours() { # PATTERN...: files of the tree that are ours; _build is where distcheck builds
	local pattern
	for pattern; do
		find . \( -name .git -o -name 'build*' -o -name _build -o -name autom4te.cache -o -name 'murald-*' \) \
			-prune -o -type f -name "$pattern" ! -name aclocal.m4 -print
	done
}

for file in $(ours '*.[ch]' '*.cpp' '*.rs' '*.sh' '*.py' '*.am' '*.ac' '*.service.in'); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
done

if have mandoc mandoc; then
	for page in doc/*.[1578].in; do
		mandoc -T lint -W warning "$page" || complain "$page"
	done
fi
if have groff groff-base; then # what man uses, on a terminal of 80 columns
	for page in doc/*.[1578].in; do
		said=$(groff -mandoc -Tutf8 -ww -rLL=80n -rLT=80n "$page" 2>&1 >/dev/null)
		[ -z "$said" ] || complain "$said"
	done
fi
if have shellcheck shellcheck; then
	# shellcheck disable=SC2046 # file names are words here
	shellcheck $(ours '*.sh') quickstart .ci/run || complain "shellcheck"
	shellcheck -s sh debian/*.p[or]* || complain "shellcheck"
	shellcheck -s bash etc/bash-completion/* || complain "shellcheck"
fi
if have codespell codespell; then
	# shellcheck disable=SC2046
	codespell --quiet-level=2 --ignore-words-list=nd README HACKING.md NEWS quickstart doc/*.in doc/*.md debian etc \
		$(ours '*.[ch]' '*.sh' '*.py' '*.conf') || complain "codespell"
fi
if have cppcheck cppcheck; then
	top_srcdir=. top_builddir=. bash tests/analyse.sh cppcheck || complain "cppcheck"
fi
# The format changes from one clang-format to the next; Debian 12's is the one that counts.
if have clang-format clang-format; then
	if clang-format --version | grep -q 'version 14\.'; then
		# shellcheck disable=SC2046
		clang-format --dry-run --Werror $(ours '*.[ch]' '*.cpp') || complain "clang-format -i would change these"
	else
		echo "clang-format is not version 14, which rules here: not asked"
	fi
fi

[ "$bad" = 0 ] || exit 1
[ -z "$missing" ] && exit 0
echo "SKIP: tests/lint.sh: not looked at everything: apt-get install$missing"
exit 77
