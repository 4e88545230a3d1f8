#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tarball has every file of the repository except git's own, and no generated ones.
set -u
: "${top_srcdir:?make check sets it}" "${top_builddir:?}"
if ! command -v git >/dev/null; then
	echo "SKIP: no git to ask: apt-get install git"
	exit 77
fi
git() {
	command git -c safe.directory='*' -C "$top_srcdir" "$@"
}
if [ "$(git rev-parse --is-inside-work-tree 2>/dev/null)" != true ] ||
	! git ls-files --error-unmatch configure.ac >/dev/null 2>&1; then
	echo "SKIP: not a git checkout, nothing to compare the tarball with"
	exit 77
fi
unset MAKEFLAGS MAKELEVEL MFLAGS
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
${MAKE:-make} -s -C "$top_builddir" distdir distdir="$scratch/dist" >"$scratch/log" 2>&1 ||
	{ cat "$scratch/log" && echo "FAIL: make distdir" && exit 1; }
missing=$(git ls-files | grep -vE '^\.git' | while IFS= read -r file; do
	[ ! -e "$top_srcdir/$file" ] || [ -e "$scratch/dist/$file" ] || echo "$file"
done)
strange=$(cd "$scratch/dist" && find . -name '__pycache__' -o -name '*.pyc' -o -name '*~')
[ -z "$missing$strange" ] && echo "the tarball is complete: $(git ls-files | wc -l) files" && exit 0
echo "FAIL: in git, but not in EXTRA_DIST:" "$missing"
echo "should not be in the tarball:" "$strange"
exit 1
