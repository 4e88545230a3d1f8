# SPDX-License-Identifier: MIT
# make fuzz SECONDS=60: the functions that unit tests run on mutations, fed by libFuzzer, after
# configure --enable-fuzz CC=clang, which instruments the whole tree
SECONDS = 60
if WITH_FUZZERS
FUZZERS = \
	%D%/fuzz-config %D%/fuzz-history %D%/fuzz-ipv6 %D%/fuzz-p2 %D%/fuzz-packet \
	%D%/fuzz-pixelflut %D%/fuzz-snapshot
if WITH_HTTP
FUZZERS += %D%/fuzz-board %D%/fuzz-engineio
endif
noinst_PROGRAMS += $(FUZZERS)
LIBFUZZER = -fsanitize=fuzzer
%C%_fuzz_config_SOURCES = %D%/fuzz-config.c %D%/fuzz.h
%C%_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_config_LDADD = libmurald.la
%C%_fuzz_history_SOURCES = %D%/fuzz-history.c %D%/fuzz.h
%C%_fuzz_history_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_history_LDADD = libmurald.la
%C%_fuzz_ipv6_SOURCES = %D%/fuzz-ipv6.c %D%/fuzz.h
%C%_fuzz_ipv6_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_ipv6_LDADD = libping.la libmurald.la
%C%_fuzz_p2_SOURCES = %D%/fuzz-p2.c %D%/fuzz.h
%C%_fuzz_p2_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_p2_LDADD = libp2.la
%C%_fuzz_packet_SOURCES = %D%/fuzz-packet.c %D%/fuzz.h
%C%_fuzz_packet_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_packet_LDADD = libping.la
%C%_fuzz_pixelflut_SOURCES = %D%/fuzz-pixelflut.c %D%/fuzz.h $(pixelflut_la_SOURCES)
%C%_fuzz_pixelflut_CPPFLAGS = $(AM_CPPFLAGS)
%C%_fuzz_pixelflut_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_pixelflut_LDADD = libmurald.la $(pixelflut_la_LIBADD)
%C%_fuzz_snapshot_SOURCES = %D%/fuzz-snapshot.c %D%/fuzz.h
%C%_fuzz_snapshot_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_snapshot_LDADD = libmurald.la
%C%_fuzz_board_SOURCES = %D%/fuzz-board.c %D%/fuzz.h
%C%_fuzz_board_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_board_LDADD = libhttp.la libmurald.la
%C%_fuzz_engineio_SOURCES = %D%/fuzz-engineio.c %D%/fuzz.h
%C%_fuzz_engineio_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
%C%_fuzz_engineio_LDADD = libhttp.la libmurald.la

fuzz: $(FUZZERS)
	for fuzzer in $(FUZZERS); do \
		$(MKDIR_P) $$fuzzer.corpus && ./$$fuzzer -max_total_time=$(SECONDS) \
			-print_final_stats=1 -close_fd_mask=3 $$fuzzer.corpus \
			$(srcdir)/tests/corpus/$${fuzzer#%D%/fuzz-} || exit; \
	done
else
fuzz:
	@echo "no fuzzers in this build: configure with --enable-fuzz CC=clang"; exit 1
endif
