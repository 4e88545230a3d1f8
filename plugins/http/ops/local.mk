# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/healthz.c %D%/hints.c %D%/metrics.c %D%/ops.h
