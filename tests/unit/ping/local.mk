# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-address-template %D%/test-answer-share %D%/test-icmp %D%/test-ndp %D%/test-packet \
	%D%/test-template-layouts %D%/test-xdp
%C%_test_address_template_SOURCES = %D%/test-address-template.c %D%/template-checks.h %D%/template-layouts.h \
	tests/fuzz/fuzz-ipv6.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_address_template_LDADD = libping.la $(LDADD)
%C%_test_answer_share_LDADD = libping.la $(LDADD)
%C%_test_icmp_SOURCES = %D%/test-icmp.c %D%/ping-packets.c %D%/ping-packets.h
%C%_test_icmp_LDADD = libping.la $(LDADD)
%C%_test_ndp_LDADD = libping.la $(LDADD)
%C%_test_packet_SOURCES = %D%/test-packet.c %D%/ping-packets.c %D%/ping-packets.h \
	tests/fuzz/fuzz-packet.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_packet_LDADD = libping.la $(LDADD)
%C%_test_template_layouts_SOURCES = %D%/test-template-layouts.c %D%/template-checks.h %D%/template-layouts.h
%C%_test_template_layouts_LDADD = libping.la $(LDADD)
%C%_test_xdp_SOURCES = %D%/test-xdp.c %D%/ping-packets.c %D%/ping-packets.h %D%/xdp-frames.c %D%/xdp-frames.h
%C%_test_xdp_LDADD = libping.la $(LDADD)
endif
