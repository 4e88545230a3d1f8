# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/font.c %D%/font.h %D%/hud.c %D%/hud.h %D%/qr.h %D%/render.c \
	%D%/render.h
if WITH_QR
libmurald_la_SOURCES += %D%/qr.c
else
libmurald_la_SOURCES += %D%/no-qr.c
endif
