#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Which folders may include which, and what may appear only in some files (HACKING.md, "Layers and
# fences").  Every rule must first catch a planted violation, then it is applied to the tree.
set -u
export LC_ALL=C
bad=0

# ---- fences: what | where it may appear (patterns) | extended regexp
fences='
libdrm | src/display/drm/* | #include <(xf86drm|drm|libdrm/)
dlopen | src/plugin/* src/base/libraries.c plugins/ping/accelerate.c | #include <dlfcn\.h>
getopt and number parsing (lib/digits.h reads digits) | src/config/* src/app/sd-notify.c | #include <getopt\.h>|\<(strto[a-z]+|ato[ilf]|sscanf|getopt(_long)?)\(
atomics | include/mural/brush.h src/canvas/* src/base/counters.[ch] plugins/pixelflut/vectors.h plugins/ping/xdp/* plugins/http/viewers/framediff.c | __atomic_|<stdatomic\.h>|\<_Atomic\>
locks | src/canvas/* src/limits/* src/plugin/said.[ch] src/plugin/sysctl.c src/ingest/worker.[ch] src/display/* src/hud/hud.c plugins/ping/xdp/* plugins/http/store/* plugins/http/viewers/worker.[ch] plugins/http/history/gif-job.[ch] | pthread_(mutex|rwlock|cond|spin)_|uv_(mutex|rwlock|cond|sem)_
threads | lib/thread.h plugins/http/viewers/worker.[ch] plugins/http/history/gif-job.c | \<(pthread|uv_thread)_create
libpcap | plugins/ping/* | #include <pcap
libbpf | plugins/ping/xdp/* | #include [<"](bpf/|pings\.skel)
libqrencode | src/hud/qr.c plugins/http/page/qr.c | #include <qrencode\.h>
FreeType and FriBidi | src/hud/faces.c | #include (FT_|<ft2build\.h>|<fribidi\.h>)
libpng | lib/png.c | #include <png\.h>
hiredis | plugins/link/redis.[ch] | #include <hiredis/
zstd | plugins/link/codec.c plugins/link/picture.c | #include <zstd\.h>
zlib | lib/png.c src/storage/* plugins/common/websocket-deflate.c plugins/http/page/index.c plugins/http/viewers/codec-*.c | #include <zlib\.h>
libuv | src/* plugins/* | #include <uv\.h>
bounds checks on a brush | include/mural/brush.h src/canvas/brush.c | [^-]>=? *[a-z_>.-]*brush(->|\.)(width|height)
'

# ---- folders, from the bottom up: a file may include its own folder, those on lower lines, and
# lib/, which includes nothing but itself.  Code left of the bar writes the canvas, code right of it
# reads it: neither includes the other.
ranks='
1 src/base
2 src/canvas src/config
3 src/limits src/plugin | src/hud src/storage
4 src/ingest | src/display
5 src/control | src/display/drm
6 src/app
7 src/app/doctor
8 src
1 plugins/common plugins/ping/xdp
2 plugins plugins/ping plugins/pixelflut plugins/p2 plugins/link plugins/http/web
3 plugins/http/store
4 plugins/http/board plugins/http/viewers plugins/http/socketio
5 plugins/http/history
6 plugins/http/ops plugins/http/page plugins/http/operator
7 plugins/http
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
# shellcheck disable=SC2016 # awk's own
quoted() { # FOLDER...: "FILE INCLUDE" for each that is in quotes
	find "$@" -name '*.[ch]' ! -name page-files.c 2>/dev/null | sort |
		xargs -r awk '/^#include +"/ { split($0, part, "\""); print FILENAME, part[2] }'
}

sources() {
	find lib src plugins include -name '*.[ch]' 2>/dev/null | sort
}

check_fences() {
	local line what where regexp file hits files
	mapfile -t files < <(sources)
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		what=${line%% | *} regexp=${line#* | }
		where=${regexp%% | *} regexp=${regexp#* | }
		hits=$(grep -lE "$regexp" /dev/null "${files[@]}")
		for file in $hits; do
			allowed "$file" "$where" && continue
			complain "$file: $what; these belong into $where"
			grep -nE "$regexp" "$file"
		done
	done <<<"$fences"
}

# "LINE SIDE" of each folder; a line without a bar has no sides.
declare -A places=()
while read -r line folders; do
	side=both
	[[ $folders != *'|'* ]] || side=left
	for folder in $folders; do
		if [ "$folder" = '|' ]; then
			side=right
		else
			places[$folder]="$line $side"
		fi
	done
done <<<"$ranks"

check_ranks() { # TOP: its files, which write their includes from there
	local top=$1 file include from to folder target
	for folder in $(find "$top" -name '*.[ch]' 2>/dev/null | sed 's,/[^/]*$,,' | sort -u); do
		[ -n "${places[$folder]:-}" ] || complain "$folder: in no layer; give it a place in tests/layers.sh"
	done
	while read -r file include; do
		folder=${file%/*} target=$top/$include
		target=${target%/*}
		case $include in
		*..*) complain "$file: \"$include\" leaves $top/" ;;
		lib/*)
			[ -e "$include" ] || complain "$file: \"$include\" is not there"
			continue
			;;
		*/*) ;;
		*)
			complain "$file: \"$include\" is not written from $top/"
			continue
			;;
		esac
		[ -e "$top/$include" ] || complain "$file: \"$include\" is not in $top/"
		[ "$target" = "$folder" ] && continue
		from=${places[$folder]:-} to=${places[$target]:-}
		if [ -z "$from" ] || [ -z "$to" ]; then
			continue
		elif [ "${to% *}" -ge "${from% *}" ]; then
			complain "$file: includes $include, which is not below it"
		elif [ "${from#* } ${to#* }" = "left right" ] || [ "${from#* } ${to#* }" = "right left" ]; then
			complain "$file: includes $include, across from left to right hand"
		fi
	done < <(quoted "$top")
}

check_outside() {
	local file include
	local -A first=()
	for file in $(find include -name '*.h' 2>/dev/null | sort); do
		for include in $(includes "$file"); do
			case $include in
			'<mural/'* | '<std'*.h'>' | '<sys/types.h>') ;;
			*) complain "$file: includes $include; public headers take C's and mural's only" ;;
			esac
		done
	done
	for file in $(find lib -name '*.[ch]' 2>/dev/null | sort); do
		for include in $(includes "$file" | grep -v '^<[^/]*>$\|^<\(arpa\|netinet\|sys\)/'); do
			case $include in
			'"lib/'*'"') [ -e "$(tr -d '"' <<<"$include")" ] ||
				complain "$file: includes $include, which is not there" ;;
			*) complain "$file: includes $include; lib/ includes nothing but itself" ;;
			esac
		done
	done
	# muralctl is a separate program, without fences: it uses lib/, and of the plugins only the
	# headers of the wire formats; and its text is that of murald's screens.
	while read -r file include; do
		case $include in
		ping/address-template.h | p2/wire.h | hud/faces.h | lib/*.h) ;;
		*/*) complain "$file: includes \"$include\"; only its neighbours, by name" ;;
		*) [ -e "clients/$include" ] ||
			complain "$file: includes \"$include\", which is not in clients/" ;;
		esac
	done < <(quoted clients)
	# A source file includes its own header first, which proves that the header is complete.
	while read -r file include; do
		[ -n "${first[$file]:-}" ] || first[$file]=$include
	done < <(quoted lib src plugins clients)
	for file in $(find lib src plugins clients -name '*.c' 2>/dev/null | sort); do
		[ -e "${file%.c}.h" ] || continue
		include=${first[$file]:-nothing}
		case ${file%.c}.h in
		"$include" | "${file%%/*}/$include" | "${file%/*}/$include") ;;
		*) complain "$file: includes $include before its own header" ;;
		esac
	done
}

check_all() {
	check_fences
	check_ranks src
	check_ranks plugins
	check_outside
}

# ---- each rule against one planted violation, in a file without a header, which breaks no other rule
planted='
src/ingest/x.c | #include <xf86drm.h>
src/display/x.c | #include <drm_mode.h>
src/main.c | #include <dlfcn.h>
src/ingest/x.c | 	n = strtoul(text, NULL, 10);
src/main.c | #include <getopt.h>
plugins/x.c | 	n = atoi(text);
src/ingest/x.c | 	__atomic_store_n(&x, 1, __ATOMIC_RELAXED);
plugins/x.c | static _Atomic int x;
src/ingest/x.c | 	pthread_mutex_lock(&lock);
src/ingest/x.c | 	uv_mutex_lock(&lock);
plugins/x.c | 	uv_thread_create(&thread, run, NULL);
src/ingest/x.c | #include <pcap/pcap.h>
src/canvas/x.c | #include <png.h>
src/display/x.c | #include <qrencode.h>
src/hud/x.c | #include <ft2build.h>
include/mural/brush.h | #include <uv.h>
plugins/x.c | 	if (x >= brush->width)
lib/x.c | #include <uv.h>
src/ingest/x.c | #include <bpf/libbpf.h>
plugins/x.c | #include <hiredis/hiredis.h>
plugins/x.c | #include <zstd.h>
src/ingest/x.c | #include <zlib.h>
src/canvas/x.c | #include "ingest/worker.h"
src/ingest/x.c | #include "display/display.h"
src/ingest/x.c | #include "hud/hud.h"
src/base/x.c | #include "canvas/canvas.h"
src/strange/x.c | /* no layer */
src/ingest/x.c | #include "ingest/absent.h"
src/ingest/x.c | #include "conn.h"
include/mural/brush.h | #include <unistd.h>
plugins/x.c | #include "../src/base/log.h"
plugins/x.c | #include "base/log.h"
plugins/ping/x.c | #include "http/http.h"
plugins/http/web/request.c | #include "http/http.h"
src/ingest/worker.c | #include "base/log.h"\n#include "ingest/worker.h"
clients/x.c | #include "log.h"
clients/x.c | #include "../src/base/log.h"
lib/x.c | #include "base/log.h"
lib/x.c | #include "lib/absent.h"
lib/x.c | #include <mural/plugin.h>
src/base/x.c | #include "lib/absent.h"
'

plant() {
	local line file
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		file=${line%% | *}
		rm -rf "${tree:?}"/*
		mkdir -p "$tree"/src/{base,canvas,ingest,display,hud,strange} "$tree"/plugins/{ping,http/web} \
			"$tree"/clients "$tree"/include/mural "$tree"/lib
		touch "$tree"/src/{base/log,canvas/canvas,ingest/worker,ingest/conn,display/display,hud/hud}.h \
			"$tree"/plugins/http/http.h
		printf '%b\n' "${line#* | }" >"$tree/$file"
		(cd "$tree" && check_all >/dev/null && exit "$bad") &&
			complain "not noticed in $file: ${line#* | }"
	done <<<"$planted"
}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
plant
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 1
check_all
[ "$bad" = 0 ] && echo "layers and fences hold: $(sources | wc -l) files"
exit "$bad"
