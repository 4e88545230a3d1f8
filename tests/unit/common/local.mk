# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-sendbuf
%C%_test_sendbuf_LDADD = libcommon.la $(LDADD)
endif
