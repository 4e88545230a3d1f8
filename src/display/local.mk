# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/average.c %D%/average.h %D%/axis.c %D%/axis.h \
	%D%/blank.c %D%/blank.h %D%/context.c %D%/context.h %D%/cover.c %D%/cover.h %D%/display.c \
	%D%/display.h %D%/driver.h %D%/layout.c %D%/layout.h %D%/ripple.c %D%/ripple.h %D%/scale.c \
	%D%/scale.h %D%/screen.c %D%/screen.h
if WITH_DRM
libmurald_la_SOURCES += %D%/uevent.c %D%/uevent.h %D%/vt.c %D%/vt.h
else
libmurald_la_SOURCES += %D%/stub.c
endif
