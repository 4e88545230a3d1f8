# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/control.c %D%/doctor.c %D%/doctor.h %D%/files.c %D%/libraries.c %D%/machine.c %D%/network.c \
	%D%/parts.h %D%/privileges.c
