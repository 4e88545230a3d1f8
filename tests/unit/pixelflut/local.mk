# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-pixelflut
%C%_test_pixelflut_SOURCES = %D%/test-pixelflut.c tests/fuzz/fuzz-pixelflut.c tests/fuzz/fuzz.c \
	tests/fuzz/fuzz.h $(pixelflut_la_SOURCES)
%C%_test_pixelflut_CPPFLAGS = $(AM_CPPFLAGS)
%C%_test_pixelflut_LDADD = $(pixelflut_la_LIBADD) $(LDADD)
endif
