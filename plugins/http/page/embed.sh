#!/bin/sh
# SPDX-License-Identifier: MIT
# Turns the page's files into C: embed.sh FILE... >page-files.c
set -eu

echo "/* SPDX-License-Identifier: MIT */"
echo "/* Made by embed.sh from the files in plugins/http/page. */"
echo '#include "http/page/page.h"'
number=0
for file; do
	echo "static const unsigned char file_${number}[] = {"
	od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
	echo "};"
	number=$((number + 1))
done

echo "const struct page_file page_files[] = {"
number=0
for file; do
	case $file in
	*.html) type="text/html; charset=utf-8" ;;
	*.css) type="text/css; charset=utf-8" ;;
	*.js) type="text/javascript; charset=utf-8" ;;
	*.svg) type="image/svg+xml" ;;
	*) echo "embed.sh: $file: of what type is it?" >&2 && exit 1 ;;
	esac
	tag=$(cksum <"$file" | tr ' ' -)
	echo "{ \"${file##*/}\", \"$type\", \"\\\"$tag\\\"\", file_$number, sizeof(file_$number) },"
	number=$((number + 1))
done
echo "{ 0 },"
echo "};"
