# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += pixelflut.la
pixelflut_la_SOURCES = %D%/answers.c %D%/parse-line.c %D%/pixelflut.c %D%/pixelflut.h \
	%D%/simd.c %D%/simd.h
pixelflut_la_LDFLAGS = $(PLUGIN_LDFLAGS)
