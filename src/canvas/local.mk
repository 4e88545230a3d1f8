# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/brush.c %D%/canvas-private.h %D%/canvas.c %D%/canvas.h
