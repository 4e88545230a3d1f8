# SPDX-License-Identifier: MIT
libmurald_la_SOURCES += %D%/call.c %D%/call.h %D%/control.c %D%/control.h %D%/log.c %D%/log.h \
	%D%/question.c %D%/socket.c %D%/socket.h %D%/state.c %D%/state.h \
	%D%/values.c %D%/values.h
