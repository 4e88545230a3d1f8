#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make coverage: which lines of src/ and plugins/ the tests run.  Builds into coverage/, runs make
# check there, and prints the files below 85 % of lines; the whole report is coverage.txt, and
# coverage/report/index.html shows the lines.  Code that only a screen runs is left out (the list is
# below): it is tested in virtual machines, from where no counters come back.
set -eu
export LC_ALL=C.UTF-8
: "${top_srcdir:?make coverage sets it}"
least=85
srcdir=$(cd "$top_srcdir" && pwd)

# Run in guests only (make check-kms), or where the machine has a screen.
unseen=('src/display/*' 'src/app/test-card*.c' src/app/hud-status.c src/display/uevent.c src/app/doctor/machine.c
	plugins/http/ops/healthz.c) # whether a screen follows
# Waiting for a slow client: on loopback the kernel buffers everything; test-sendbuf.c tests that.
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
# Writable also for a murald that became another user; it would not start if the plugins' folder were.
find src plugins -name '*.gcno' | sed 's/gcno$/gcda/' | while IFS= read -r counters; do
	: >"$counters"
	chmod a+w "$counters"
done
export COVERAGE=1 # skips what cannot be counted; the tests that look at it say why
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
