# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/gif-board.c %D%/gif-board.h %D%/gif-job.c %D%/gif-job.h \
	%D%/gif-wall.c %D%/gif-wall.h %D%/gif.c %D%/gif.h %D%/history-route.c %D%/history-route.h \
	%D%/timelapse-route.c %D%/timelapse-route.h
