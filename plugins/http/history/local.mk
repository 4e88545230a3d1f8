# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/film.c %D%/gif-board.c %D%/gif-colours.c %D%/gif-colours.h %D%/gif-job.c %D%/gif-job.h %D%/gif-wall.c %D%/gif.c \
	%D%/gif.h %D%/history.h %D%/lookup.c %D%/routes.c %D%/tiles.c
