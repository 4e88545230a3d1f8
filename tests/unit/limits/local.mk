# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-bucket-table %D%/test-connlimit %D%/test-loudest %D%/test-ratelimit
%C%_test_connlimit_SOURCES = %D%/test-connlimit.c %D%/peer.h
%C%_test_ratelimit_SOURCES = %D%/test-ratelimit.c %D%/peer.h
endif
