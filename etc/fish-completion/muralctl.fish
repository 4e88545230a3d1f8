# SPDX-License-Identifier: MIT
# Completes muralctl(1) in fish: what its --help names, and files and targets in their places.

# What is there to propose for the word at the cursor.
function __muralctl_propose
	set -l words (commandline -opc)
	set -l program $words[1]
	set -l word (commandline -ct)
	set -l previous $words[-1]
	set -e words[1]
	if test "$words[1]" = wall
		__muralctl_propose_wall $program $previous $word
		return
	end

	# The arguments before the cursor: the verb and what follows it.
	set -l arguments
	set -l skip no
	for one in $words
		if test $skip = yes
			set skip no
		else if contains -- $one --loop --help --version
		else if string match -q -- '--*' $one
			set skip yes
		else
			set -a arguments $one
		end
	end

	if test "$previous" = --order
		printf '%s\n' rows random
	else if test "$previous" = --digits
		printf '%s\n' hex decimal
	else if string match -q -- '-*' $word
		$program --help 2>/dev/null | string match -ar -- '--[a-z]+' | sort -u
	else if test $skip = yes # the value of an option: nothing to propose
	else
		switch "$arguments[1]:"(count $arguments)
			case ':0'
				$program --help 2>/dev/null | string replace -fr '^[a-z: ]*muralctl ([a-z]+) .*' '$1'
			case 'paint:1'
				__muralctl_files $word png jpg jpeg gif webp
			case 'grab:2'
				__muralctl_files $word png
			case 'film:2'
				__muralctl_files $word mp4 webm y4m
			case 'paint:2' 'text:2' 'fill:2' 'load:1' 'size:1' 'watch:1' 'grab:1' 'film:1' 'stats:1'
				printf '%s\n' icmp:// ipv6:// p2:// http:// https:// pixelflut:// unix:
		end
	end
end

# The verbs of operators, which its own --help names.
function __muralctl_propose_wall -a program previous word
	if contains -- $previous -u -t
	else if test "$previous" = -S
		__fish_complete_path $word
	else if string match -q -- '-*' $word
		printf '%s\n' -S -u -t
		$program wall --help 2>/dev/null | string match -ar -- '--[a-z]+' | sort -u
	else if string match -q -- '--*' $previous
	else if contains -- $previous grab paint protect
		__muralctl_files $word png
	else
		$program wall --help 2>/dev/null | string replace -fr '^  ([a-z]+).*' '$1'
	end
end

# Files with one of these endings, and folders.
function __muralctl_files -a word
	for path in (__fish_complete_path $word)
		set -l name (string split -f 1 \t -- $path)
		if string match -q '*/' -- $name
			echo $name
		else if contains -- (string replace -r '.*\.' '' -- $name) $argv[2..]
			echo $name
		end
	end
end

complete -c muralctl -f -a '(__muralctl_propose)'
