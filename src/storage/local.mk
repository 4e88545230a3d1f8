# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/autosave.c %D%/autosave.h %D%/history-format.c \
	%D%/history-format.h %D%/history.c %D%/history-picture.c %D%/history-private.h %D%/png.c %D%/png.h %D%/record.c \
	%D%/record.h %D%/record-writer.c %D%/record-writer.h %D%/retention.c %D%/retention.h \
	%D%/segments.c %D%/segments.h %D%/snapshot.c %D%/snapshot.h %D%/thinning.c %D%/thinning.h
