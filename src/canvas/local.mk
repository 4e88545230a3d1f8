# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/brush.c %D%/canvas-private.h %D%/canvas.c %D%/canvas.h \
	%D%/painters.c %D%/painters.h %D%/reins.h %D%/rules.c %D%/rules.h %D%/store.c
