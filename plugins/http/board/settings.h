/* SPDX-License-Identifier: MIT */
/*
 * The board's rules, which its admin may change at run time: how often a generator may
 * set a cell, and whether cells are drawn at all.  Both are remembered in the store; a
 * rate that the config file changes since counts more than a remembered one.
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_BOARD_SETTINGS_H
#define HTTP_BOARD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct http;
struct MHD_Response;

/* The longest time between two cells of one generator: a day. */
#define RATE_MAX_MS 86400000

struct board_settings {
	uint64_t rate_ms; /* between two cells of one generator */
	bool enabled;
	struct MHD_Response *accepted; /* of a cell, under these rules */
};

int board_settings_start(struct http *http);
void board_settings_stop(struct http *http);

/* 0 or -ENOMEM, and then nothing changed. */
int board_settings_set_rate(struct http *http, uint64_t rate_ms);
int board_settings_set_enabled(struct http *http, bool enabled);

#endif
