# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-film-live %D%/test-target
%C%_test_film_live_LDADD = libmuralctl.la $(CMOCKA_LIBS)
%C%_test_target_LDADD = libmuralctl.la $(CMOCKA_LIBS)
endif
