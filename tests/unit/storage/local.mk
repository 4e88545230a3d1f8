# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-png %D%/test-record %D%/test-record-writer
%C%_test_png_SOURCES = %D%/test-png.c tests/fuzz/fuzz-snapshot.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_record_SOURCES = %D%/test-record.c tests/fuzz/fuzz-history.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
endif
