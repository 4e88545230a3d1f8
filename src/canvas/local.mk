# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += \
	%D%/brush.c %D%/canvas-private.h %D%/canvas.c %D%/canvas.h %D%/changed.c \
	%D%/hand.c %D%/hand.h %D%/keeper.c %D%/keeper.h %D%/owners.c %D%/owners.h %D%/owners-describe.c \
	%D%/owners-private.h %D%/owners-room.c %D%/painters.c %D%/painters.h \
	%D%/reins-hand.c %D%/reins-owners.c %D%/reins-private.h %D%/reins.c %D%/reins.h \
	%D%/rules.c %D%/rules.h %D%/store.c
