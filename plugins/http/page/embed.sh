#!/bin/sh
# SPDX-License-Identifier: MIT
# Turns the page's files into C, plain and compressed: embed.sh FILE... >page-files.c
# Comments that are lines of scripts are left out: they are for who has the source.
set -eu

content() { # FILE
	case $1 in
	*.js) sed '2,${/^[[:space:]]*\/\/ /d;}' "$1" ;;
	*) cat "$1" ;;
	esac
}

array() { # NAME, of what is on stdin
	echo "static const unsigned char $1[] = {"
	od -An -v -tu1 | sed 's/  */,/g; s/^,//; s/$/,/'
	echo "};"
}

echo "/* SPDX-License-Identifier: MIT */"
echo "/* Made by embed.sh from the files in plugins/http/page. */"
echo '#include "http/page/page.h"'
number=0
for file; do
	content "$file" | array "file_$number"
	content "$file" | gzip -9n | array "gzip_$number"
	number=$((number + 1))
done

echo "const struct page_file page_files[] = {"
number=0
for file; do
	case $file in
	*.html) type="text/html; charset=utf-8" ;;
	*.css) type="text/css; charset=utf-8" ;;
	*.js) type="text/javascript; charset=utf-8" ;;
	*.json) type="application/json" ;;
	*.svg) type="image/svg+xml" ;;
	*.webmanifest) type="application/manifest+json" ;;
	*) echo "embed.sh: $file: of what type is it?" >&2 && exit 1 ;;
	esac
	tag=$(cksum <"$file" | tr ' ' -)
	echo "{ \"${file##*/}\", \"$type\", {"
	echo "{ \"\\\"$tag\\\"\", file_$number, sizeof(file_$number) },"
	echo "{ \"\\\"$tag-gzip\\\"\", gzip_$number, sizeof(gzip_$number) } } },"
	number=$((number + 1))
done
echo "{ 0 },"
echo "};"
