#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sums up the test cases of one or more build trees from the logs of `make check`: the cases of a
# cmocka program or a pytest suite, 1 for a script.  Lists every failure, and every skip with its
# reason, tells which were run again by themselves (tests/again.sh), names the ten slowest with the time that they took and computed (tests/driver.sh), and ends
# with "N passed, N failed, N skipped".  Exit status 1 if one failed or none ran.
#
#   tally.sh BUILDDIR...
set -u
passed=0 failed=0 skipped=0 took=

# The number that pytest or cmocka prints for a word such as "passed", 0 without one.
pytest_count() {
	local n
	n=$(grep -oE "[0-9]+ $1" <<<"$2" | grep -oE '[0-9]+')
	echo "${n:-0}"
}
cmocka_count() {
	local n
	n=$(sed -nE "s/^\[ *$1 *\] ([0-9]+) test.*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }')
	echo "$n"
}

count_log() { # RESULT LOG: sets p f s
	local summary
	summary=$(grep -E '^=+ .*[0-9]+ (passed|failed|skipped|errors?).* in [0-9.]+' "$2" | tail -n 1)
	if [ -n "$summary" ]; then
		p=$(($(pytest_count passed "$summary") + $(pytest_count xfailed "$summary")))
		f=$(($(pytest_count failed "$summary") + $(pytest_count 'errors?' "$summary") +
			$(pytest_count xpassed "$summary")))
		s=$(pytest_count skipped "$summary")
	else
		p=$(cmocka_count PASSED "$2")
		f=$(cmocka_count FAILED "$2")
		s=$(cmocka_count SKIPPED "$2")
	fi
	# The exit status decides: a crash after the last good case is a failure.
	case $1 in
	PASS) [ $((p + f + s)) -gt 0 ] || p=1 ;;
	SKIP) [ "$s" -gt 0 ] || s=1 ;;
	*) [ "$f" -gt 0 ] || f=1 ;;
	esac
}

for tree; do
	while IFS= read -r trs; do
		result=$(sed -n 's/^:test-result: *//p' "$trs" | head -n 1)
		log=${trs%.trs}.log
		name=${log#"$tree"/}
		took+=$(sed -n "s#^:took: *#${name%.log} #p" "$trs")$'\n'
		p=0 f=0 s=0
		count_log "${result%% *}" "$log"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		[ "$f" = 0 ] || echo "FAILED: $log"
		[ ! -e "${log%.log}.first" ] ||
			echo "RAN AGAIN: $name failed beside the others, and is ${result%% *} by itself: ${log%.log}.first"
		[ "$s" = 0 ] || grep -E '^SKIP(PED)?\b' "$log" | grep -v ' tests/.*exit status' |
			sed "s#^#${name%.log}: #" || true
	done < <(find "$tree" -name '*.trs' ! -path '*/murald-*/*' | sort) # without those of make distcheck
done

sort -k 2 -rn <<<"$took" | awk 'NF == 3 && NR <= 10 { printf "%s took %s s, and computed %s s\n", $1, $2, $3 }'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
