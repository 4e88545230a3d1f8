# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/load.c %D%/log.c %D%/open.c %D%/store-private.h %D%/store.c \
	%D%/store.h %D%/write.c
