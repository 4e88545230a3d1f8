# SPDX-License-Identifier: MIT
if WITH_HTTP
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-board %D%/test-gif-colours %D%/test-guess %D%/test-progress %D%/test-sight %D%/test-socketio %D%/test-store
%C%_test_board_SOURCES = %D%/test-board.c tests/fuzz/fuzz-board.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_board_LDADD = libhttp.la $(LDADD)
%C%_test_gif_colours_LDADD = libhttp.la $(LDADD)
%C%_test_guess_LDADD = libhttp.la $(LDADD)
%C%_test_progress_LDADD = libhttp.la $(LDADD)
%C%_test_sight_LDADD = libhttp.la $(LDADD)
%C%_test_socketio_SOURCES = %D%/test-socketio.c tests/fuzz/fuzz-engineio.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h
%C%_test_socketio_LDADD = libhttp.la $(LDADD)
%C%_test_store_LDADD = libhttp.la $(LDADD)
endif
endif
