# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/canvas.c %D%/canvas.h
