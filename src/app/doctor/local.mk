# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/clock.c %D%/control.c %D%/doctor.c %D%/doctor.h %D%/files.c %D%/filter.c %D%/filter.h \
	%D%/libraries.c %D%/machine.c %D%/network.c %D%/parts.h %D%/ports.c %D%/privileges.c
