# SPDX-License-Identifier: MIT
# Unit tests are one program a subject, in tests/unit; a .py file is a pytest suite, a .sh file
# a script.  quickstart adds up what they counted.
TESTS = $(check_PROGRAMS)
TEST_EXTENSIONS = .sh .py
SH_LOG_COMPILER = bash
PY_LOG_COMPILER = bash $(top_srcdir)/tests/run-pytest.sh
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; top_builddir='$(top_builddir)'; export top_srcdir top_builddir; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	MAKE='$(MAKE)'; CC='$(CC)'; NM='$(NM)'; PKG_CONFIG='$(PKG_CONFIG)'; export MAKE CC NM PKG_CONFIG; \
	bindir='$(bindir)'; sbindir='$(sbindir)'; libdir='$(libdir)'; includedir='$(includedir)'; mandir='$(mandir)'; \
	sysconfdir='$(sysconfdir)'; plugindir='$(plugindir)'; sanitizer='$(SANITIZER_FLAGS)'; qr='$(QR_LIBS)'; \
	prefix='$(prefix)'; datadir='$(datadir)'; systemdsystemunitdir='$(systemdsystemunitdir)'; \
	export prefix datadir systemdsystemunitdir; \
	export bindir sbindir libdir includedir mandir sysconfdir plugindir sanitizer qr;

include $(top_srcdir)/tests/unit/base/local.mk
include $(top_srcdir)/tests/unit/canvas/local.mk
include $(top_srcdir)/tests/unit/clients/local.mk
include $(top_srcdir)/tests/unit/common/local.mk
include $(top_srcdir)/tests/unit/config/local.mk
include $(top_srcdir)/tests/unit/display/local.mk
include $(top_srcdir)/tests/unit/http/local.mk
include $(top_srcdir)/tests/unit/hud/local.mk
include $(top_srcdir)/tests/unit/ingest/local.mk
include $(top_srcdir)/tests/unit/lib/local.mk
include $(top_srcdir)/tests/unit/limits/local.mk
include $(top_srcdir)/tests/unit/p2/local.mk
include $(top_srcdir)/tests/unit/ping/local.mk
include $(top_srcdir)/tests/unit/pixelflut/local.mk
include $(top_srcdir)/tests/unit/plugin/local.mk
include $(top_srcdir)/tests/unit/storage/local.mk
include $(top_srcdir)/tests/fuzz/local.mk

TESTS += tests/daemon/test_daemon.py tests/daemon/test_doctor.py tests/daemon/test_limits.py \
	tests/daemon/test_pixelflut.py tests/daemon/test_reload.py tests/daemon/test_rights.py \
	tests/test_options.py
TESTS += tests/test_bench.py tests/test_hud.py
TESTS += tests/net/test_icmp.py tests/net/test_interfaces.py tests/net/test_ipv6.py tests/net/test_sources.py
if WITH_P2
TESTS += tests/p2/test_guests.py tests/p2/test_p2.py
noinst_PROGRAMS += tests/p2/crowd
tests_p2_crowd_SOURCES = tests/p2/crowd.c bench/measure.h
tests_p2_crowd_LDADD =
endif
if WITH_HTTP
TESTS += tests/faults/test_faults.py
TESTS += tests/http/test_board.py tests/http/test_database.py tests/http/test_requests.py
TESTS += tests/http/test_viewers.py tests/http/test_figures.py
TESTS += tests/http/test_page.py tests/http/test_past.py
TESTS += tests/http/test_strangers.py tests/http/test_socketio.py tests/http/test_timelapse.py
endif
EXTRA_DIST += tests/test_options.py tests/corpus tests/daemon tests/transcripts tests/vectors tests/waiting.py tests/wall.py
check_LTLIBRARIES += tests/faults/shim.la
tests_faults_shim_la_SOURCES = tests/faults/shim.c
tests_faults_shim_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)/tests/faults
EXTRA_DIST += tests/faults tests/soak.py
EXTRA_DIST += tests/browser.py tests/npm tests/npm.py
EXTRA_DIST += tests/hosts.py tests/hud.py tests/test_bench.py tests/test_hud.py tests/net
TESTS += tests/clients/test_muralctl.py tests/clients/test_hostile.py tests/clients/test_pings.py tests/clients/test_walls.py
EXTRA_DIST += tests/clients
EXTRA_DIST += tests/http tests/p2

# The display, in virtual machines.  The guests' kernel is fetched once, into kms-kernel/.
EXTRA_DIST += tests/kms
KMS_TESTS =
if WITH_DRM
TESTS += tests/kms/test_smoke.py
KMS_TESTS += \
	tests/kms/test_smoke.py \
	tests/kms/test_blank.py \
	tests/kms/test_changes.py \
	tests/kms/test_frames.py \
	tests/kms/test_health.py \
	tests/kms/test_hotplug.py \
	tests/kms/test_hud.py \
	tests/kms/test_kiosk.py \
	tests/kms/test_leaving.py \
	tests/kms/test_outputs.py \
	tests/kms/test_pictures.py \
	tests/kms/test_ping.py \
	tests/kms/test_power.py \
	tests/kms/test_refusals.py \
	tests/kms/test_rights.py \
	tests/kms/test_soak.py
check_LTLIBRARIES += tests/kms/refuse.la
tests_kms_refuse_la_SOURCES = tests/kms/refuse.c
tests_kms_refuse_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(plugindir)
tests_kms_refuse_la_LIBADD = -ldl
endif

# Both architectures, or the one that MURALD_ARCH names; arm64 is built into arm64/, see
# tests/kms/cross.sh, where this target stays by itself.
check-kms:
if CROSS
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(KMS_TESTS)'
else
	test '$(MURALD_ARCH)' = arm64 || $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(KMS_TESTS)'
	case '$(MURALD_ARCH)' in '' | arm64) \
		bash $(srcdir)/tests/kms/cross.sh arm64 arm64 check-kms KMS_TESTS='$(KMS_TESTS)' ;; \
	esac
endif

# The machines that a Raspberry Pi may be: the unit tests in an emulator, and on arm64 a look
# at the display.
check-cross:
	bash $(srcdir)/tests/kms/cross.sh arm64 arm64 check TESTS='$$(check_PROGRAMS) tests/kms/test_smoke.py'
	bash $(srcdir)/tests/kms/cross.sh armhf armhf check TESTS='$$(check_PROGRAMS)'

# The Debian packages, in a fresh Debian of their own, which is fetched once into debian-root/.
EXTRA_DIST += tests/packages
check-deb:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/packages/test_packages.py

# The project itself: who includes whom, style, manual, what is exported and installed.
PROJECT_TESTS = \
	tests/completion.sh \
	tests/dist.sh \
	tests/install.sh \
	tests/layers.sh \
	tests/lint.sh \
	tests/service.sh \
	tests/symbols.sh \
	tests/tally-test.sh
if PLAIN_BUILD
TESTS += $(PROJECT_TESTS)
endif
EXTRA_DIST += $(PROJECT_TESTS) tests/run-pytest.sh tests/tally.sh
