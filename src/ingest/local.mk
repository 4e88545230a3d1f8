# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/arrivals.c %D%/arrivals.h %D%/client.c %D%/client.h %D%/conn-life.c %D%/conn-private.h %D%/conn-send.c %D%/conn-throttle.c %D%/conn-turn.c %D%/conn-write.c %D%/conn.c \
	%D%/conn.h %D%/event.c %D%/event.h %D%/hint.c %D%/hint.h %D%/ingest.c %D%/ingest.h %D%/instance.c %D%/instance.h \
	%D%/listener.c %D%/listener.h %D%/make-room.c %D%/make-room.h %D%/multicast.c %D%/multicast.h \
	%D%/painter.c %D%/painter.h %D%/poller.c %D%/poller.h %D%/retry.c %D%/retry.h %D%/say.c %D%/service.c \
	%D%/service.h %D%/share.c %D%/share.h %D%/socket.c %D%/socket.h %D%/spendings.c %D%/spendings.h %D%/switch.c %D%/switch.h %D%/top.c %D%/top.h %D%/udp.c %D%/udp.h %D%/worker.c %D%/worker.h
