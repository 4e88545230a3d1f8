# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/list.c %D%/loader.c %D%/loader.h %D%/metrics.c \
	%D%/metrics.h %D%/registry.c %D%/registry.h %D%/said.c %D%/said.h %D%/sysctl.c %D%/sysctl.h \
	%D%/table.c %D%/table.h
