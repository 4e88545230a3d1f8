# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-film %D%/test-filter %D%/test-hud-status %D%/test-past %D%/test-ripples
endif
