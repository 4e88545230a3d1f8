# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/engineio.c %D%/engineio.h %D%/event-ring.c %D%/event-ring.h \
	%D%/session.c %D%/session.h %D%/socketio.c %D%/socketio.h %D%/transport-polling.c \
	%D%/transport-websocket.c
