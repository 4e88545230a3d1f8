#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# muralctl's completion in fish, asked for by fish's own command.
set -u
# shellcheck source=tests/support/completes.sh
. "${abs_top_srcdir:?make check sets it}/tests/support/completes.sh"
needs_shell fish
enter_scratch

propose() {
	fish --no-config -c "source $abs_top_srcdir/etc/fish-completion/muralctl.fish; complete -C '$1'" | cut -f 1
}

completes_everywhere
completes watch "muralctl "
completes none "muralctl nothing"
completes none "muralctl paint b"
finish
