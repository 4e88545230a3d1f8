# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += pixelflut.la
pixelflut_la_SOURCES = %D%/answers.c %D%/browser.h %D%/hints.c %D%/line-shapes.c %D%/parse-line.c %D%/pixelflut.c %D%/pixelflut.h \
	%D%/simd.c %D%/simd.h %D%/vectors-256.h %D%/vectors-avx2.c %D%/vectors-avx512.c %D%/vectors-feeds.h %D%/vectors-neon.c \
	%D%/vectors-reads.h %D%/vectors-run.h \
	%D%/vectors-sse4.c %D%/vectors-x86.h %D%/vectors.c %D%/vectors.h
pixelflut_la_LDFLAGS = $(PLUGIN_LDFLAGS)
pixelflut_la_LIBADD =
if WITH_WEB
pixelflut_la_SOURCES += %D%/browser.c
pixelflut_la_LIBADD += libwebsocket.la
else
pixelflut_la_SOURCES += %D%/no-browser.c
endif
