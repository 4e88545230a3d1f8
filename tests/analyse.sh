#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis of what is installed: analyse.sh TOOL..., of cppcheck, gcc and clang-tidy; make
# analyse runs all three, tests/lint.sh the first.  Prints a line for each tool, and the findings.
# gcc and clang-tidy need $sources and the libraries' $flags.
# shellcheck disable=SC2317 # each tool's functions are called by their names
set -u
export LC_ALL=C.UTF-8
: "${top_srcdir:?make analyse sets it}"
[ $# -gt 0 ] || set -- cppcheck gcc clang-tidy
top_builddir=$(cd "${top_builddir:-.}" && pwd)
cd "$top_srcdir" && [ -d src ] || exit 1
bad=0 skipped=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# False positives: tool | file | check | why
exceptions=$(cat <<'END'
cppcheck | plugins/http/viewers/codec-live.c | memleak | frame_add() takes over whichever of the two it is
cppcheck | plugins/common/sendbuf.h | syntaxError | TAILQ_HEAD() makes a struct without a name
cppcheck | plugins/http/board/fellows.c | uninitvar | TAILQ_FOREACH() sets it
cppcheck | plugins/http/history/lookup.c | uninitvar | TAILQ_FOREACH() sets it
cppcheck | plugins/link/join.c | uninitvar | TAILQ_FOREACH() sets it
cppcheck | plugins/link/reins.c | uninitvar | TAILQ_FOREACH() sets it
cppcheck | plugins/link/engine.h | ctuuninitvar | join.c sets it, by TAILQ_FOREACH()
cppcheck | plugins/ping/xdp/pings.bpf.c | unknownMacro | SEC() names a section
cppcheck | src/plugin/loader.c | nullPointer | _Generic() does not evaluate what it chooses by
clang-tidy | clients/pixelflut.c | bugprone-not-null-terminated-result | the text has no 0 at its end, says its header
clang-tidy | src/storage/history-format.c | bugprone-not-null-terminated-result | four bytes of a file, no text
clang-tidy | include/mural/brush.h | clang-analyzer-core.CallAndMessage | png_file_load() filled what snapshot.c paints
clang-tidy | plugins/http/history/gif-job.c | clang-analyzer-unix.Malloc | the link of the first waiter is job->waiters, which moves on
clang-tidy | plugins/http/board/fellows.c | clang-analyzer-unix.Malloc | TAILQ_REMOVE() moved the head of the list on
clang-tidy | plugins/link/flight.c | clang-analyzer-unix.Malloc | TAILQ_REMOVE() moved the head of the list on
clang-tidy | plugins/link/reins.c | clang-analyzer-unix.Malloc | TAILQ_REMOVE() moved the head of the list on
clang-tidy | plugins/http/ops/metrics.c | clang-analyzer-core.StackAddressEscape | the next family takes its place before it is looked at
clang-tidy | build/plugins/ping/xdp/pings.skel.h | clang-analyzer-unix.Malloc | bpftool wrote it
clang-tidy | plugins/ping/address-template.c | clang-analyzer-core.UndefinedBinaryOperatorResult | check_symbol() let digits pass and nothing else
clang-tidy | src/display/drm/output.c | clang-analyzer-core.NullDereference | output_has_next_backend() stops before the table's end
clang-tidy | src/app/privileges.c | clang-analyzer-core.uninitialized.Assign | errno is not 0 after a failure
clang-tidy | src/app/privileges.c | clang-analyzer-core.UndefinedBinaryOperatorResult | errno is not 0 after a failure
clang-tidy | src/app/privileges.c | clang-analyzer-core.CallAndMessage | errno is not 0 after a failure
clang-tidy | src/display/scale.c | clang-analyzer-optin.portability.UnixAPI | Linux's calloc(0) is not NULL
clang-tidy | src/app/test-card.c | clang-analyzer-optin.portability.UnixAPI | Linux's calloc(0) is not NULL
clang-tidy | src/base/host-address.c | clang-analyzer-security.insecureAPI.strcpy | both are ADDRESS_TEXT_MAX
clang-tidy | src/ingest/socket.c | clang-analyzer-security.insecureAPI.strcpy | its length was looked at
clang-tidy | src/plugin/sysctl.c | clang-analyzer-security.insecureAPI.strcpy | made in its length
clang-tidy | src/app/doctor/network.c | cert-err34-c | the kernel wrote these numbers, in their width
clang-tidy | src/app/sd-notify.c | cert-err34-c | systemd wrote these numbers
clang-tidy | clients/wall-ask.c | clang-analyzer-security.insecureAPI.strcpy | its length was looked at
clang-tidy | plugins/common/fair-queue.c | clang-analyzer-deadcode.DeadStores | only whether there was one counts
clang-tidy | plugins/common/sendbuf.c | clang-analyzer-optin.portability.UnixAPI | Linux's calloc(0) is not NULL
clang-tidy | plugins/http/web/holdings.c | clang-analyzer-core.NullDereference | without readers their number is 0
clang-tidy | plugins/pixelflut/line-shapes.c | bugprone-macro-parentheses | an initializer of an element has none
clang-tidy | src/app/doctor/ports.c | cert-env33-c | nft is of a table of tools
clang-tidy | src/app/doctor/privileges.c | cert-env33-c | the command is a constant
clang-tidy | src/hud/words.c | bugprone-suspicious-missing-comma | a sentence goes on in the next line
clang-tidy | src/base/procs.c | cert-err34-c | the kernel wrote these numbers, in their width
clang-tidy | src/canvas/owners-describe.c | bugprone-too-small-loop-variable | an id has 16 bits, and there are fewer
clang-tidy | src/canvas/owners-room.c | bugprone-too-small-loop-variable | an id has 16 bits, and there are fewer
clang-tidy | src/storage/history-picture.c | clang-analyzer-core.StackAddressEscape | zlib is told where to write before each call
clang-tidy | src/storage/history-picture.c | clang-analyzer-core.UndefinedBinaryOperatorResult | unpack() filled all of it, or was false
gcc | plugins/http/board/repaint-scan.c | analyzer-shift-count-overflow | it takes a vector for one of its numbers
gcc | plugins/http/page/page.c | analyzer-null-dereference | 404.html is one of the files
gcc | plugins/link/publish.c | analyzer-shift-count-overflow | it takes a vector for one of its numbers
gcc | plugins/p2/block.c | analyzer-shift-count-overflow | it takes a vector for one of its numbers
gcc | plugins/p2/puts.c | analyzer-shift-count-overflow | it takes a vector for one of its numbers
gcc | plugins/pixelflut/vectors-avx2.c | analyzer-use-of-uninitialized-value | the loop before it fills all of them
gcc | plugins/pixelflut/vectors-sse4.c | analyzer-use-of-uninitialized-value | the loop before it fills all of them
gcc | src/app/verbs-canvas.c | analyzer-possible-null-dereference | the loop ends where there is no mask
gcc | src/display/layout.c | analyzer-use-of-uninitialized-value | all of it is 0 at first
gcc | src/storage/history-picture.c | analyzer-use-of-uninitialized-value | unpack() filled all of it, or was false
gcc | src/display/screen.c | analyzer-use-of-uninitialized-value | scale_draw() returns the whole box
gcc | clients/driver-pixelflut.c | analyzer-use-of-uninitialized-value | pixelflut_command() wrote up to flood->len
END
)

# The versions of Debian 12 count: others have other findings, and other false positives.
versions='
cppcheck | 2.10
gcc | 12
clang-tidy | 14
'

field() { # TABLE TOOL: the second column
	sed -n "s/^$2 | //p" <<<"$1"
}

# ---- the tools: each prints "file:line:column: kind: text [check]" of the files named
settings=(-D_GNU_SOURCE '-DVERSION="0"' '-DBUILT_WITH="libuv=1"' '-DSYSCONFDIR="/etc"' '-DDATADIR="/usr/share"' '-DLOCALSTATEDIR="/var"' '-DPLUGINDIR="/plugins"'
	-Iinclude -Isrc -Iplugins -Itests -I. "-I$top_builddir")
# what bpftool writes is not ours
generated=(-isystem "$top_builddir/plugins/ping/xdp")
# shellcheck disable=SC2206 # words
libraries=(${flags:-})
at_once=$(nproc)
# How far clang-tidy follows a function.  Four times as far takes twice as long.
nodes=${MURALD_LONG:+40000}

cppcheck_version() {
	cppcheck --version | sed 's/^Cppcheck //'
}
cppcheck_look() {
	cppcheck -j "$at_once" --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--template='{file}:{line}:{column}: {severity}: {message} [{id}]' --template-location='' \
		"${settings[@]}" -D__linux__ "$@" 2>&1
}

gcc_version() {
	gcc -dumpversion
}
# gcc 12 takes for lost what a function hands over in a struct of its caller's, as every
# _init() does: 17 findings, none true.  LeakSanitizer watches over the tests for that.
gcc_look() {
	gcc -std=c11 -O2 -fanalyzer -Wno-analyzer-malloc-leak -fdiagnostics-path-format=none \
		-fno-diagnostics-show-caret -fno-diagnostics-show-cwe "${settings[@]}" "${generated[@]}" \
		${libraries[@]+"${libraries[@]}"} -c "$1" -o /dev/null 2>&1
}

clang_tidy_version() {
	clang-tidy --version | sed -n 's/.*version //p'
}
clang_tidy_look() {
	clang-tidy --quiet --config-file=.clang-tidy "$1" -- -std=c11 -Xclang -analyzer-config \
		-Xclang max-nodes="${nodes:-10000}" "${settings[@]}" "${generated[@]}" \
		${libraries[@]+"${libraries[@]}"} 2>/dev/null
}

# ---- what gcc and clang-tidy said of a file counts until the file, any header of ours or of no package,
# ---- a library's package, the tool or its arguments change; what no run has asked for in two weeks is forgotten
kept=${MURALD_CACHE:-$top_builddir}/analysed

# Those that no package has, where compilers look by themselves.
foreign_headers() {
	local folder folders
	IFS=: read -ra folders <<<"/usr/local/include:${CPATH:-}:${C_INCLUDE_PATH:-}"
	for folder in "${folders[@]}"; do
		[ ! -d "$folder" ] || find -L "$folder" -type f -print0
	done
}

# What it depends on, but for the file itself, as a name.
surroundings() { # TOOL
	{
		"$1" --version
		declare -f "${1//-/_}_look"
		printf '%s\n' "${settings[@]/#-I$top_builddir/}" ${libraries[@]+"${libraries[@]}"} "${nodes:-}"
		cat .clang-tidy
		find include src plugins clients lib -name '*.h' -exec sha256sum {} + | LC_ALL=C sort
		(cd "$top_builddir" && find plugins -name '*.skel.h' -exec sha256sum {} +)
		dpkg-query -W -f '${Package} ${Version}\n' '*-dev'
		foreign_headers | LC_ALL=C sort -z | xargs -0r sha256sum
	} | sha256sum | cut -c1-32
}
# Prints what the tool says of one file; of what fails nothing is kept, and is a finding itself: a tool
# that is killed, or breaks down, has found nothing.
look_once() { # TOOL FOLDER NAME FILE
	local said status=0 new=$2/$3.$BASHPID
	cat "$2/$3" 2>/dev/null && return
	said=$("${1//-/_}_look" "$4") || status=$?
	said=${said//"$PWD"\//}
	if [ "$status" != 0 ]; then
		findings <<<"$said" | grep -q ' error: ' || said+=$'\n'"$4:1: error: $1 ended with status $status"
	else
		printf '%s\n' "$said" >"$new" && mv "$new" "$2/$3"
	fi
	printf '%s\n' "$said"
}
look_at_each() { # TOOL HASHES: lines of sha256sum
	local tool=$1 folder hash file running=0 said=$work/said
	folder=$kept/$tool-$(surroundings "$tool")
	mkdir -p "$folder" "$said"
	touch "$folder"
	find "$kept" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} +
	while read -r hash file; do
		if [ "$running" = "$at_once" ]; then
			wait -n
		else
			running=$((running + 1))
		fi
		# not into one pipe, where those that speak at the same time cut each other's lines
		look_once "$tool" "$folder" "${file//\//+}-$hash" "$file" >"$said/${file//\//+}" &
	done <<<"$2"
	wait
	cat "$said"/*
	rm -r "$said"
}

# ---- findings
findings() {
	grep -E '^[^ :]+:[0-9]+(:[0-9]+)?: ([a-z]+ )?(error|warning|performance|portability): ' | sort -u
}
excused() { # TOOL FINDING
	local tool file check why
	while IFS='|' read -r tool file check why; do
		tool=${tool% } file=${file# } file=${file% } check=${check# } check=${check% }
		[ -n "$why" ] && [ "$tool" = "$1" ] && [[ $2 == "$file:"*"[$check]" || $2 == "$file:"*"[-W$check]" ]] && return
	done <<<"$exceptions"
	return 1
}

ask() { # TOOL
	local tool=$1 name=${1//-/_} seconds=$SECONDS wanted version line found=0 excepted=0 files look hashes
	if ! command -v "$tool" >/dev/null; then
		echo "SKIP: $tool: there is none: apt-get install $tool"
		skipped=1
		return
	fi
	version=$("${name}_version")
	wanted=$(field "$versions" "$tool")
	case $version in
	"$wanted" | "$wanted".*) ;;
	*)
		echo "SKIP: $tool: $version is not $wanted, which rules here: not asked"
		skipped=1
		return
		;;
	esac
	# it can see at all
	printf 'int planted(void);\nint\nplanted(void)\n{\n\tint *p = 0;\n\n\treturn *p;\n}\n' >"$work/planted.c"
	if ! "${name}_look" "$work/planted.c" | findings | grep -q planted; then
		echo "FAIL: $tool did not find the null pointer that was planted"
		bad=1
		return
	fi
	look=(cppcheck_look src plugins clients include)
	if [ "$tool" != cppcheck ]; then
		# shellcheck disable=SC2206,SC2207,SC2086 # words
		files=($(printf '%s\n' ${sources:?make analyse sets it} | grep -E '^(src|plugins|clients)/.*\.c$' |
			grep -v page-files | sort -u)) # that one is generated
		hashes=$(sha256sum "${files[@]}") || bad=1
		look=(look_at_each "$tool" "$hashes")
	fi
	while IFS= read -r line; do
		if excused "$tool" "$line"; then
			excepted=$((excepted + 1))
		else
			echo "$line"
			found=$((found + 1))
		fi
	done < <("${look[@]}" | findings)
	echo "$tool $version: $found findings, $excepted excepted, $((SECONDS - seconds)) s"
	[ "$found" = 0 ] || bad=1
}

for tool; do
	ask "$tool"
done
[ "$bad" = 0 ] || exit 1
[ "$skipped" = 0 ] && exit 0
exit 77
