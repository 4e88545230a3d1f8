# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/typed-options.h
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-args %D%/test-config %D%/test-display %D%/test-file %D%/test-option \
	%D%/test-option-table %D%/test-output

# config.c and args.c once more, to look for the default files in the folder of the test
CONFIG_RUN = tests/support/config-run.c tests/support/config-run.h \
	src/config/config.c src/config/args.c
CONFIG_RUN_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"etc"' -DDATADIR='"share"' \
	-DLOCALSTATEDIR='"/var"' -DPLUGINDIR='"/usr/lib/murald"'
%C%_test_args_SOURCES = %D%/test-args.c $(CONFIG_RUN)
%C%_test_args_CPPFLAGS = $(CONFIG_RUN_CPPFLAGS)
%C%_test_config_SOURCES = %D%/test-config.c $(CONFIG_RUN)
%C%_test_config_CPPFLAGS = $(CONFIG_RUN_CPPFLAGS)
%C%_test_display_SOURCES = %D%/test-display.c tests/support/config-run.c tests/support/config-run.h
%C%_test_output_SOURCES = %D%/test-output.c tests/support/config-run.c tests/support/config-run.h
%C%_test_file_SOURCES = %D%/test-file.c tests/support/config-run.c tests/support/config-run.h \
	tests/fuzz/fuzz-config.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
endif
