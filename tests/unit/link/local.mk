# SPDX-License-Identifier: MIT
if WITH_LINK
if HAVE_CMOCKA
check_PROGRAMS += %D%/test-link-codec
%C%_test_link_codec_LDADD = libpixels.la $(ZSTD_LIBS) $(LDADD)
endif
endif
