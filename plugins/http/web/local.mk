# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/client.c %D%/client.h %D%/crowd.c %D%/guess.c %D%/holdings.c %D%/holdings.h \
	%D%/html.c %D%/html.h %D%/json-field.c %D%/json-field.h %D%/notice.c %D%/notice.h \
	%D%/origin.c %D%/origin.h %D%/progress.c %D%/progress.h %D%/proxy.c %D%/proxy.h \
	%D%/reached.c %D%/reached.h %D%/request.c %D%/request.h %D%/response.c %D%/router.c \
	%D%/turn.c %D%/turn.h %D%/web.c %D%/web.h
