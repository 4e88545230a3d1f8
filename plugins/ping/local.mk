# SPDX-License-Identifier: MIT
# libping.la is everything but the two plugins' tables, for the plugins and for the tests.
noinst_LTLIBRARIES += libping.la
libping_la_SOURCES = %D%/accelerate.c %D%/accelerate.h %D%/address-template.c %D%/address-template.h \
	%D%/answer-share.c %D%/answer-share.h %D%/capture.c \
	%D%/capture.h %D%/kernel-replies.c %D%/kernel-replies.h %D%/local-addrs.c \
	%D%/local-addrs.h %D%/ndp.c %D%/ndp.h %D%/packet.c %D%/packet.h %D%/pingxelflut.c \
	%D%/pingxelflut.h %D%/raw-reply.c %D%/raw-reply.h %D%/xdp/module.h %D%/xdp/shared.h
libping_la_LIBADD = libcommon.la $(PCAP_LIBS)

plugin_LTLIBRARIES += icmp.la ipv6.la
icmp_la_SOURCES = %D%/icmp.c
icmp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
icmp_la_LIBADD = libping.la

ipv6_la_SOURCES = %D%/ipv6.c
ipv6_la_LDFLAGS = $(PLUGIN_LDFLAGS)
ipv6_la_LIBADD = libping.la
include $(top_srcdir)/plugins/ping/xdp/local.mk
