# SPDX-License-Identifier: MIT
# plugins with something wrong, which test-plugin and tests/daemon load
check_LTLIBRARIES += %D%/blank.la %D%/hungry.la %D%/odd.la %D%/stillborn.la
%C%_blank_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_builddir)/%D%
%C%_hungry_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
%C%_odd_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%
%C%_stillborn_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)/%D%

check_PROGRAMS += %D%/test-plugins
%C%_test_plugins_LDFLAGS = $(AM_LDFLAGS) -export-dynamic -Wl,-u,mural_close,-u,mural_reject,-u,mural_reply,-u,mural_version,-u,mural_state,-u,mural_text,-u,mural_read_totals
%C%_test_plugins_LDADD = libmurald.la

if HAVE_CMOCKA
# All that murald offers has to be there, though the tests themselves call none of it.
ODD_FILES = %D%/odd-plugins.h tests/support/config-run.c tests/support/config-run.h
ODD_FLAGS = $(AM_LDFLAGS) -export-dynamic -Wl,-u,mural_close,-u,mural_publish,-u,mural_reject,-u,mural_reply,-u,mural_version,-u,mural_state,-u,mural_text,-u,mural_read_totals
ODD_NEEDS = %D%/blank.la %D%/hungry.la %D%/odd.la

check_PROGRAMS += %D%/test-plugin %D%/test-plugin-path %D%/test-plugin-table
%C%_test_plugin_SOURCES = %D%/test-plugin.c $(ODD_FILES)
%C%_test_plugin_LDFLAGS = $(ODD_FLAGS)
EXTRA_%C%_test_plugin_DEPENDENCIES = $(ODD_NEEDS)
%C%_test_plugin_path_SOURCES = %D%/test-plugin-path.c $(ODD_FILES)
%C%_test_plugin_path_LDFLAGS = $(ODD_FLAGS)
EXTRA_%C%_test_plugin_path_DEPENDENCIES = $(ODD_NEEDS)
%C%_test_plugin_table_SOURCES = %D%/test-plugin-table.c $(ODD_FILES)
%C%_test_plugin_table_LDFLAGS = $(ODD_FLAGS)
EXTRA_%C%_test_plugin_table_DEPENDENCIES = $(ODD_NEEDS)
endif
