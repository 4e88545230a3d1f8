# SPDX-License-Identifier: MIT
# libcommon.la is shared by several plugins.
noinst_LTLIBRARIES += libcommon.la
libcommon_la_SOURCES = %D%/claims.c %D%/claims.h %D%/ground.h %D%/list.h %D%/sendbuf.c %D%/sendbuf.h \
	%D%/server-options.c %D%/server-options.h
libcommon_la_LIBADD = libtext.la

# libfair.la is in libweb.la, and for those that serve clients on the main loop without that.
noinst_LTLIBRARIES += libfair.la
libfair_la_SOURCES = %D%/fair-queue.c %D%/fair-queue.h

# libweb.la is shared by the plugins with a web server.
# libwebsocket.la is in it, too, and for those with sockets of another kind.
if WITH_WEB
noinst_LTLIBRARIES += libweb.la libwebsocket.la
libweb_la_SOURCES = %D%/mhd-uv.c %D%/mhd-uv.h %D%/websocket.c %D%/websocket.h \
	%D%/websocket-reader.c %D%/websocket-reader.h \
	%D%/websocket-deflate.c %D%/websocket-deflate.h
libweb_la_LIBADD = libfair.la libwebsocket.la $(MHD_LIBS) $(ZLIB_LIBS)
libwebsocket_la_SOURCES = %D%/websocket-protocol.c %D%/websocket-protocol.h
libwebsocket_la_LIBADD = $(MD_LIBS) $(WSLAY_LIBS) $(RESOLV_LIBS)
endif
