#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests that failed in a build tree once more, each by itself, when nothing runs beside them
# any more: what failed only because the machine was busy is told from what is broken.  The first log
# is kept as NAME.first, and tests/tally.sh names each.  A crash, a sanitizer's report and more than
# a handful of failures are no matter of load: they are not tried again.
#
#   again.sh BUILDDIR       exit status 0: each of them has passed now
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
tree=$1
most=6
seconds=${AGAIN_SECONDS:-420} # for all of them
broken='Sanitizer: |SUMMARY: .*Sanitizer|runtime error: |Segmentation fault|core dumped|Assertion .* failed'

name_in_tests() { # NAME, as in NAME.log
	local end
	for end in .py .sh; do
		[ ! -e "$1$end" ] || { echo "$1$end" && return; }
	done
	echo "$1"
}

failed=()
while IFS= read -r trs; do
	name=${trs#"$tree"/}
	failed+=("${name%.trs}")
done < <(grep -lE '^:test-result: *(FAIL|ERROR|XPASS)' -r --include='*.trs' "$tree/tests" 2>/dev/null | sort)

[ ${#failed[@]} -gt 0 ] || { echo "again: no failed test in $tree says why make failed" && exit 1; }
[ ${#failed[@]} -le $most ] || { echo "again: ${#failed[@]} tests failed: not for load" && exit 1; }
tests=()
for name in "${failed[@]}"; do
	if grep -qE "$broken" "$tree/$name.log"; then
		echo "again: $name is broken: see $tree/$name.log"
		exit 1
	fi
	tests+=("$(name_in_tests "$name")")
done
for name in "${failed[@]}"; do cp "$tree/$name.log" "$tree/$name.first"; done
echo "again, by themselves: ${tests[*]}"
timeout -k 10 "$seconds" make -s -C "$tree" -j1 check KMS_SMOKE= TESTS="${tests[*]}"
