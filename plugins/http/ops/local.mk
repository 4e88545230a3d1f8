# SPDX-License-Identifier: MIT
libhttp_la_SOURCES += %D%/healthz.c %D%/hints.c %D%/hour.c %D%/hour.h %D%/metrics.c %D%/ops.h
