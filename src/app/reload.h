/* SPDX-License-Identifier: MIT */
/*
 * Reload: goes over to a new config while the wall keeps running.
 *
 * A config with errors changes nothing.  A good one comes into force at once: instances
 * that are gone or changed are closed, new and changed ones are opened, and the others
 * keep running with their clients and counters.  Of the core sections the keys that can
 * change at run time do; the others are named in the log and wait for the next start.
 *
 * The main thread's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct wall;

struct reload {
	uv_timer_t timer;     /* ends the wait for services to stop */
	uint64_t deadline_ms; /* of that wait, by uv_now() */
	bool pending;         /* another reload was asked for meanwhile */
	unsigned errors;      /* of a config that is refused */
	const char *why;      /* the first of them; NULL: out of memory */
	unsigned closed, opened, failed, unchanged;
	json_t *deferred; /* the options that wait for the next start; may be NULL */
};

void reload_start(struct wall *wall);

/* Loads the config and begins to go over to it; returns at once.  A call during a reload
 * is remembered and runs when that is done. */
void reload_begin(struct wall *wall);

/* Abandons a reload in progress: what it closed stays closed.  The timer is closed once
 * the loop has turned. */
void reload_stop(struct wall *wall);
