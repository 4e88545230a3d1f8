# SPDX-License-Identifier: MIT
# What the daemon, the plugins and the client all need; it knows none of them.
noinst_LTLIBRARIES += libtext.la
libtext_la_SOURCES = %D%/address.c %D%/address.h %D%/base64.c %D%/base64.h %D%/digits.h %D%/fnv.h %D%/hash-salt.h \
	%D%/hex.h %D%/macros.h %D%/memory-left.c %D%/memory-left.h %D%/metric-name.h %D%/of-four.h %D%/peer-address.h \
	%D%/thread.h %D%/utf8.c %D%/utf8.h %D%/wall-verbs.c %D%/wall-verbs.h %D%/wrap.c %D%/wrap.h

# By itself, since the plugins that need no pictures are linked without libpng.
noinst_LTLIBRARIES += libpicture.la
libpicture_la_SOURCES = %D%/png.c %D%/png.h
libpicture_la_LIBADD = $(PNG_LIBS) $(ZLIB_LIBS)
