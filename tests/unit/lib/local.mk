# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-text
%C%_test_text_LDADD = libtext.la $(CMOCKA_LIBS)
endif
