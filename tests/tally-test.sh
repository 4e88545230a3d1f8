#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/tally.sh: its sums are right, and a failure is never counted as anything else; and what
# tests/run-pytest.sh takes for a skip.
set -eu
: "${top_srcdir:?make check sets it}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

log() { # NAME RESULT TEXT
	printf '%b\n%s %s (exit status: 0)\n' "$3" "$2" "$1" >"$scratch/tree/$1.log"
	printf ':test-result: %s\n' "$2" >"$scratch/tree/$1.trs"
}
expect() { # WHAT STATUS LINE
	local last status=0
	bash "$top_srcdir/tests/tally.sh" "$scratch/tree" >"$scratch/out" || status=$?
	last=$(tail -n 1 "$scratch/out")
	if [ "$last" != "$3" ] || [ "$status" != "$2" ]; then
		echo "FAIL: $1: wanted $2 '$3', got $status '$last'"
		bad=1
	fi
	rm -f "$scratch"/tree/*
}
mkdir "$scratch/tree"

expect "nothing ran" 1 "0 passed, 0 failed, 0 skipped"
log script PASS "all is well"
expect "a script is one" 0 "1 passed, 0 failed, 0 skipped"
log script SKIP "SKIP: no qemu: apt-get install qemu-system-x86"
expect "a skip alone is no success" 1 "0 passed, 0 failed, 1 skipped"
log unit PASS "[==========] Running 3 test(s).\n[  PASSED  ] 3 test(s)."
log suite PASS "===== 4 passed, 2 skipped in 0.50s ====="
expect "cases of programs and suites" 0 "7 passed, 0 failed, 2 skipped"
log suite PASS "===== 4 passed, 2 skipped, 1 warning in 61.50s (0:01:01) ====="
expect "a suite with warnings" 0 "4 passed, 0 failed, 2 skipped"
log unit FAIL "[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] put"
log suite FAIL "===== 1 failed, 2 passed, 3 errors in 0.50s ====="
expect "failures and errors" 1 "4 passed, 5 failed, 0 skipped"
log unit FAIL "[  PASSED  ] 3 test(s).\nSegmentation fault"
expect "a crash after the last case" 1 "3 passed, 1 failed, 0 skipped"
log suite ERROR "killed"
expect "an error" 1 "0 passed, 1 failed, 0 skipped"
log suite XPASS "surprise"
expect "an unexpected pass" 1 "0 passed, 1 failed, 0 skipped"

for n in 1 2 3 4 5 6 7 8 9 10 11; do
	log "t$n" PASS ""
	echo ":took: $n.5 0.1" >>"$scratch/tree/t$n.trs"
done
log unknown PASS ""
bash "$top_srcdir/tests/tally.sh" "$scratch/tree" >"$scratch/out"
if [ "$(grep -c ' took ' "$scratch/out")" != 10 ] ||
	[ "$(head -n 1 "$scratch/out")" != "t11 took 11.5 s, and computed 0.1 s" ]; then
	echo "FAIL: the slowest ten are: $(cat "$scratch/out")"
	bad=1
fi
rm -f "$scratch"/tree/*

log a SKIP "SKIP: no qemu: apt-get install qemu-system-x86"
log b FAIL "oh"
bash "$top_srcdir/tests/tally.sh" "$scratch/tree" >"$scratch/out" || true
grep -q '^a: SKIP: no qemu: apt-get install qemu-system-x86$' "$scratch/out" || {
	echo "FAIL: the reason of a skip is lost"
	bad=1
}
grep -q '^FAILED: .*/b.log$' "$scratch/out" || {
	echo "FAIL: a failure is not named"
	bad=1
}
rm -f "$scratch"/tree/*

log a PASS ""
echo "the first log" >"$scratch/tree/a.first"
bash "$top_srcdir/tests/tally.sh" "$scratch/tree" >"$scratch/out"
grep -q '^RAN AGAIN: a.log .* is PASS by itself: .*/a.first$' "$scratch/out" || {
	echo "FAIL: that a test passed only by itself is not told"
	bad=1
}
suite() { # STATUS TEXT
	local status=0
	echo "$2" >"$scratch/test_it.py"
	bash "$top_srcdir/tests/run-pytest.sh" "$scratch/test_it.py" >"$scratch/out" || status=$?
	grep -q '^SKIP: .*no pytest' "$scratch/out" && return
	[ "$status" = "$1" ] || { echo "FAIL: wanted status $1, got $status: $2" && bad=1; }
}
suite 0 'def test_it(): pass'
suite 1 'def test_it(): assert False'
suite 1 'it = 1'
suite 77 'import pytest; pytest.importorskip("nosuchmodule")'
suite 77 $'import pytest\n@pytest.mark.skip\ndef test_it(): pass'
exit "$bad"
