# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-target
%C%_test_target_LDADD = libmuralctl.la $(CMOCKA_LIBS)
endif
