/* SPDX-License-Identifier: MIT */
/*
 * How fast somebody takes an answer: whoever takes less than a phone on the worst of
 * networks would is not reading it, but keeping it in memory.
 */
#ifndef HTTP_WEB_PROGRESS_H
#define HTTP_WEB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* So many bytes must be taken within each such time while there are more to take: 4 KiB a
 * second, however they come. */
#define PROGRESS_MS 30000
#define PROGRESS_BYTES (PROGRESS_MS / 1000 * 4096)

struct progress {
	bool begun;
	uint64_t since_ms, taken; /* then so many had been taken */
};

/* What the other end of a TCP connection has taken, ever, and whether the kernel holds
 * more for it.  0, or -errno: it is no such socket, or nobody counts. */
int progress_query(int fd, uint64_t *taken, bool *waits);

/* To be told every few seconds what was taken so far, on all of the connection, and
 * whether more waits to be; zeroed when an answer begins.  True: too little in the last
 * PROGRESS_MS. */
bool progress_is_slow(
	struct progress *progress, uint64_t taken, bool waits, uint64_t now_ms);

#endif
