# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/api.c %D%/api.h %D%/live.c %D%/operator.h
