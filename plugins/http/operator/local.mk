# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/api.c %D%/operator.h
