# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-config %D%/test-option

# its own copy of what reads the files, to look for them in the folder it works in
%C%_test_config_SOURCES = %D%/test-config.c tests/support/config-run.c tests/support/config-run.h \
	tests/fuzz/fuzz-config.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h \
	src/config/config.c src/config/args.c
%C%_test_config_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"etc"' \
	-DLOCALSTATEDIR='"/var"' -DPLUGINDIR='"/usr/lib/murald"'
endif
