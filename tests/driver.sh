#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs one test for automake, as its own test-driver does, and adds to the .trs file how long it took
# and how long it computed, in seconds, for tests/tally.sh:
#
#   driver.sh TEST-DRIVER OPTIONS... -- COMMAND...
set -u
start=${EPOCHREALTIME//[!0-9]/} # the decimal sign is the locale's
sh "$@" || exit
while [ "$1" != --trs-file ]; do shift; done
took=$((${EPOCHREALTIME//[!0-9]/} - start))
times=$(mktemp) # not in the build folder, which make distdir may be copying
times >"$times" # no pipe: it is about this shell
# the second line is of the processes it waited for: 0m1.234s 0m0.567s
computed=$(tr , . <"$times" | LC_ALL=C awk -F'[ms ]+' 'NR == 2 { printf "%.1f", $1 * 60 + $2 + $3 * 60 + $4 }')
rm "$times"
printf ':took: %d.%d %s\n' $((took / 1000000)) $((took / 100000 % 10)) "$computed" >>"$2"
