#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fills in a .in file: @NAME@ becomes VALUE for each NAME=VALUE given, and a line that is
# just @dots@ becomes the file named by dots=, escaped for mdoc.  A NAME that nobody
# filled in is an error.
#
#   fill-in.sh NAME=VALUE... <FILE.in >FILE
set -euo pipefail
edits=(-e '/^@dots@$/b') dots=
for pair; do
	case $pair in
	dots=*) dots=${pair#dots=} ;;
	*) edits+=(-e "s#@${pair%%=*}@#${pair#*=}#g") ;;
	esac
done

sed "${edits[@]}" | while IFS= read -r line; do
	if [ "$line" = @dots@ ]; then
		# The licence line is for the file, not for the page.
		sed -e '/SPDX-License-Identifier/d' -e 's/\\/\\e/g' -e "s/^[.']/\\\\\\&&/" "$dots"
	elif [[ $line =~ @[a-z]+@ ]]; then
		echo "fill-in.sh: nobody filled in: $line" >&2
		exit 1
	else
		printf '%s\n' "$line"
	fi
done
