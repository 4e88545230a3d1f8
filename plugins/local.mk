# SPDX-License-Identifier: MIT
# Each plugin is one .so that exports mural_plugin only.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^mural_plugin$$'

plugin_LTLIBRARIES = dots.la
dots_la_SOURCES = %D%/dots.c
dots_la_LDFLAGS = $(PLUGIN_LDFLAGS)

include $(top_srcdir)/plugins/common/local.mk
include $(top_srcdir)/plugins/ping/local.mk
include $(top_srcdir)/plugins/pixelflut/local.mk
include $(top_srcdir)/plugins/p2/local.mk
include $(top_srcdir)/plugins/http/local.mk
include $(top_srcdir)/plugins/link/local.mk
