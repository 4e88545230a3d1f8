# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-cards %D%/test-hud %D%/test-place %D%/test-words
endif

# draws a HUD for tests/daemon/test_hud*.py, through tests/support/strip.py
noinst_PROGRAMS += %D%/draw-hud
%C%_draw_hud_LDADD = libmurald.la
