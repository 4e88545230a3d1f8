# SPDX-License-Identifier: MIT
# libp2.la is everything but the plugin's table and sockets, for the plugin and for the tests.
if WITH_P2
noinst_LTLIBRARIES += libp2.la
libp2_la_SOURCES = %D%/block.c %D%/block.h %D%/login.c %D%/login.h %D%/otp-replay.c %D%/otp-replay.h \
	%D%/otpauth.c %D%/otpauth.h \
	%D%/parser.c %D%/parser.h %D%/puts.c %D%/puts.h %D%/shadow.c %D%/shadow.h %D%/subscription.c %D%/subscription.h \
	%D%/users.c %D%/users.h %D%/wire.h
libp2_la_LIBADD = libcommon.la $(OATH_LIBS)

plugin_LTLIBRARIES += p2.la
p2_la_SOURCES = %D%/broadcast.c %D%/broadcast.h %D%/p2.h %D%/peer.c %D%/peer.h \
	%D%/plugin.c %D%/transport-stream.c %D%/transport-stream.h
p2_la_LDFLAGS = $(PLUGIN_LDFLAGS)
p2_la_LIBADD = libp2.la
if WITH_WEB
p2_la_SOURCES += %D%/transport-websocket.c %D%/websocket-client.c %D%/websocket-client.h
p2_la_LIBADD += libweb.la
else
p2_la_SOURCES += %D%/transport-no-websocket.c
p2_la_LIBADD += libfair.la
endif
endif
