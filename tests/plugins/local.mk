# SPDX-License-Identifier: MIT
# a plugin that uses what murald offers, which test_host.py loads
check_LTLIBRARIES += %D%/probe.la
%C%_probe_la_SOURCES = %D%/probe.c
%C%_probe_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_host.py

# a plugin that sends and closes by itself
check_LTLIBRARIES += %D%/pusher.la
%C%_pusher_la_SOURCES = %D%/pusher.c
%C%_pusher_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_pusher.py

# a plugin that calls on the wrong thread
check_LTLIBRARIES += %D%/stray.la
%C%_stray_la_SOURCES = %D%/stray.c
%C%_stray_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_stray.py

# a plugin of which one callback fails, and the same as a service
check_LTLIBRARIES += %D%/failing.la %D%/failing-service.la
%C%_failing_la_SOURCES = %D%/failing.c
%C%_failing_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
%C%_failing_service_la_SOURCES = %D%/failing.c
%C%_failing_service_la_CPPFLAGS = $(AM_CPPFLAGS) -DSERVICE
%C%_failing_service_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_failing.py

# a plugin of somebody who did not read the manual, and the same as a service
check_LTLIBRARIES += %D%/careless.la %D%/careless-service.la
%C%_careless_la_SOURCES = %D%/careless.c
%C%_careless_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
%C%_careless_service_la_SOURCES = %D%/careless.c
%C%_careless_service_la_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) -DSERVICE
%C%_careless_service_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
TESTS += %D%/test_careless.py

# a plugin that says what its clients tell it to
check_LTLIBRARIES += %D%/teller.la
%C%_teller_la_SOURCES = %D%/teller.c
%C%_teller_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
if WITH_HTTP
TESTS += %D%/test_telling.py
endif

# plugins as strangers build them, with pkg-config, and tables of other sizes
TESTS += %D%/test_crash.py %D%/test_evenings.py %D%/test_examples.py %D%/test_tables.py
check_PROGRAMS += %D%/frozen
%C%_frozen_SOURCES = %D%/frozen.c %D%/frozen.h
%C%_frozen_LDADD =
EXTRA_DIST += %D%
