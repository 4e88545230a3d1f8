/* SPDX-License-Identifier: MIT */
/*
 * The board's settings that its admin may change at run time: how often a generator may
 * set a cell, and whether the board is enabled.  The store remembers both; a rate that
 * the config file changed since then overrides the remembered one.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct store;
struct MHD_Response;

/* The longest time between two cells of one generator: a day. */
#define RATE_MAX_MS 86400000

struct board_settings {
	struct store *store;
	uint64_t configured_ms; /* rate_ms of the config file */
	uint64_t rate_ms;       /* between two cells of one generator */
	bool enabled;
	struct MHD_Response *accepted; /* the answer to a cell, under these settings */
	char text[128];                /* its */
};

/* 0 or -errno. */
int board_settings_start(
	struct board_settings *settings, struct store *store, uint64_t configured_ms);
void board_settings_stop(struct board_settings *settings);

/* 0 or -ENOMEM, and then nothing changed. */
int board_settings_set_rate(struct board_settings *settings, uint64_t rate_ms);
int board_settings_set_enabled(struct board_settings *settings, bool enabled);
