#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles by itself, in every language that mural-plugin(7) names,
# without a warning; and so does a plugin that uses what is inline.  One whose config does not
# fit its options does not.
set -u
export LC_ALL=C
: "${top_srcdir:?make check sets it}"
bad=0 missing='' compiled=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

complain() {
	echo "FAIL: $*"
	bad=1
}

# ---- what is compiled: each header alone, twice, and all of them with a plugin
for header in "$top_srcdir"/include/mural/*.h; do
	name=$(basename "$header")
	printf '#include <mural/%s>\n#include <mural/%s>\nextern int unused;\n' "$name" "$name" \
		>"$scratch/${name%.h}.c"
	echo "#include <mural/$name>"
done >"$scratch/all.h"
cat >"$scratch/plugin.c" <<'C'
#include "all.h"

struct config {
	bool flag;
	int64_t number;
	uint64_t bytes, duration;
	uint32_t colour, choice;
	const char *text, *address;
	struct mural_point point;
	struct mural_dimensions size;
	const char *const *list;
};

static const struct mural_option options[] = {
	MURAL_BOOL(struct config, flag, "no", "help"),
	MURAL_NUMBER(struct config, number, "10", NULL, 0, 99, "help"),
	MURAL_BYTES(struct config, bytes, "64K", "help"),
	MURAL_DURATION(struct config, duration, "30s", "help"),
	MURAL_COLOUR(struct config, colour, "#000000", "help"),
	MURAL_CHOICE(struct config, choice, "mix", "mix ignore", "help"),
	MURAL_TEXT(struct config, text, "", "help"),
	MURAL_ADDRESS(struct config, address, "", "help"),
	MURAL_POINT(struct config, point, "0,0", "help"),
	MURAL_DIMENSIONS(struct config, size, "8x8", NULL, "help"),
	MURAL_LIST(struct config, list, "a b", NULL, "help"),
#ifdef __cplusplus
	{},
#else
	{ 0 },
#endif
};

static ssize_t
feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data, size_t len)
{
	struct mural_batch batch;
	uint32_t n = 0, argb = 0xff000000, row[2] = { 0xff000000, 0xffffffff };
	const struct mural_view view = mural_view_of(brush->width, brush->height);
	const struct mural_rate rate = { 1000, 1 };
	struct mural_bucket bucket = { 0, 0 };
	uint64_t tiles[4] = { 0, 0, 0, 0 };
	uint32_t tile = 0, x = 0, end = 0;

	(void)data;
	mural_prefetch(brush, 0, 0);
	if (mural_get(brush, 0, 0, &argb))
		mural_put(brush, 0, 0, mural_blend(argb, 0x80ffffff));
	n = mural_batch_put(brush, &batch, n, 1, 1, argb);
	mural_batch_flush(brush, &batch, n);
	mural_row(brush, 0, 0, 2, row);
	mural_fill(brush, 0, 0, 2, 2, argb);
	mural_discard(brush, MURAL_MALFORMED, 1);
	mural_log(conn->host, MURAL_DEBUG, "%u", (unsigned)MURAL_TILE);
	mural_bucket_refill(&bucket, &rate, mural_now_ms());
	if (!mural_bucket_consume(&bucket, &rate, 1))
		return -1;
	mural_tiles_add_all(&view, tiles);
	mural_tiles_remove(tiles, 0);
	if (mural_tiles_next(&view, tiles, &tile))
		argb = mural_tile_rect(&view, tile).x;
	if (mural_tiles_next_run(&view, tiles, 0, &x, &end))
		return -1;
	return (ssize_t)len;
}

#ifndef __cplusplus
const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "all",
	.summary = "a table as C writes it",
	.transports = MURAL_STREAM | MURAL_DATAGRAM,
	.options = options,
	.config_size = sizeof(struct config),
	.feed = feed,
};
#else
static constexpr struct mural_plugin
table()
{
	struct mural_plugin plugin = {};

	plugin.abi = MURAL_ABI;
	plugin.size = sizeof(plugin);
	plugin.name = "all";
	plugin.summary = "a table as C++ writes it";
	plugin.transports = MURAL_STREAM | MURAL_DATAGRAM;
	plugin.options = options;
	plugin.config_size = sizeof(struct config);
	plugin.feed = feed;
	return plugin;
}

constexpr struct mural_plugin mural_plugin = table();

#if __cplusplus >= 202002L
/* The members that are not named are zero, on purpose. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
extern const struct mural_plugin short_plugin;
const struct mural_plugin short_plugin = {
	MURAL_PLUGIN,
	.name = "all",
	.summary = "a table as C++20 can write it too",
	.transports = MURAL_STREAM,
	.feed = feed,
};
#endif
#endif
C
# a number in a field of 32 bits, which would be written beyond its end
mkdir "$scratch/bad"
cat >"$scratch/bad/narrow.c" <<'C'
#include <mural/options.h>

struct config {
	int number;
};

extern const struct mural_option option;
const struct mural_option option = MURAL_NUMBER(struct config, number, "1", NULL, 0, 9, "help");
C

# ---- by whom
build() { # COMPILER LANGUAGE STANDARD FILE
	"$1" -x "$2" -std="$3" -Wall -Wextra -Wpedantic -Wshadow -Werror -fPIC -O1 \
		-I"$top_srcdir/include" -c "$4" -o "$scratch/object"
}
compile() { # COMPILER LANGUAGE STANDARD PACKAGE
	local file
	command -v "$1" >/dev/null || {
		echo "no $1: apt-get install $4"
		[[ " $missing " = *" $4 "* ]] || missing="$missing $4"
		return
	}
	for file in "$scratch"/*.c; do
		build "$1" "$2" "$3" "$file" || complain "$1 -std=$3: $(basename "$file")"
		compiled=$((compiled + 1))
	done
	build "$1" "$2" "$3" "$scratch/bad/narrow.c" 2>/dev/null &&
		complain "$1 -std=$3: takes a field of another type than its option's"
}
for standard in c11 c17; do
	compile gcc c $standard gcc
	compile clang c $standard clang
done
for standard in c++17 c++20; do
	compile g++ c++ $standard g++
	compile clang++ c++ $standard clang
done

# This test notices what it is for.
echo 'static int unused(void) { return 1; }' >"$scratch/bad/unused.c"
if command -v gcc >/dev/null && build gcc c c11 "$scratch/bad/unused.c" 2>/dev/null; then
	complain "a warning goes unnoticed"
fi

[ "$bad" = 0 ] || exit 1
echo "compiled $compiled times, without a warning"
[ -z "$missing" ] && exit 0
echo "SKIP: tests/headers.sh: not with every compiler: apt-get install$missing"
exit 77
