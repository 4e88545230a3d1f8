# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/small-wall.h
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-png %D%/test-record %D%/test-record-damage %D%/test-record-writer \
	%D%/test-retention
%C%_test_png_SOURCES = %D%/test-png.c tests/fuzz/fuzz-snapshot.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_record_damage_SOURCES = %D%/test-record-damage.c tests/fuzz/fuzz-history.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
endif
