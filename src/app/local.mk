# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/brush-text.c %D%/host-api.c %D%/host-control.c %D%/hud-film.c %D%/hud-film.h \
	%D%/hud-lines.c %D%/hud-lines.h %D%/hud-people.c %D%/hud-people.h %D%/hud-ripples.c \
	%D%/hud-ripples.h %D%/hud-status.c %D%/hud-status.h %D%/mask-lines.c %D%/mask-lines.h \
	%D%/operators.c %D%/operators.h %D%/operators-state.c %D%/past.c %D%/past.h %D%/privileges.c \
	%D%/privileges.h %D%/reel.c %D%/reel.h %D%/reload.c %D%/reload.h %D%/sd-notify.c \
	%D%/sd-notify.h %D%/test-card.c %D%/test-card.h %D%/test-card-draw.c %D%/verbs-ban.c \
	%D%/verbs-canvas.c %D%/verbs-daemon.c %D%/verbs-display.c %D%/verbs-grab.c \
	%D%/verbs-notice.c %D%/verbs-picture.c %D%/verbs-plugin.c %D%/verbs-restore.c \
	%D%/verbs-share.c %D%/verbs-source.c %D%/verbs-status.c %D%/verbs-top.c %D%/wall.c \
	%D%/wall.h
