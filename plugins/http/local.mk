# SPDX-License-Identifier: MIT
# libhttp.la is everything but the plugin's table, for the plugin and for the tests.
if WITH_HTTP
noinst_LTLIBRARIES += libhttp.la
libhttp_la_SOURCES =
libhttp_la_CPPFLAGS = $(AM_CPPFLAGS) -DLOCALSTATEDIR='"$(localstatedir)"'
libhttp_la_LIBADD = libcommon.la libpicture.la libweb.la $(JANSSON_LIBS) $(SQLITE_LIBS) \
	$(GIF_LIBS) $(QR_LIBS) $(ZLIB_LIBS)
include $(top_srcdir)/plugins/http/web/local.mk
include $(top_srcdir)/plugins/http/board/local.mk
include $(top_srcdir)/plugins/http/store/local.mk
include $(top_srcdir)/plugins/http/socketio/local.mk
include $(top_srcdir)/plugins/http/viewers/local.mk
include $(top_srcdir)/plugins/http/history/local.mk
include $(top_srcdir)/plugins/http/ops/local.mk
include $(top_srcdir)/plugins/http/operator/local.mk
include $(top_srcdir)/plugins/http/page/local.mk

plugin_LTLIBRARIES += http.la
http_la_SOURCES = %D%/http.c
http_la_CPPFLAGS = $(libhttp_la_CPPFLAGS)
http_la_LDFLAGS = $(PLUGIN_LDFLAGS)
http_la_LIBADD = libhttp.la
endif
