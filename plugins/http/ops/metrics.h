/* SPDX-License-Identifier: MIT */
/* /metrics: what murald counts, for Prometheus and its like. */
#ifndef METRICS_H
#define METRICS_H

#include "request.h"

enum MHD_Result metrics_answer(struct request *request);

#endif
