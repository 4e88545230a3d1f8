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

# The hash of the script that stands in a page, as a policy names it.
script_hash() { # FILE
	printf '%b' "$(sed -n 's,^<script>\(.*\)</script>$,\1,p' "$1" | tr -d '\n' | sha256sum |
		awk '{
			for (i = 1; i < 64; i += 2) {
				high = index("123456789abcdef", substr($1, i, 1))
				printf "\\0%03o", high * 16 + index("123456789abcdef", substr($1, i + 1, 1))
			}
		}')" | base64
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

for file; do
	case $file in
	*/index.html) echo "const char page_script[] = \"'sha256-$(script_hash "$file")'\";" ;;
	esac
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
