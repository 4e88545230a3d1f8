# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/bans.c %D%/bans.h %D%/bucket-table.c %D%/connlimit.c %D%/connlimit.h %D%/loudest.c %D%/loudest.h \
	%D%/ratelimit.c \
	%D%/ratelimit.h %D%/spent.c %D%/spent.h
