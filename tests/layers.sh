#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Who may include whom, and what may appear only where (HACKING.md, "Layers and fences").
# Every rule is first shown to catch a planted violation, then put to the tree.
set -u
export LC_ALL=C
bad=0

# ---- fences: what | where it may appear (space separated patterns) | extended regexp
fences='
libdrm | src/display-drm*.[ch] | #include <(xf86drm|drm|libdrm/)
dlopen | src/plugin*.c | #include <dlfcn\.h>
getopt and number parsing of settings | src/config*.c src/option*.c src/notify.c | #include <(getopt|ini)\.h>|\<(strto[a-z]+|ato[ilf]|sscanf|getopt(_long)?)\(
atomics | include/mural/brush.h src/canvas.c src/stats.[ch] plugins/http/sight.c | __atomic_|<stdatomic\.h>|\<_Atomic\>
locks | src/canvas.[ch] src/rations.[ch] src/quota.[ch] src/switches.c src/worker.[ch] src/display*.[ch] src/hud.c plugins/http/store*.[ch] plugins/http/errand.[ch] plugins/http/film.c | pthread_(mutex|rwlock|cond|spin)_|uv_(mutex|rwlock|cond|sem)_
threads | src/thread.c plugins/http/store.c plugins/http/errand.c plugins/http/film.c | \<(pthread|uv_thread)_create
libpcap | plugins/* | #include <pcap
libqrencode | src/hud-qr.c | #include <qrencode\.h>
libpng | src/picture.c plugins/http/pictures.c | #include <png\.h>
zlib | src/record-*.c src/history.c plugins/http/live.c plugins/http/pictures.c | #include <zlib\.h>
libuv | src/* plugins/* | #include <uv\.h>
bounds checks on a brush | include/mural/brush.h | [^-]>=? *[a-z_>.-]*brush(->|\.)(width|height)
'

# ---- layers of src/: a file includes only what stands on a lower line, or its own subject
layers='
1 log util thread folder address sender font holder report nearest option config
2 canvas history plugin stats
3 quota rations rights switches worker conn dgram listener source resident invite ingest | chore display hud scale uevent picture record snapshot notify
4 wall caption doctor testcard
5 main reload
'

complain() {
	echo "FAIL: $*"
	bad=1
}

allowed() { # FILE PATTERNS
	local patterns pattern
	read -ra patterns <<<"$2"
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2254 # a pattern on purpose
		case $1 in $pattern) return 0 ;; esac
	done
	return 1
}

includes() { # FILE: what it includes, with its quotes or brackets
	sed -nE 's/^#include +(["<].*[">]).*/\1/p' "$1"
}

sources() {
	find src plugins include -name '*.[ch]' 2>/dev/null | sort
}

check_fences() {
	local line what where regexp file hits
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		what=${line%% | *} regexp=${line#* | }
		where=${regexp%% | *} regexp=${regexp#* | }
		hits=$(sources | xargs grep -lE "$regexp" /dev/null)
		for file in $hits; do
			allowed "$file" "$where" && continue
			complain "$file: $what; these belong into $where"
			grep -nE "$regexp" "$file"
		done
	done <<<"$fences"
}

# "LINE SIDE" of a file of src/, by its subject: the name up to the first dash or dot.
rank() {
	local subject
	subject=$(basename "$1")
	subject=${subject%.[ch]}
	awk -v subject="${subject%%-*}" '
		NF { side = 1 }
		{ for (i = 2; i <= NF; i++) {
			if ($i == "|") side = 2
			if ($i == subject) { print $1, side; exit }
		} }' <<<"$layers"
}

same_subject() {
	local a b
	a=$(basename "${1%.[ch]}") b=$(basename "${2%.[ch]}")
	[ "${a%%-*}" = "${b%%-*}" ]
}

check_layers() {
	local file include from to
	for file in $(find src -name '*.[ch]' 2>/dev/null | sort); do
		from=$(rank "$file")
		[ -n "$from" ] || complain "$file: in no layer; give it a place in tests/layers.sh"
		for include in $(includes "$file" | sed -n 's/"//gp'); do
			[ -e "src/$include" ] || complain "$file: \"$include\" is not in src/"
			same_subject "$file" "$include" && continue
			to=$(rank "$include")
			if [ -z "$from" ] || [ -z "$to" ]; then
				continue
			elif [ "${to% *}" -gt "${from% *}" ]; then
				complain "$file: includes $include, a layer above"
			elif [ "${to% *}" = "${from% *}" ] && [ "${to#* }" != "${from#* }" ]; then
				complain "$file: includes $include, across from left to right hand"
			fi
		done
	done
}

check_outside() {
	local file include
	for file in $(find include -name '*.h' 2>/dev/null | sort); do
		for include in $(includes "$file"); do
			case $include in
			'<mural/'* | '<std'*.h'>' | '<sys/types.h>') ;;
			*) complain "$file: includes $include; public headers take C's and mural's only" ;;
			esac
		done
	done
	for file in $(find plugins -name '*.[ch]' 2>/dev/null | sort); do
		for include in $(includes "$file" | sed -n 's/"//gp'); do
			case $include in
			*/* | *..*) complain "$file: includes \"$include\"; only its neighbours, by name" ;;
			*) [ -e "$(dirname "$file")/$include" ] || [ -e "plugins/$include" ] ||
				complain "$file: includes \"$include\", which is not in plugins/" ;;
			esac
		done
	done
	# muralctl is a program of its own, to which the fences do not apply: it shares the
	# plugins' words for what is on the wire, and nothing else.
	for file in $(find clients -name '*.[ch]' 2>/dev/null | sort); do
		for include in $(includes "$file" | sed -n 's/"//gp'); do
			case $include in
			template.h | p2/codec.h) ;;
			*/*) complain "$file: includes \"$include\"; only its neighbours, by name" ;;
			*) [ -e "clients/$include" ] ||
				complain "$file: includes \"$include\", which is not in clients/" ;;
			esac
		done
	done
	# A source file names its own header first: proves that the header needs no other.
	for file in $(find src clients -name '*.c' 2>/dev/null | sort); do
		[ -e "${file%.c}.h" ] || continue
		include=$(includes "$file" | head -n 1)
		[ "$include" = "\"$(basename "${file%.c}.h")\"" ] ||
			complain "$file: includes $include before its own header"
	done
}

check_all() {
	check_fences
	check_layers
	check_outside
}

# ---- each rule against one planted violation
planted='
src/worker.c | #include <xf86drm.h>
src/worker.c | #include <drm_mode.h>
src/main.c | #include <dlfcn.h>
src/worker.c | 	n = strtoul(text, NULL, 10);
src/main.c | #include <getopt.h>
plugins/x.c | 	n = atoi(text);
src/worker.c | 	__atomic_store_n(&x, 1, __ATOMIC_RELAXED);
plugins/x.c | static _Atomic int x;
src/conn.c | 	pthread_mutex_lock(&lock);
src/conn.c | 	uv_mutex_lock(&lock);
plugins/x.c | 	uv_thread_create(&thread, run, NULL);
src/conn.c | #include <pcap/pcap.h>
src/canvas.c | #include <png.h>
src/display.c | #include <qrencode.h>
include/mural/brush.h | #include <uv.h>
plugins/x.c | 	if (x >= brush->width)
src/canvas.c | #include "worker.h"
src/worker.c | #include "display.h"
src/log.c | #include "canvas.h"
src/strange.c | /* no layer */
src/conn.c | #include "absent.h"
include/mural/brush.h | #include <unistd.h>
plugins/x.c | #include "../src/log.h"
plugins/x.c | #include "log.h"
src/worker.c | #include <stdio.h>\n#include "worker.h"
clients/x.c | #include "log.h"
clients/x.c | #include "../src/log.h"
'

plant() {
	local line file
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		file=${line%% | *}
		rm -rf "${tree:?}"/*
		mkdir -p "$tree"/src "$tree"/plugins "$tree"/clients "$tree"/include/mural
		touch "$tree"/src/{log,canvas,worker,conn,display}.h
		printf '%b\n' "${line#* | }" >"$tree/$file"
		(cd "$tree" && check_all >/dev/null && exit "$bad") &&
			complain "nobody noticed, in $file: ${line#* | }"
	done <<<"$planted"
}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
plant
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 1
check_all
[ "$bad" = 0 ] && echo "layers and fences hold: $(sources | wc -l) files"
exit "$bad"
