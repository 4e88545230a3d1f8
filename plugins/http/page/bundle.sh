#!/bin/sh
# SPDX-License-Identifier: MIT
# Joins files of the page to one, for a slow line: bundle.sh FILE... >joined
# Either modules, those that others import first, each in a function so that its names stay
# its own; what none of them has is imported as before.  Or a page, and the style sheets that
# are to stand in it instead of links.
set -eu

modules() {
	awk '
	function module(path) { sub(/.*\//, "", path); return path }
	BEGIN {
		for (i = 1; i < ARGC; i++)
			inside[module(ARGV[i])] = 1
		entry = ARGV[ARGC - 1]
	}
	FNR == 1 { start() }
	/^import .* from "\.\// {
		split($0, part, "\"")
		if (!(module(part[2]) in inside) && !imported[$0]++)
			print
		next
	}
	{ sub(/^[ \t]+/, "") }
	/^\/\/ / || /^$/ { next }
	FILENAME != entry && sub(/^export /, "") {
		split($0, word, /[ (]+/)
		name = word[1] == "async" ? word[3] : word[2]
		names = names (names ? ", " : "") name
	}
	{ body = body $0 "\n" }
	END { start() }
	function start() {
		if (before != "" && before != entry)
			body = "const { " names " } = await (async () => {\n" body "return { " names " };\n})();\n"
		printf "%s", body
		before = FILENAME
		names = body = ""
	}' "$@"
}

# The link to each style sheet is its content, without comments and indentation.
page() { # FILE STYLE...
	awk '
	FILENAME ~ /\.css$/ {
		sub(/^[ \t]+/, "")
		if (/^\/\*/)
			comment = 1
		if (!comment && $0 != "")
			style[FILENAME] = style[FILENAME] $0 "\n"
		if (/\*\/$/)
			comment = 0
		next
	}
	/<link rel="stylesheet"/ {
		for (file in style) {
			split($0, part, "\"")
			name = part[4]
			sub(/.*\//, "", name)
			if (substr(file, length(file) - length(name)) == "/" name)
				$0 = "<style>\n" style[file] "</style>"
		}
	}
	{ print }' "$@"
}

for first; do break; done
case $first in
*.html)
	shift
	page "$@" "$first"
	;;
*) modules "$@" ;;
esac
