# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/api.c %D%/api.h %D%/api-admin.c %D%/api-pixel.c %D%/api-register.c %D%/board.c \
	%D%/board.h %D%/board-json.c %D%/evict.c %D%/fellow-cells.c %D%/fellow-cells.h %D%/fellows.c \
	%D%/fellows.h %D%/generator-index.c %D%/generator-index.h %D%/generators.c %D%/generators.h \
	%D%/holders.c %D%/holders.h %D%/leaderboard.c %D%/names.c %D%/names.h %D%/palette.c \
	%D%/palette.h %D%/pixel-body.c %D%/pixel-body.h %D%/repaint-scan.c %D%/secrets.c \
	%D%/secrets.h %D%/settings.c %D%/settings.h
