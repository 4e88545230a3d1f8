# SPDX-License-Identifier: MIT
PAGE_FILES = \
	%D%/api.css %D%/api.html %D%/api.js %D%/openapi.json \
	%D%/acts.js %D%/admin-words.js %D%/admin.css %D%/admin.html %D%/admin.js %D%/ask.js \
	%D%/bans.js %D%/board.js %D%/film.css %D%/film.js %D%/film-recorder.js %D%/film-reel.js \
	%D%/film-words.js %D%/graph.js %D%/hints.js %D%/history.js %D%/icon.svg \
	%D%/index.html %D%/journal.js %D%/keys.js %D%/line.js %D%/live.js %D%/main.js \
	%D%/marks.js %D%/marquee.js %D%/notice.js %D%/page.css %D%/paint.js %D%/place.js \
	%D%/pool.js %D%/render.js %D%/socket.io.js %D%/strip.js %D%/view.js %D%/wall.css \
	%D%/wall.webmanifest %D%/words-de.js %D%/words-en.js %D%/words.js
EXTRA_DIST += $(PAGE_FILES) %D%/embed.sh

libhttp_la_SOURCES += %D%/openapi.c %D%/page.c %D%/page.h
nodist_libhttp_la_SOURCES = %D%/page-files.c
%D%/page-files.c: $(PAGE_FILES) %D%/embed.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && pages=; \
	for file in $(PAGE_FILES); do pages="$$pages $(srcdir)/$$file"; done; \
	sh $(srcdir)/%D%/embed.sh $$pages >$@.new && mv $@.new $@
CLEANFILES += %D%/page-files.c
