# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/drawn-screen.h %D%/scaled-wall.h
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-blank %D%/test-layout %D%/test-scale %D%/test-scale-turned \
	%D%/test-screen %D%/test-screen-ripples
if WITH_DRM
check_PROGRAMS += %D%/test-mode %D%/test-uevent
endif
endif
