# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/awake-loop.h %D%/owned-canvas.h
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-brush %D%/test-canvas %D%/test-give-way %D%/test-hand %D%/test-owned-pixels \
	%D%/test-owners %D%/test-reins %D%/test-room
endif

check_PROGRAMS += %D%/stress-canvas
%C%_stress_canvas_LDADD = libmurald.la

STRESS_REINS = %D%/stress-reins.c %D%/stress-reins.h %D%/stress-reins-judge.c %D%/stress-reins-painters.c
check_PROGRAMS += %D%/stress-reins
%C%_stress_reins_SOURCES = $(STRESS_REINS)
%C%_stress_reins_LDADD = libmurald.la

if WITH_TSAN
check_PROGRAMS += %D%/stress-canvas-tsan
%C%_stress_canvas_tsan_SOURCES = %D%/stress-canvas.c src/canvas/canvas.c src/canvas/brush.c \
	src/canvas/owners.c src/canvas/owners-describe.c src/canvas/owners-room.c src/canvas/painters.c \
	src/canvas/rules.c src/canvas/store.c src/base/ip-key.c
%C%_stress_canvas_tsan_CFLAGS = $(AM_CFLAGS) -fsanitize=thread
%C%_stress_canvas_tsan_LDFLAGS = $(AM_LDFLAGS) -fsanitize=thread
%C%_stress_canvas_tsan_LDADD =

check_PROGRAMS += %D%/stress-reins-tsan
%C%_stress_reins_tsan_SOURCES = $(STRESS_REINS) src/canvas/canvas.c src/canvas/brush.c \
	src/canvas/changed.c src/canvas/hand.c src/canvas/keeper.c src/canvas/owners.c \
	src/canvas/owners-describe.c src/canvas/owners-room.c src/canvas/painters.c \
	src/canvas/reins.c src/canvas/reins-hand.c src/canvas/reins-owners.c \
	src/canvas/rules.c src/canvas/store.c src/base/ip-key.c src/base/log.c lib/utf8.c
%C%_stress_reins_tsan_CFLAGS = $(AM_CFLAGS) -fsanitize=thread
%C%_stress_reins_tsan_LDFLAGS = $(AM_LDFLAGS) -fsanitize=thread
%C%_stress_reins_tsan_LDADD = $(UV_LIBS)
endif
