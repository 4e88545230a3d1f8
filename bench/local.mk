# SPDX-License-Identifier: MIT
# make bench, explained in bench/README
EXTRA_PROGRAMS = %D%/addresses %D%/canvas %D%/icmpcount %D%/icmpgen %D%/ipv6count \
	%D%/pixelflut-flood %D%/pixelflut-parse %D%/pixelflut-steady %D%/scale %D%/tcpsink
%C%_addresses_SOURCES = %D%/addresses.c %D%/measure.h
%C%_addresses_LDADD = libping.la
%C%_canvas_SOURCES = %D%/canvas.c %D%/measure.h
%C%_canvas_LDADD = libmurald.la
%C%_icmpcount_SOURCES = %D%/icmpcount.c %D%/count.c %D%/count.h
%C%_icmpcount_LDADD = libping.la libmurald.la
%C%_icmpgen_SOURCES = %D%/icmpgen.c %D%/measure.h
%C%_icmpgen_LDADD = libping.la
%C%_ipv6count_SOURCES = %D%/ipv6count.c %D%/count.c %D%/count.h
%C%_ipv6count_LDADD = libping.la libmurald.la
%C%_pixelflut_flood_SOURCES = %D%/pixelflut-flood.c %D%/measure.h \
	%D%/pixelflut-script.c %D%/pixelflut-script.h
%C%_pixelflut_flood_LDADD =
%C%_pixelflut_parse_SOURCES = %D%/pixelflut-parse.c %D%/measure.h \
	%D%/pixelflut-script.c %D%/pixelflut-script.h $(pixelflut_la_SOURCES)
%C%_pixelflut_parse_CPPFLAGS = $(AM_CPPFLAGS)
%C%_pixelflut_parse_LDADD = libmurald.la $(pixelflut_la_LIBADD)
%C%_pixelflut_steady_SOURCES = %D%/pixelflut-steady.c %D%/measure.h
%C%_pixelflut_steady_LDADD =
%C%_scale_SOURCES = %D%/scale.c %D%/measure.h
%C%_scale_LDADD = libmurald.la
%C%_tcpsink_LDADD =

if WITH_XDP
EXTRA_PROGRAMS += %D%/xdpgen
%C%_xdpgen_SOURCES = %D%/xdpgen.c %D%/xdpgen.h %D%/measure.h
nodist_%C%_xdpgen_SOURCES = %D%/xdpgen.skel.h
%C%_xdpgen_CPPFLAGS = $(AM_CPPFLAGS) -isystem %D%
%C%_xdpgen_LDADD = libping.la $(BPF_LIBS)
$(%C%_xdpgen_OBJECTS): %D%/xdpgen.skel.h
endif
if WITH_P2
EXTRA_PROGRAMS += %D%/p2puts
%C%_p2puts_SOURCES = %D%/p2puts.c %D%/measure.h
%C%_p2puts_LDADD = libp2.la libmurald.la
endif
if WITH_HTTP
EXTRA_PROGRAMS += %D%/audience %D%/httpsink
%C%_audience_SOURCES = %D%/audience.c %D%/measure.h
%C%_audience_LDADD =
%C%_httpsink_LDADD = libweb.la libcommon.la $(UV_LIBS)
endif
EXTRA_DIST += %D%/README %D%/beside.py %D%/board.lua %D%/board.py %D%/growth.py %D%/instructions.py %D%/link.py \
	%D%/owners.py %D%/page.py %D%/pixelflut.py %D%/reins.py %D%/run.py %D%/timelapse.py %D%/viewers.py %D%/xdpings.py \
	%D%/xdpgen.bpf.c
CLEANFILES += $(EXTRA_PROGRAMS) bench.json %D%/xdpgen.bpf.o %D%/xdpgen.skel.h

bench: all $(EXTRA_PROGRAMS)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON_WITH_FIXTURES) $(srcdir)/%D%/run.py $(BENCH)
# A long run of everything at once; doc/soak.md keeps the report of one.
MINUTES = 30
soak: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON_WITH_FIXTURES) $(srcdir)/tests/soak.py $(MINUTES)
	SOAK_SECONDS=$$(awk 'BEGIN { print int($(MINUTES) * 60) }') $(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/kms/test_soak.py
# The same of linked walls, with faults at random.
soak-link: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON_WITH_FIXTURES) $(srcdir)/tests/link/soak.py $(MINUTES)
# Attacks on one wall, each for so long, and what others see of them; doc/hostile.md keeps the
# report of one.  CI runs a short form, tests/test_hostile.py.
SECONDS_EACH = 5
hostile: all $(check_LTLIBRARIES)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON_WITH_FIXTURES) $(srcdir)/tests/hostile/hostile.py $(SECONDS_EACH)
.PHONY: analyse bench check-cross check-deb check-kms coverage fuzz hostile pictures print-tests soak soak-link

