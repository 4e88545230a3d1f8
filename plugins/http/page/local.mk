# SPDX-License-Identifier: MIT
# Joined by bundle.sh: what is needed for the first picture, and the rest of the page.  Of
# modules those that others import come first.
PAGE_CORE = \
	%D%/live.js %D%/pool.js %D%/render.js %D%/view.js %D%/core.js
PAGE_MAIN = \
	%D%/words.js %D%/place.js %D%/graph.js %D%/hints.js %D%/history.js %D%/line.js \
	%D%/marks.js %D%/notice.js %D%/offer.js %D%/paint.js %D%/ripples.js \
	%D%/strip.js %D%/keys.js %D%/main.js
PAGE_INDEX = \
	%D%/index.html %D%/page.css %D%/wall.css
BUNDLES = \
	%D%/bundles/core.js %D%/bundles/main.js %D%/bundles/index.html
# Served as they are, most of them to the operator's page.
PAGE_FILES = \
	%D%/404.html %D%/api.css %D%/api.html %D%/api.js %D%/openapi.json \
	%D%/acts.js %D%/admin-words.js %D%/admin-words-de.js %D%/admin-words-en.js %D%/admin.css \
	%D%/admin.html %D%/admin.js %D%/ask.js \
	%D%/bans.js %D%/board.js %D%/dom.js %D%/heat.js %D%/kiosk.css %D%/kiosk.js %D%/kiosk-words.js %D%/film.css %D%/film.js %D%/film-recorder.js %D%/film-reel.js \
	%D%/film-webm.js \
	%D%/film-words.js %D%/icon.svg %D%/inflate.js %D%/journal.js %D%/live.js %D%/marquee.js %D%/notice.js \
	%D%/operators.js %D%/page.css %D%/picture.css %D%/picture.js %D%/picture-cells.js %D%/picture-file.js \
	%D%/picture-job.js %D%/picture-laid.js %D%/picture-ways.js %D%/picture-words.js %D%/pictures.js \
	%D%/place.js %D%/servers.js %D%/socket.io.js \
	%D%/ways.js %D%/words-de.js \
	%D%/words-en.js %D%/words.js
PAGE_TOOLS = %D%/bundle.sh %D%/embed.sh
EXTRA_DIST += $(PAGE_CORE) $(PAGE_MAIN) $(PAGE_INDEX) $(PAGE_FILES) $(PAGE_TOOLS)

%D%/bundles/core.js: $(PAGE_CORE) $(PAGE_TOOLS)
%D%/bundles/main.js: $(PAGE_MAIN) $(PAGE_TOOLS)
%D%/bundles/index.html: $(PAGE_INDEX) $(PAGE_TOOLS)
$(BUNDLES):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && files=; \
	case $@ in \
	*/core.js) of="$(PAGE_CORE)" ;; \
	*/main.js) of="$(PAGE_MAIN)" ;; \
	*) of="$(PAGE_INDEX)" ;; \
	esac; \
	for file in $$of; do files="$$files $(srcdir)/$$file"; done; \
	sh $(srcdir)/%D%/bundle.sh $$files >$@.new && mv $@.new $@

libhttp_la_SOURCES += %D%/index.c %D%/index.h %D%/manifest.c %D%/openapi.c %D%/page.c %D%/page.h \
	%D%/sockets.c %D%/sockets.h
if WITH_QR
libhttp_la_SOURCES += %D%/qr.c
else
libhttp_la_SOURCES += %D%/no-qr.c
endif
nodist_libhttp_la_SOURCES = %D%/page-files.c
%D%/page-files.c: $(PAGE_FILES) $(BUNDLES) $(PAGE_TOOLS)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && pages=; \
	for file in $(PAGE_FILES); do pages="$$pages $(srcdir)/$$file"; done; \
	sh $(srcdir)/%D%/embed.sh $$pages $(BUNDLES) >$@.new && mv $@.new $@
CLEANFILES += %D%/page-files.c $(BUNDLES)
