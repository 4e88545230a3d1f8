# SPDX-License-Identifier: MIT
# libpixels.la is what is known of neither canvas nor engine, for the plugin and for the tests.
if WITH_LINK
noinst_LTLIBRARIES += libpixels.la
libpixels_la_SOURCES = %D%/codec.c %D%/codec.h %D%/picture.c %D%/picture.h
libpixels_la_LIBADD = $(ZSTD_LIBS)

plugin_LTLIBRARIES += link.la
link_la_SOURCES = %D%/engine.c %D%/engine.h %D%/engine-acts.c %D%/engine-log.c %D%/engine-private.h \
	%D%/engine-sentinel.c %D%/engine-share.c \
	%D%/engine-snapshot.c %D%/engine-words.c %D%/flight.c %D%/follow.c %D%/held.c %D%/join.c \
	%D%/join.h %D%/keeper.c %D%/link.c %D%/link.h %D%/publish.c %D%/redis.c %D%/redis.h \
	%D%/reins.c %D%/reins.h %D%/sharing.c \
	%D%/state.c %D%/window.c %D%/window.h
link_la_LDFLAGS = $(PLUGIN_LDFLAGS)
link_la_LIBADD = libpixels.la $(HIREDIS_SSL_LIBS) $(HIREDIS_LIBS) $(ZSTD_LIBS) $(JANSSON_LIBS)
endif
