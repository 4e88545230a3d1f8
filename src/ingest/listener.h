/* SPDX-License-Identifier: MIT */
/*
 * Listeners: sockets made from the addresses in the config, and clients handed to
 * workers.
 *
 * One accepting socket for each address, on the main loop; every client goes to the
 * worker that has the fewest, so that two clients use two workers (SO_REUSEPORT would
 * leave that to chance).
 */
#ifndef INGEST_LISTENER_H
#define INGEST_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/host-address.h"
#include "limits/connlimit.h"

/* Makes a bound, non-blocking socket: SOCK_STREAM sockets listen.  `address` is as
 * murald.conf has it: HOST:PORT, [V6]:PORT (with [::] taking IPv4 too), unix:PATH.  The
 * descriptor, or -errno, logged with `name` before it. */
int socket_bind(const char *name, const char *address, int type);

/* Whether socket_bind() could have a TCP or UDP address now: takes it and lets go of it,
 * so that no client notices.  0 or -errno, not logged. */
int socket_try_bind(const char *address, int type);

/* The one address that a socket takes clients at, as text; false when it takes them at
 * every address of the machine, or is a Unix socket. */
bool socket_bound_address(int fd, char text[ADDRESS_TEXT_MAX]);

/* The address for the log, with the port that the kernel chose where the config says 0.
 * Returns that port; 0 for a Unix socket. */
uint16_t socket_text(int fd, const char *address, char *text, size_t len);

struct ingest;
struct instance;

struct listener {
	uv_poll_t poll;
	uv_timer_t pause; /* runs while there are no descriptors left to accept with */
	uint64_t last_logged_ms; /* when it was last logged that there are none; 0: never
				  */
	int fd;                  /* -1: none */
	char *unix_path;         /* removed at the end; NULL: TCP */
	void (*on_client)(
		struct listener *listener, int fd, const union peer_address *peer);
	struct connlimit connlimit; /* of its clients; zeroed: none */
	const char *name;           /* borrowed */
	struct ingest *ingest;      /* for on_client: the owner's */
	struct instance *instance;  /* for on_client: whose clients they are */
	uint16_t port;              /* TCP; 0: Unix */

	/* the loop is done with it; NULL: nobody asks */
	void (*on_closed)(struct listener *listener);
	unsigned handles; /* of it that the loop still has */
};

/* Begins to listen on the loop; on_client owns the descriptors it gets.  0 or -errno,
 * logged. */
int listener_open(struct listener *listener, uv_loop_t *loop, const char *name,
	const char *address,
	void (*on_client)(
		struct listener *listener, int fd, const union peer_address *peer));

/* Stops; the handles are closed once the loop has run.  Accepts what never opened (fd -1
 * or a zeroed struct with fd set to -1). */
void listener_close(struct listener *listener);

#endif
