# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-arrivals %D%/test-poller %D%/test-service \
	%D%/test-spendings %D%/test-udp
endif
