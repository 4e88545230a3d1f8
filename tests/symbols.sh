#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# murald exports exactly what the public headers declare; a plugin exports exactly mural_plugin, and
# has no writable globals, which threads would share.
set -u
export LC_ALL=C
: "${top_srcdir:?make check sets it}" "${top_builddir:?}"
bad=0
nm=${NM:-nm}
if [ -n "${sanitizer:-}" ]; then
	echo "SKIP: a sanitizer adds symbols of its own; build without --enable-sanitizer"
	exit 77
fi

complain() {
	echo "FAIL: $*"
	bad=1
}

exported() {
	$nm -D --defined-only "$1" | awk '{ print $NF }' | sort
}

# What the C runtime and the linker add to a program that exports anything, with copies of the C
# library's variables (NAME@VERSION).
runtime='@|^(_init|_fini|_start|__bss_start|_edata|_end|__data_start|data_start|_IO_stdin_used|main)$'

# mural_* functions that the public headers declare (mural_plugin is for plugins).
declared() {
	cat "$top_srcdir"/include/mural/*.h | tr '\n' ' ' |
		grep -oE 'MURAL(_[A-Z]+)?_EXPORT [^;#]*;' | grep -oE 'mural_[a-z_]+\(' | tr -d '(' | sort -u
}

murald=$top_builddir/murald
offered=$(exported "$murald" | grep -vE "$runtime")
[ -n "$offered" ] || complain "$murald exports nothing: -export-dynamic is missing"
different=$(diff <(declared) <(echo "$offered")) ||
	complain "$murald: < declared in include/mural, > exported" "$different"

plugins=0
for plugin in "$top_builddir"/.libs/*.so; do
	[ -e "$plugin" ] || continue
	plugins=$((plugins + 1))
	[ "$(exported "$plugin")" = mural_plugin ] ||
		complain "$plugin exports" "$(exported "$plugin" | tr '\n' ' ')"
	# name|value|class|type|size|line|section; what gcc puts into objects aside, such as what the
	# processor can, which it finds out before anything else runs
	writable=$($nm -f sysv "$plugin" | awk -F'|' '
		{ gsub(/ /, "") }
		($4 == "OBJECT" || $4 == "TLS") && $7 ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)(\.|$)/ &&
			$7 !~ /^\.data\.rel\.ro/ && $1 !~ /^(completed\.[0-9]+|__dso_handle|__TMC_END__|__cpu_model|__cpu_features2)$/ { print $1 }')
	[ -z "$writable" ] || complain "$plugin has writable globals:" "$writable"
done
[ "$plugins" -gt 0 ] || complain "no plugin in $top_builddir/.libs"

# This test must notice a violation.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/bad.c" <<'C'
int mural_plugin, extra;
static int counter;
int count(void) { return counter++; }
C
${CC:-cc} -shared -fPIC -o "$scratch/bad.so" "$scratch/bad.c" || complain "cannot compile"
[ "$(exported "$scratch/bad.so" | tr '\n' ' ')" = "count extra mural_plugin " ] ||
	complain "exported() is blind"
$nm -f sysv "$scratch/bad.so" | grep -qE '^counter .*OBJECT.*\.bss' ||
	complain "nm no longer says where a symbol lies"

[ "$bad" = 0 ] && echo "murald offers $(declared | wc -l) functions; $plugins plugins export their table only"
exit "$bad"
