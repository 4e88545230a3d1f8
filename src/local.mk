# SPDX-License-Identifier: MIT
# libmurald.la is everything but main(), for the program and for the tests.
noinst_LTLIBRARIES += libmurald.la
libmurald_la_SOURCES =
libmurald_la_CPPFLAGS = $(AM_CPPFLAGS) -DVERSION='"$(PACKAGE_VERSION)"' -DBUILT_WITH='"$(BUILT_WITH)"' \
	-DSYSCONFDIR='"$(sysconfdir)"' -DLOCALSTATEDIR='"$(localstatedir)"' \
	-DDATADIR='"$(datadir)"' -DPLUGINDIR='"$(plugindir)"'
libmurald_la_LIBADD = libpicture.la libtext.la $(UV_LIBS) $(ZLIB_LIBS) $(DRM_LIBS) $(QR_LIBS) \
	$(JANSSON_LIBS) $(FREETYPE_LIBS) $(FRIBIDI_LIBS) -lm
include $(top_srcdir)/src/app/local.mk
include $(top_srcdir)/src/app/doctor/local.mk
include $(top_srcdir)/src/base/local.mk
include $(top_srcdir)/src/canvas/local.mk
include $(top_srcdir)/src/config/local.mk
include $(top_srcdir)/src/control/local.mk
include $(top_srcdir)/src/display/local.mk
include $(top_srcdir)/src/display/drm/local.mk
include $(top_srcdir)/src/hud/local.mk
include $(top_srcdir)/src/ingest/local.mk
include $(top_srcdir)/src/limits/local.mk
include $(top_srcdir)/src/plugin/local.mk
include $(top_srcdir)/src/storage/local.mk

# The daemon exports its mural_* functions to plugins; -u keeps those that it does not call itself.
sbin_PROGRAMS += murald
murald_SOURCES = %D%/main.c
murald_LDFLAGS = $(AM_LDFLAGS) -export-dynamic -Wl,-u,mural_version,-u,mural_send,-u,mural_history_open,-u,mural_state,-u,mural_text,-u,mural_ask,-u,mural_follow
murald_LDADD = libmurald.la
