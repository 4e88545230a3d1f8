#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs one pytest suite for automake: run-pytest.sh tests/FOLDER/NAME.py
# Exits 77 with the reason when pytest is missing or every case was skipped.
set -u
suite=$1

# Debian's interpreter first: the packages that a skip names are installed for it.
for python in ${PYTHON:-/usr/bin/python3 python3} none; do
	[ "$python" = none ] && break
	"$python" -c 'import pytest' 2>/dev/null && break
done
if [ "$python" = none ]; then
	echo "SKIP: $suite: no pytest: apt-get install python3-pytest"
	exit 77
fi

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# What suites import: the fixtures, what boots virtual machines, and what fills them with Debian.
tests=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$tests/support:$tests/kms:$tests/packages
# Nothing is written beside the sources: they may be read-only (make distcheck).
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider -rsfE --tb=short --color=no \
	--rootdir="$(dirname "$suite")" "$suite" | tee "$output"
status=${PIPESTATUS[0]}
last=$(tail -n 1 "$output")
case $status:$last in
0:*" passed"*) exit 0 ;;
0:*" skipped"* | 5:*" skipped"*) exit 77 ;; # 5: not one was collected
5:*) echo "FAIL: $suite: no case was collected" && exit 1 ;;
*) exit "$status" ;;
esac
