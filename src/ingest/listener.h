/* SPDX-License-Identifier: MIT */
/*
 * Listeners: sockets that accept clients on the addresses of the config.
 *
 * Each address has one accepting socket, on the main loop; instance.c then chooses the
 * worker with the fewest clients, so that two clients use two workers (SO_REUSEPORT would
 * leave that to chance).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "ingest/arrivals.h"
#include "lib/peer-address.h"

struct ingest;
struct instance;

/* Those that a listener has on the loop. */
#define LISTENER_HANDLES 3

struct listener {
	uv_poll_t poll;
	uv_timer_t pause; /* runs after accept() ran out of descriptors */
	uv_idle_t more;   /* active while clients wait to be served */
	struct arrivals arrivals;
	/* The descriptor at the door: a client got one of the wall's own, and waits for
	 * one of the clients'; -1: none. */
	int door_fd;
	union peer_address door_peer;
	uint64_t door_until_ms;  /* then it is refused */
	uint64_t last_logged_ms; /* of that; 0: never */
	uint64_t full_until_ms;  /* make-room.c's: it disconnects nobody before */
	uint64_t most_until_ms;  /* likewise; after that `most` is out of date */
	size_t most; /* clients of the largest source when last counted; 0: never counted
		      */
	int fd;      /* -1: closed */
	char *unix_path; /* removed at the end; NULL: TCP */
	bool (*on_client)(
		struct listener *listener, int fd, const union peer_address *peer);
	const char *name;      /* borrowed */
	struct listener *next; /* instance.c's, as the next */
	struct ingest *ingest;
	struct instance *instance; /* whose; NULL: no plugin's */

	/* the loop has closed all handles; may be NULL */
	void (*on_closed)(struct listener *listener);
	unsigned handles; /* not closed yet */
};

/* Listens on the loop; on_client() owns the descriptors it gets, unless it answers false:
 * then it is asked again soon.  0 or -errno, logged. */
int listener_open(struct listener *listener, uv_loop_t *loop, const char *name,
	const char *address,
	bool (*on_client)(
		struct listener *listener, int fd, const union peer_address *peer));

/* Logs now and then that there are no descriptors or memory for clients. */
void listener_log_shortage(struct listener *listener, int error);

/* Stops listening at once; on_closed() comes from the loop.  Does nothing if fd is -1. */
void listener_close(struct listener *listener);
