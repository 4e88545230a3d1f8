/* SPDX-License-Identifier: MIT */
/* /metrics: what murald counts, for Prometheus and its like. */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>

#include "request.h"

/* Whether who accepts this (RFC 9110's Accept; NULL: says nothing) is to get OpenMetrics,
 * rather than Prometheus' older text. */
bool metrics_are_open(const char *accept);

enum MHD_Result metrics_answer(struct request *request);

#endif
