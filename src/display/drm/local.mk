# SPDX-License-Identifier: MIT
if WITH_DRM
libmurald_la_SOURCES += %D%/atomic.c %D%/card.c %D%/device.c %D%/device.h %D%/doctor.c %D%/drm.c \
	%D%/drm.h %D%/legacy.c %D%/mode.c %D%/output.c %D%/output.h %D%/pipe.c %D%/props.c %D%/select.c
endif
