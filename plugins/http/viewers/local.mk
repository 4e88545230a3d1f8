# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/canvas-png.c %D%/canvas-png.h %D%/capture.c %D%/capture.h \
	%D%/codec-live.c %D%/codec-live.h %D%/codec-png.c %D%/codec-png.h %D%/frame.c \
	%D%/frame.h %D%/framediff.c %D%/framediff.h %D%/heat.c %D%/heat.h %D%/place-command.c \
	%D%/place-command.h %D%/pps.c %D%/pps.h %D%/sight.c %D%/sight.h %D%/viewer.c \
	%D%/viewer.h %D%/viewers.c %D%/viewers.h %D%/worker.c %D%/worker.h %D%/yours.c \
	%D%/yours.h
