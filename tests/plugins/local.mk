# SPDX-License-Identifier: MIT
# a plugin that uses what murald offers, which test_host.py loads
check_LTLIBRARIES += %D%/probe.la
%C%_probe_la_SOURCES = %D%/probe.c
%C%_probe_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_host.py
EXTRA_DIST += %D%/test_host.py
