/* SPDX-License-Identifier: MIT */
/* What an instance says of itself: the values of its metrics, and a line about its state.
 * Any thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/plugin.h>

struct said {
	pthread_mutex_t lock;
	char state[MURAL_STATE_MAX];   /* lock; "": none */
	char trouble[MURAL_STATE_MAX]; /* lock; murald's own word, said in its place */
	uint64_t *metrics;             /* two's complement, in the order of the table */
	size_t n_metrics;
};

/* 0 or -ENOMEM. */
int said_init(struct said *said, const struct mural_metric *metrics);

/* Accepts one that was never initialized, but zeroed. */
void said_finish(struct said *said);

/* Keeps the text without control characters, as much of it as fits.  Whether it differs
 * from the one before. */
bool said_set_state(struct said *said, const char *text);

/* Why the instance does not work, kept likewise; NULL: it does. */
bool said_set_trouble(struct said *said, const char *text);

/* The trouble, or else the state. */
void said_copy_state(struct said *said, char state[MURAL_STATE_MAX]);

void said_copy_metrics(const struct said *said, int64_t values[MURAL_METRICS_MAX]);
