# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-claims %D%/test-fair-queue %D%/test-sendbuf
%C%_test_claims_LDADD = libcommon.la $(LDADD)
%C%_test_fair_queue_LDADD = libfair.la $(UV_LIBS) $(LDADD)
%C%_test_sendbuf_LDADD = libcommon.la $(LDADD)
if WITH_WEB
check_PROGRAMS += %D%/test-websocket-deflate
%C%_test_websocket_deflate_LDADD = libweb.la $(LDADD)
endif
endif
