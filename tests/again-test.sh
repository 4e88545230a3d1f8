#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/again.sh: only what is worth a second look gets one, and a second failure is a failure.
set -eu
: "${top_srcdir:?make check sets it}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
bad=0
mkdir -p "$scratch/tests"
# the tree's make, which writes down what it was asked for
# shellcheck disable=SC2016 # make expands them
printf 'check:\n\t@echo $(TESTS) >$(CURDIR)/asked; exit $$(cat $(CURDIR)/verdict)\n' >"$scratch/Makefile"

failed() { # NAME LOG
	mkdir -p "$(dirname "$scratch/tests/$1")"
	echo "$2" >"$scratch/tests/$1.log"
	echo ':test-result: FAIL' >"$scratch/tests/$1.trs"
}
expect() { # WHAT VERDICT-OF-MAKE STATUS ASKED
	local status=0 asked
	echo "$2" >"$scratch/verdict"
	: >"$scratch/asked"
	bash "$top_srcdir/tests/again.sh" "$scratch" >"$scratch/out" 2>&1 || status=$?
	asked=$(cat "$scratch/asked")
	if [ $((status != 0)) != "$3" ] || [ "$asked" != "$4" ]; then
		echo "FAIL: $1: wanted $3 and '$4', got $status and '$asked': $(cat "$scratch/out")"
		bad=1
	fi
}

expect "make failed, and no test" 0 1 ""
echo ':test-result: PASS' >"$scratch/tests/fine.trs"
expect "only good ones" 0 1 ""
failed test_security "AssertionError"
failed unit/one "[  FAILED  ] 1 test(s)"
expect "two, which pass by themselves" 0 0 "tests/test_security.py tests/unit/one"
if [ "$(cat "$scratch/tests/test_security.first")" != AssertionError ]; then
	echo "FAIL: the first log is lost"
	bad=1
fi
expect "two, which fail again" 1 1 "tests/test_security.py tests/unit/one"
failed unit/two "x.c:1: runtime error: shift exponent 40 is too large"
expect "one that is broken" 0 1 ""
failed unit/two "Segmentation fault (core dumped)"
expect "one that crashes" 0 1 ""
for n in 2 3 4 5 6; do failed "unit/more$n" slow; done
failed unit/two slow
expect "too many for load" 0 1 ""
exit "$bad"
