# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/args.c %D%/config-private.h %D%/config.c %D%/config.h \
	%D%/display.c %D%/file.c %D%/networks.c %D%/option-private.h %D%/option-text.c \
	%D%/option-value.c %D%/option.c %D%/option.h %D%/look.c %D%/output.c %D%/print.c %D%/section.c %D%/suggest.c
