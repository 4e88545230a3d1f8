#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How much of src/ and plugins/ the tests run: builds into coverage/, runs make check there,
# and prints the files below 85 % of lines, fewest first; the whole report is coverage.txt,
# and coverage/report/index.html shows the lines.  make coverage
# KMS is looked at in virtual machines, from where no counters come back: what only a screen
# runs is not asked here (the list is below).
set -eu
export LC_ALL=C.UTF-8
: "${top_srcdir:?make coverage sets it}"
least=85
srcdir=$(cd "$top_srcdir" && pwd)

# Run in guests only (make check-kms), or where the machine has a screen.
unseen=('src/display/*' 'src/app/test-card*.c' src/app/hud-status.c src/display/uevent.c src/app/doctor/machine.c
	plugins/http/ops/healthz.c) # whether a screen follows
# What waits for a slow client: on loopback the kernel takes it all; tests/unit/common/test-sendbuf.c has it.
unseen+=(plugins/p2/transport-tcp.c)

if ! command -v gcovr >/dev/null; then
	echo "SKIP: tests/coverage.sh: no gcovr: apt-get install gcovr"
	exit 77
fi
mkdir -p coverage
cd coverage
[ -e Makefile ] || "$srcdir/configure" --quiet CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic'
make -j"$(nproc)"
make -j"$(nproc)" check TESTS=
find . -name '*.gcda' -delete
# A daemon that became another user counts too; the folder of plugins stays as it is, or it would not start.
find src plugins -name '*.gcno' | sed 's/gcno$/gcda/' | while IFS= read -r counters; do
	: >"$counters"
	chmod a+w "$counters"
done
export COVERAGE=1 # for what cannot be counted: grep COVERAGE in tests/ tells the reasons
long=tests/http/test_requests.py # a slow client is cut off after a minute
status=0
make -k -j"$(nproc)" check TESTS="$(make -s print-tests | tr ' ' '\n' | grep -vE "/kms/|\.sh$|^$long" | tr '\n' ' ')" || status=1
MURALD_LONG=1 make check TESTS=$long || status=1

excluded=()
for pattern in "${unseen[@]}"; do
	pattern=${pattern//./\\.}
	excluded+=(--exclude ".*/${pattern//\*/.*}")
done
mkdir -p report
gcovr --root "$srcdir" --object-directory . --filter '.*/(src|plugins)/' --exclude '.*/page-files\.c' \
	"${excluded[@]}" --txt ../coverage.txt --html-details report/index.html src plugins
echo "---- below $least % of lines (coverage/report/index.html)"
awk -v least="$least" '$4 ~ /%$/ && $1 != "TOTAL" && $4 + 0 < least { print $4, $1; below = 1 }
	$1 == "TOTAL" { total = $4 }
	END { print total, "TOTAL"; exit below }' ../coverage.txt || status=1
exit $status
