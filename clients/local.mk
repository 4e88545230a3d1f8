# SPDX-License-Identifier: MIT
# libmuralctl.la is everything but main(), for the program and for the tests.  It shares a few
# files with the plugins, and with src/ what reads recordings, as plugins see it.
noinst_LTLIBRARIES += libmuralctl.la
libmuralctl_la_SOURCES = %D%/clock.c %D%/clock.h %D%/driver-icmp.c \
	%D%/driver-ipv6.c %D%/driver-p2.c %D%/driver-pixelflut.c %D%/driver.c %D%/driver.h \
	%D%/echo.c %D%/echo.h %D%/film.c %D%/film.h %D%/film-frame.c %D%/film-live.c \
	%D%/film-out.c %D%/film-record.c %D%/frames.c %D%/frames.h %D%/frames-scale.c %D%/grab.c %D%/image.c %D%/image.h %D%/load.c %D%/options.c %D%/options.h \
	%D%/paint.c %D%/painting.c %D%/painting.h %D%/stats.c %D%/pixelflut.c %D%/pixelflut.h %D%/console.c %D%/console.h %D%/stream.c \
	%D%/stream.h %D%/target.c %D%/target.h %D%/wall-ask.c %D%/wall-file.c %D%/wall-grab.c %D%/wall-show.c %D%/wall-top.c %D%/wall.c %D%/wall.h %D%/watch.c \
	%D%/random.h plugins/ping/address-template.c \
	plugins/ping/address-template.h plugins/p2/wire.h \
	src/storage/history.c src/storage/history-format.c src/storage/history-picture.c
if WITH_HTTP_CLIENT
libmuralctl_la_SOURCES += %D%/driver-http.c %D%/driver-http-canvas.c %D%/driver-http-metrics.c %D%/film-http.c %D%/driver-http.h %D%/json-client.c %D%/json-client.h
HTTP_CLIENT = -DWITH_HTTP_CLIENT
else
libmuralctl_la_SOURCES += %D%/driver-http-none.c
endif
if WITH_JPEG
libmuralctl_la_SOURCES += %D%/frames-jpeg.c
JPEG_CLIENT = -DWITH_JPEG
endif
if WITH_TYPE
libmuralctl_la_SOURCES += %D%/frames-text.c src/hud/faces.c src/base/log.c
else
libmuralctl_la_SOURCES += %D%/frames-no-text.c
endif
if WITH_GIF
libmuralctl_la_SOURCES += %D%/frames-gif.c
GIF_CLIENT = -DWITH_GIF
endif
if WITH_WEBP
libmuralctl_la_SOURCES += %D%/frames-webp.c
WEBP_CLIENT = -DWITH_WEBP
endif
libmuralctl_la_CPPFLAGS = $(AM_CPPFLAGS) -DVERSION='"$(PACKAGE_VERSION)"' $(HTTP_CLIENT) $(JPEG_CLIENT) \
	$(GIF_CLIENT) $(WEBP_CLIENT)
libmuralctl_la_LIBADD = libpicture.la libtext.la $(CURL_LIBS) $(JANSSON_LIBS) $(JPEG_LIBS) $(GIF_LIBS) $(WEBP_LIBS) \
	$(FREETYPE_LIBS) $(FRIBIDI_LIBS) -lm

bin_PROGRAMS += muralctl
muralctl_SOURCES = %D%/muralctl.c
muralctl_CPPFLAGS = $(libmuralctl_la_CPPFLAGS)
muralctl_LDADD = libmuralctl.la
