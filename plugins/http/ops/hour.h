/* SPDX-License-Identifier: MIT */
/*
 * What each instance painted in the last hour, every ten seconds, for the page's figures;
 * of at most HOUR_WAYS instances, and forgotten when the http instance ends:
 *
 *	GET /figures.json
 *	{"step": 10, "to": SECONDS, "ways":
 *		[{"name": "icmp", "module": "icmp", "pixels_per_second": [0, 3, ...]},
 *...]}
 *
 * The last one ended at `to`, in seconds since 1970.
 */
#pragma once

#include "http/web/web.h"

enum { HOUR_STEP_S = 10, HOUR_STEPS = 360, HOUR_WAYS = 24, HOUR_NAME_MAX = 64 };

/* By name: an instance that is reopened goes on. */
struct hour_way {
	char name[HOUR_NAME_MAX];   /* empty: unused */
	char module[HOUR_NAME_MAX]; /* copied: its plugin may be unloaded */
	uint64_t painted;           /* at the last step */
	unsigned gone;              /* steps since it was there */
	uint32_t rates[HOUR_STEPS];
};

/* Starts as zeros. */
struct hour {
	struct web *web; /* NULL: not started */
	uv_timer_t timer;
	uint64_t updated_ms;
	int64_t to;     /* seconds since 1970 */
	unsigned at, n; /* the next step's place, and how many there are */
	struct hour_way ways[HOUR_WAYS];
	struct MHD_Response *answer; /* of this step; NULL: nobody asked yet */
	char *text;                  /* its own */
	size_t len;
};

void hour_start(struct hour *hour, struct web *web);
void hour_stop(struct hour *hour);

enum MHD_Result hour_answer(struct request *request);
