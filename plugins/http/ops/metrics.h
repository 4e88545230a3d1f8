/* SPDX-License-Identifier: MIT */
/* /metrics: what murald counts, for Prometheus and its like. */
#ifndef HTTP_OPS_METRICS_H
#define HTTP_OPS_METRICS_H

#include "http/web/request.h"

enum MHD_Result metrics_answer(struct request *request);

#endif
