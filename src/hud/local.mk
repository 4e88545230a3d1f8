# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/cards.c %D%/cards.h %D%/faces.h %D%/font.c %D%/font.h %D%/halves.c %D%/hud.c %D%/hud.h \
	%D%/invitation.c %D%/invitation.h %D%/logo.c %D%/logo.h %D%/orbit.c %D%/orbit.h %D%/place.c %D%/qr.h %D%/render.c %D%/render.h %D%/stacked.c %D%/strip.c \
	%D%/text.c %D%/text.h %D%/wifi.c %D%/wifi.h %D%/words.c %D%/words.h
if WITH_QR
libmurald_la_SOURCES += %D%/qr.c
else
libmurald_la_SOURCES += %D%/no-qr.c
endif
if WITH_TYPE
libmurald_la_SOURCES += %D%/faces.c
else
libmurald_la_SOURCES += %D%/no-faces.c
endif
