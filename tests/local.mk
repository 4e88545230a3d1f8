# SPDX-License-Identifier: MIT
# Test programs and suites: unit tests are programs, in tests/unit; a .py file is a pytest suite,
# a .sh file a script.  tests/tally.sh adds up what they counted.
TESTS =
TEST_EXTENSIONS = .sh .py
# each test with the time that it took
LOG_DRIVER = bash $(top_srcdir)/tests/driver.sh $(top_srcdir)/build-aux/test-driver
SH_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = bash
PY_LOG_COMPILER = bash $(top_srcdir)/tests/run-pytest.sh
# for the programs that use the fixtures and are no suites: bench/run.py, tests/soak.py
PYTHON_WITH_FIXTURES = PYTHONPATH='$(abs_top_srcdir)/tests/support' PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3
AM_TESTS_ENVIRONMENT = \
	LC_ALL=C.UTF-8; export LC_ALL; \
	top_srcdir='$(top_srcdir)'; top_builddir='$(top_builddir)'; export top_srcdir top_builddir; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	MAKE='$(MAKE)'; CC='$(CC)'; NM='$(NM)'; PKG_CONFIG='$(PKG_CONFIG)'; export MAKE CC NM PKG_CONFIG; \
	bindir='$(bindir)'; sbindir='$(sbindir)'; libdir='$(libdir)'; includedir='$(includedir)'; mandir='$(mandir)'; \
	sysconfdir='$(sysconfdir)'; plugindir='$(plugindir)'; sanitizer='$(SANITIZER_FLAGS)'; qr='$(QR_LIBS)'; \
	werror='$(WERROR_FLAGS)'; export werror; \
	prefix='$(prefix)'; datadir='$(datadir)'; systemdsystemunitdir='$(systemdsystemunitdir)'; \
	export prefix datadir systemdsystemunitdir; \
	export bindir sbindir libdir includedir mandir sysconfdir plugindir sanitizer qr;

# What takes longest comes first, so that nothing is left running alone at the end.
include $(top_srcdir)/tests/unit/canvas/local.mk
include $(top_srcdir)/tests/unit/storage/local.mk
include $(top_srcdir)/tests/unit/app/local.mk
include $(top_srcdir)/tests/unit/base/local.mk
include $(top_srcdir)/tests/unit/clients/local.mk
include $(top_srcdir)/tests/unit/common/local.mk
include $(top_srcdir)/tests/unit/config/local.mk
include $(top_srcdir)/tests/unit/control/local.mk
include $(top_srcdir)/tests/unit/display/local.mk
include $(top_srcdir)/tests/unit/http/local.mk
include $(top_srcdir)/tests/unit/hud/local.mk
include $(top_srcdir)/tests/unit/ingest/local.mk
include $(top_srcdir)/tests/unit/lib/local.mk
include $(top_srcdir)/tests/unit/limits/local.mk
include $(top_srcdir)/tests/unit/link/local.mk
include $(top_srcdir)/tests/unit/p2/local.mk
include $(top_srcdir)/tests/unit/ping/local.mk
include $(top_srcdir)/tests/unit/pixelflut/local.mk
include $(top_srcdir)/tests/unit/plugin/local.mk
include $(top_srcdir)/tests/fuzz/local.mk
TESTS += $(check_PROGRAMS)

# ---- suites about other things than murald: scripts, documents, and web pages in a browser.  Sanitizers
# ---- in murald would find nothing there that they do not find elsewhere.
PLAIN_SUITES =
if PLAIN_BUILD
PLAIN_SUITES += \
	tests/packages/test_release.py \
	tests/test_bench.py \
	tests/test_manual.py \
	tests/test_quickstart.py \
	tests/test_security.py
if WITH_HTTP
PLAIN_SUITES += \
	tests/http/test_admin.py \
	tests/http/test_admin_page.py \
	tests/http/test_page.py \
	tests/http/test_page_line.py \
	tests/http/test_page_past.py \
	tests/http/test_page_windows.py \
	tests/http/test_page_words.py \
	tests/http/test_picture.py \
	tests/test_recipes.py
endif
endif

# ---- suites against the whole daemon, on the fixtures of tests/support.  They mostly wait.
if WITH_HTTP
TESTS += \
	tests/test_hostile.py \
	tests/http/test_bands.py \
	tests/http/test_socketio.py \
	tests/http/test_socketio_clients.py \
	tests/http/test_socketio_hostile.py \
	tests/http/test_viewers.py \
	tests/http/test_viewers_cost.py
endif
if WITH_P2
TESTS += \
	tests/p2/test_p2.py \
	tests/p2/test_users.py \
	tests/p2/test_websocket.py
endif
TESTS += \
	tests/clients/test_muralctl.py \
	tests/clients/test_boards.py \
	tests/clients/test_film.py \
	tests/clients/test_hostile.py \
	tests/clients/test_operator.py \
	tests/clients/test_p2.py \
	tests/clients/test_painting.py \
	tests/clients/test_pictures.py \
	tests/clients/test_pings.py \
	tests/clients/test_walls.py \
	tests/clients/test_watch.py \
	tests/daemon/test_bans.py \
	tests/daemon/test_browsers.py \
	tests/daemon/test_control.py \
	tests/daemon/test_control_log.py \
	tests/daemon/test_daemon.py \
	tests/daemon/test_doctor.py \
	tests/daemon/test_hud.py \
	tests/daemon/test_hud_cards.py \
	tests/daemon/test_hud_looks.py \
	tests/daemon/test_limits.py \
	tests/daemon/test_operators.py \
	tests/daemon/test_sources.py \
	tests/daemon/test_options.py \
	tests/daemon/test_pixelflut.py \
	tests/daemon/test_pixelflut_turns.py \
	tests/daemon/test_privileges.py \
	tests/daemon/test_public.py \
	tests/daemon/test_reload.py \
	tests/daemon/test_snapshot.py \
	tests/net/test_commands.py \
	tests/net/test_icmp.py \
	tests/net/test_icmp_packets.py \
	tests/net/test_interfaces.py \
	tests/net/test_ipv6.py \
	tests/net/test_ndp.py \
	tests/net/test_reins.py \
	tests/net/test_sources.py \
	tests/net/test_targets.py \
	tests/net/test_waiting.py \
	tests/net/test_xdp.py \
	$(PLAIN_SUITES)
if WITH_LINK
TESTS += \
	tests/link/test_controls.py \
	tests/link/test_engine.py \
	tests/link/test_link.py \
	tests/link/test_reins.py \
	tests/link/test_shared.py \
	tests/link/test_shared_board.py \
	tests/link/test_strangers.py \
	tests/link/test_ways.py
endif
if WITH_P2
TESTS += tests/p2/test_guests.py
noinst_PROGRAMS += tests/p2/crowd
tests_p2_crowd_SOURCES = tests/p2/crowd.c bench/measure.h
tests_p2_crowd_LDADD =
endif
include $(top_srcdir)/tests/plugins/local.mk
if WITH_HTTP
TESTS += \
	tests/faults/test_faults.py \
	tests/faults/test_descriptors.py \
	tests/http/test_api.py \
	tests/http/test_openapi.py \
	tests/http/test_board.py \
	tests/http/test_board_canvas.py \
	tests/http/test_canvas_png.py \
	tests/http/test_database.py \
	tests/http/test_files.py \
	tests/http/test_history.py \
	tests/http/test_firefox.py \
	tests/http/test_hostile.py \
	tests/http/test_metrics.py \
	tests/http/test_notice.py \
	tests/http/test_operator.py \
	tests/http/test_operator_live.py \
	tests/http/test_requests.py \
	tests/http/test_strangers.py \
	tests/http/test_tiles.py \
	tests/http/test_timelapse.py
endif
# preloaded into murald, makes the C library fail
check_LTLIBRARIES += tests/faults/shim.la
tests_faults_shim_la_SOURCES = tests/faults/shim.c
tests_faults_shim_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)/tests/faults

# preloaded into murald by make hostile, and what sends its packets
check_LTLIBRARIES += tests/hostile/loop-phases.la
tests_hostile_loop_phases_la_SOURCES = tests/hostile/loop-phases.c
tests_hostile_loop_phases_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)/tests/hostile
noinst_PROGRAMS += tests/hostile/frames
tests_hostile_frames_SOURCES = tests/hostile/frames.c bench/measure.h
tests_hostile_frames_LDADD =

EXTRA_DIST += \
	tests/clients \
	tests/corpus \
	tests/daemon \
	tests/faults \
	tests/http \
	tests/kiosk \
	tests/kms \
	tests/link \
	tests/net \
	tests/p2 \
	tests/packages \
	tests/driver.sh \
	tests/hostile \
	tests/run-pytest.sh \
	tests/soak.py \
	tests/support \
	tests/again.sh \
	tests/tally.sh \
	tests/test_bench.py \
	tests/test_hostile.py \
	tests/test_manual.py \
	tests/test_quickstart.py \
	tests/test_security.py \
	tests/test_recipes.py \
	tests/transcripts \
	tests/vectors

# ---- make check-kms: the display, in virtual machines.  The guests' kernel is fetched once, into kms-kernel/.
KMS_TESTS =
if WITH_DRM
# quickstart leaves it out of a check that check-kms follows
KMS_SMOKE = tests/kms/test_smoke.py
TESTS += $(KMS_SMOKE)
KMS_TESTS += \
	tests/kms/test_smoke.py \
	tests/kms/test_frames.py \
	tests/kms/test_glass.py \
	tests/kms/test_pictures.py \
	tests/kms/test_blank.py \
	tests/kms/test_refusals.py \
	tests/kms/test_power.py \
	tests/kms/test_health.py \
	tests/kms/test_hotplug.py \
	tests/kms/test_hud.py \
	tests/kms/test_kiosk.py \
	tests/kms/test_leaving.py \
	tests/kms/test_outputs.py \
	tests/kms/test_ping.py \
	tests/kms/test_privileges.py \
	tests/kms/test_reins.py \
	tests/kms/test_reload.py \
	tests/kms/test_soak.py
check_LTLIBRARIES += tests/kms/refuse.la
tests_kms_refuse_la_SOURCES = tests/kms/refuse.c
tests_kms_refuse_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(plugindir)
tests_kms_refuse_la_LIBADD = -ldl
noinst_PROGRAMS += tests/kms/glass
tests_kms_glass_SOURCES = tests/kms/glass.c bench/measure.h
tests_kms_glass_LDADD =
endif

# Both architectures, or the one that MURALD_ARCH names.  tests/kms/cross.sh builds arm64 into arm64/
# and makes this target there, where it knows one architecture only.
check-kms:
if CROSS
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(KMS_TESTS)'
else
	test '$(MURALD_ARCH)' = arm64 || $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(KMS_TESTS)'
	case '$(MURALD_ARCH)' in '' | arm64) \
		bash $(srcdir)/tests/kms/cross.sh arm64 arm64 check-kms KMS_TESTS='$(KMS_TESTS)' ;; \
	esac
endif

# ---- make pictures: what the HUD looks like, from the screens of such machines, into doc/pictures.
pictures: all
	$(MKDIR_P) $(srcdir)/doc/pictures
	$(AM_TESTS_ENVIRONMENT) PYTHONPATH='$(abs_top_srcdir)/tests/support:$(abs_top_srcdir)/tests/kms' \
		PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 $(srcdir)/tests/kms/pictures.py $(srcdir)/doc/pictures $(NAMES)

# ---- make check-release: what may differ with the libraries and tools of another release of Debian.
# ---- tests/packages/release.sh runs it in one; MURALD_LONG there is everything.
RELEASE_TESTS = $(check_PROGRAMS) \
	tests/clients/test_hostile.py \
	tests/clients/test_muralctl.py \
	tests/clients/test_boards.py \
	tests/clients/test_p2.py \
	tests/daemon/test_daemon.py \
	tests/daemon/test_limits.py \
	tests/daemon/test_options.py \
	tests/daemon/test_snapshot.py \
	tests/net/test_interfaces.py \
	tests/install.sh
if WITH_P2
RELEASE_TESTS += \
	tests/p2/test_p2.py \
	tests/p2/test_users.py \
	tests/p2/test_websocket.py
endif
if WITH_HTTP
RELEASE_TESTS += \
	tests/http/test_board.py \
	tests/http/test_board_canvas.py \
	tests/http/test_canvas_png.py \
	tests/http/test_database.py \
	tests/http/test_metrics.py \
	tests/http/test_requests.py \
	tests/http/test_socketio.py \
	tests/http/test_socketio_clients.py \
	tests/http/test_socketio_hostile.py \
	tests/http/test_timelapse.py \
	tests/http/test_viewers.py \
	tests/http/test_viewers_cost.py
endif
check-release:
	@status=0; \
	case '$(MURALD_LONG)' in \
	'') $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(RELEASE_TESTS)' || status=1 ;; \
	*) $(MAKE) $(AM_MAKEFLAGS) check || status=1 ;; \
	esac; \
	PYTEST_ADDOPTS='-k lintian' $(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/packages/test_packages.py || status=1; \
	exit $$status

# ---- make check-cross: both kinds of Raspberry Pi: the unit tests in an emulator, and on arm64 a look
# ---- at the display
check-cross:
	bash $(srcdir)/tests/kms/cross.sh arm64 arm64 check TESTS='$$(check_PROGRAMS) tests/kms/test_smoke.py'
	bash $(srcdir)/tests/kms/cross.sh armhf armhf check TESTS='$$(check_PROGRAMS)'

# ---- make check-deb: the packages, in a fresh Debian, which is fetched once into debian-root/.  Its log is
# ---- its own, since quickstart runs it beside the other tests.
check-deb:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/packages/test_packages.py TEST_SUITE_LOG=check-deb.log
CLEANFILES += check-deb.log

# ---- make check-kiosk: a machine with these packages, its power, screen, keyboard and cable; made in
# ---- kiosk/ from what check-deb uses
check-kiosk:
	$(MAKE) $(AM_MAKEFLAGS) check \
		TESTS='tests/kiosk/test_wall.py tests/kiosk/test_service.py tests/kiosk/test_power.py'

# ---- the project itself: layers, style, manual, tarball, what is exported and installed
PROJECT_TESTS = \
	tests/again-test.sh \
	tests/analyse-test.sh \
	tests/completion.sh \
	tests/completion-fish.sh \
	tests/completion-zsh.sh \
	tests/dist.sh \
	tests/headers.sh \
	tests/install.sh \
	tests/layers.sh \
	tests/lint.sh \
	tests/service.sh \
	tests/symbols.sh \
	tests/tally-test.sh \
	tests/versions.sh
if PLAIN_BUILD
TESTS += $(PROJECT_TESTS)
endif
EXTRA_DIST += $(PROJECT_TESTS)
# what of it distcheck is about: what is built and installed from the tarball.  The others look at the
# sources, which are the same there.
DIST_TESTS = tests/completion.sh tests/headers.sh tests/install.sh tests/service.sh tests/symbols.sh
