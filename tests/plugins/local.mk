# SPDX-License-Identifier: MIT
# a plugin that uses what murald offers, which test_host.py loads
check_LTLIBRARIES += %D%/probe.la
%C%_probe_la_SOURCES = %D%/probe.c
%C%_probe_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_host.py

# plugins as strangers build them, with pkg-config, and tables of other sizes
TESTS += %D%/test_crash.py %D%/test_evenings.py %D%/test_examples.py %D%/test_tables.py
check_PROGRAMS += %D%/frozen
%C%_frozen_SOURCES = %D%/frozen.c %D%/frozen.h
%C%_frozen_LDADD =
EXTRA_DIST += %D%
