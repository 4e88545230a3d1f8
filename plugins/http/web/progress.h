/* SPDX-License-Identifier: MIT */
/*
 * Whether a client reads its response fast enough.  One that reads more slowly than a
 * phone on the worst of networks only keeps it in our memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The least that must be read within PROGRESS_MS while more is waiting: 4 KiB a second on
 * average. */
#define PROGRESS_MS 30000
#define PROGRESS_BYTES (PROGRESS_MS / 1000 * 4096)

struct progress {
	bool begun;
	uint64_t since_ms, taken; /* the start of the window, and what was read by then */
};

/* How many bytes the peer of a TCP connection has acknowledged in all, and whether the
 * kernel holds more for it.  0, or -errno: not TCP, or the kernel does not count. */
int progress_query(int fd, uint64_t *taken, bool *waits);

/* Call every few seconds with progress_query()'s results; `progress` starts as zeros with
 * each response.  True: too little was read in the last PROGRESS_MS. */
bool progress_is_slow(
	struct progress *progress, uint64_t taken, bool waits, uint64_t now_ms);
