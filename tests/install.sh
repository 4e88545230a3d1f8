#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make install with DESTDIR, as a packager does; a plugin built outside the tree with nothing but
# pkg-config, which the installed murald must load; and make uninstall, which must leave nothing.
set -eu
export LC_ALL=C
: "${top_srcdir:?make check sets it}" "${top_builddir:?}" "${bindir:?}" "${sbindir:?}" "${libdir:?}"
: "${includedir:?}" "${mandir:?}" "${sysconfdir:?}" "${plugindir:?}"
: "${datadir:?}" "${prefix:?}" "${systemdsystemunitdir?}"
unset MAKEFLAGS MAKELEVEL MFLAGS
if [ -n "${sanitizer:-}" ]; then
	echo "SKIP: a plugin without the sanitizer does not load; build without --enable-sanitizer"
	exit 77
fi
build=$(cd "$top_builddir" && pwd)
source=$(cd "$top_srcdir" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dest=$scratch/dest

fail() {
	echo "FAIL: $*"
	exit 1
}

${MAKE:-make} -s -C "$build" install DESTDIR="$dest" >"$scratch/log" 2>&1 ||
	{ cat "$scratch/log" && fail "make install DESTDIR=$dest"; }
(cd "$dest" && find . -type f | sort) >"$scratch/installed"

installed() {
	[ -e "$dest$1" ] || fail "not installed: $1"
}
installed "$sbindir/murald"
installed "$plugindir/dots.so"
installed "$includedir/mural/plugin.h"
installed "$bindir/muralctl"
installed "$mandir/man1/muralctl.1"
installed "$mandir/man8/murald.8"
installed "$mandir/man5/murald.conf.5"
installed "$mandir/man7/mural-plugin.7"
installed "$sysconfdir/murald/murald.conf"
installed "$datadir/bash-completion/completions/murald"
installed "$datadir/bash-completion/completions/muralctl"
installed "$datadir/fish/vendor_completions.d/muralctl.fish"
installed "$datadir/zsh/site-functions/_muralctl"
if [ -n "$systemdsystemunitdir" ]; then
	installed "$systemdsystemunitdir/murald.service"
	installed "$systemdsystemunitdir/murald-console.service"
	installed "$systemdsystemunitdir/getty@tty1.service.d/murald.conf"
	installed "$prefix/lib/sysusers.d/murald.conf"
	installed "$prefix/lib/tmpfiles.d/murald.conf"
fi
[ -z "$(find "$dest" -name '*.la')" ] || fail "libtool's .la files are installed"
grep -rlE '@[a-z]+@' "$dest" --include='*.[1578]' --include='*.service' --include='*.pc' &&
	fail "something was not filled in"

# pkg-config as a plugin author calls it, but for the location of this copy.
pkgconf() {
	PKG_CONFIG_PATH=$dest$libdir/pkgconfig ${PKG_CONFIG:-pkg-config} \
		--define-variable=includedir="$dest$includedir" \
		--define-variable=plugindir="$dest$plugindir" "$@" murald
}
[ "$(PKG_CONFIG_PATH=$dest$libdir/pkgconfig ${PKG_CONFIG:-pkg-config} \
	--variable=plugindir murald)" = "$plugindir" ] || fail "murald.pc: plugindir is wrong"
[ "$(PKG_CONFIG_PATH=$dest$libdir/pkgconfig ${PKG_CONFIG:-pkg-config} --variable=plugin_abi murald)" = \
	"$(sed -n 's/^#define MURAL_ABI //p' "$source/include/mural/plugin.h")" ] || fail "murald.pc: plugin_abi is wrong"
mkdir "$scratch/author"
cd "$scratch/author"
sed 's/\.name = "dots"/.name = "specks"/' "$source/plugins/dots.c" >specks.c
# shellcheck disable=SC2046 # flags are words
${CC:-cc} -std=c11 -Wall -Wextra -Werror -shared -fPIC $(pkgconf --cflags) specks.c -o specks.so ||
	fail "an outside plugin does not compile"
cp specks.so "$(pkgconf --variable=plugindir)"

"$dest$sbindir/murald" --list-plugins -c "$dest$sysconfdir/murald/murald.conf" \
	-s server.plugin-path="$dest$plugindir" >"$scratch/list" 2>"$scratch/errors" ||
	{ cat "$scratch/list" "$scratch/errors" && fail "murald --list-plugins"; }
grep -q '^specks\b' "$scratch/list" || { cat "$scratch/list" && fail "murald did not list specks"; }
for plugin in "$dest$plugindir"/*.so; do
	grep -q "^$(basename "$plugin" .so)\b" "$scratch/list" ||
		{ cat "$scratch/list" "$scratch/errors" && fail "murald did not list $plugin"; }
done

# A second install must keep a changed config; uninstall must leave that and nothing else.
echo '# mine' >>"$dest$sysconfdir/murald/murald.conf"
rm "$dest$plugindir/specks.so"
${MAKE:-make} -s -C "$build" install DESTDIR="$dest" >"$scratch/log" 2>&1
grep -q '# mine' "$dest$sysconfdir/murald/murald.conf" || fail "make install overwrote murald.conf"
${MAKE:-make} -s -C "$build" uninstall DESTDIR="$dest" >"$scratch/log" 2>&1 || fail "make uninstall"
left=$(cd "$dest" && find . -type f)
[ "$left" = ".$sysconfdir/murald/murald.conf" ] || fail "make uninstall left:" "$left"
echo "installed $(wc -l <"$scratch/installed") files; a plugin from outside was built and loaded"
