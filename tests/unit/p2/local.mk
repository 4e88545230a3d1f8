# SPDX-License-Identifier: MIT
if WITH_P2
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-p2-broadcast %D%/test-p2-login %D%/test-p2-puts %D%/test-p2-shadow %D%/test-p2-users %D%/test-p2-wire
%C%_test_p2_broadcast_SOURCES = %D%/test-p2-broadcast.c plugins/p2/broadcast.c
%C%_test_p2_broadcast_CPPFLAGS = $(AM_CPPFLAGS)
%C%_test_p2_broadcast_LDADD = libp2.la libfair.la $(LDADD)
%C%_test_p2_login_LDADD = libp2.la $(LDADD)
%C%_test_p2_puts_LDADD = libp2.la $(LDADD)
%C%_test_p2_shadow_LDADD = libp2.la $(LDADD)
%C%_test_p2_users_LDADD = libp2.la $(LDADD)
%C%_test_p2_wire_SOURCES = %D%/test-p2-wire.c tests/fuzz/fuzz-p2.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_p2_wire_LDADD = libp2.la $(LDADD)
endif
endif
