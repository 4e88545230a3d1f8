# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/box.h %D%/counters.c %D%/counters.h %D%/descriptors.c %D%/descriptors.h \
	%D%/files.c %D%/files.h \
	%D%/host-address.c %D%/host-address.h %D%/ip-key.c %D%/ip-key.h %D%/libraries.c %D%/libraries.h \
	%D%/log.c %D%/log.h %D%/misuse.c %D%/misuse.h %D%/pool.c %D%/pool.h \
	%D%/procs.c %D%/procs.h %D%/report.c %D%/report.h %D%/util.h
