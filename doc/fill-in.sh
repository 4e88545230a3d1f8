#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fills in a .in file: @NAME@ becomes VALUE for each NAME=VALUE given, and a line that is
# just @FILE@ for a FILE given becomes what is in it, escaped for mdoc; of its path, only
# the name counts.  A NAME that nobody filled in is an error.
#
#   fill-in.sh NAME=VALUE... FILE... <FILE.in >FILE
set -euo pipefail
edits=(-e '/^@[a-z]*\.[a-z]*@$/b')
declare -A files=()
for word; do
	case $word in
	*=*) edits+=(-e "s#@${word%%=*}@#${word#*=}#g") ;;
	*) files[@${word##*/}@]=$word ;;
	esac
done

sed "${edits[@]}" | while IFS= read -r line; do
	if [[ $line =~ ^@[a-z]+\.[a-z]+@$ && -n ${files[$line]:-} ]]; then
		# The licence line is for the file, not for the page.
		sed -e '/SPDX-License-Identifier/d' -e 's/\\/\\e/g' -e "s/^[.']/\\\\\\&&/" "${files[$line]}"
	elif [[ $line =~ @[a-z.]+@ ]]; then
		echo "fill-in.sh: nobody filled in: $line" >&2
		exit 1
	else
		printf '%s\n' "$line"
	fi
done
