/* SPDX-License-Identifier: MIT */
/*
 * A driver speaks one protocol to a server, over a connection.
 *
 * The folder is muralctl: muralctl.c and options.c read the command line, paint.c,
 * load.c, grab.c and stats.c are its verbs, and drivers its protocols, which no verb
 * knows by name.  It may use lib/, p2/wire.h and ping/address-template.h, and nothing
 * else of murald.
 *
 * Everything returns 0 or -errno, with the error printed unless stated otherwise.  A
 * connection belongs to one thread at a time.  Coordinates count from the wall's top left
 * corner; where a wall's size is unknown they are the protocol's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "image.h"
#include "options.h"

/* A part of the wall. */
struct wall_area {
	int32_t x, y;
	uint32_t width, height;
};

struct connection {
	const struct driver *driver;
	const struct target *target;
	const struct options *options;
	unsigned number;       /* of this connection among those of a load, from 0 */
	struct wall_area wall; /* width 0: unknown */
	bool alpha;            /* colours may be translucent; else alpha is ignored */
	struct pace pace;
	int64_t end;      /* put() waits no longer than this; 0: no limit */
	int64_t flushed;  /* the last time, at a pace */
	void *state;      /* the driver's, zeroed before open() */
	uint64_t put;     /* pixels sent */
	uint64_t painted; /* pixels known to be painted */
	uint64_t retries; /* http: requests that came too early */
};

struct driver {
	size_t state_size;
	uint64_t rate;       /* default, pixels a second; 0: no limit */
	const char *unit;    /* what is painted: "pixels" */
	bool counts_painted; /* `painted` is set, by settle() at the latest */
	bool single_login;   /* a user can have one connection at a time */
	bool needs_size;     /* painting asks for the size first */
	const char *proof;   /* how `painted` is known, or why it is not */

	int (*open)(struct connection *connection);

	/* Asks for the wall; -ENODATA, not printed: the server does not tell. */
	int (*size)(struct connection *connection);
	const char *no_size; /* when size is NULL: why not */

	/* Optional.  Before an area is painted: finds out what is there already. */
	int (*begin)(struct connection *connection, const struct wall_area *area);

	/* Optional.  The server is known to show this colour there already. */
	bool (*shows)(struct connection *connection, int32_t x, int32_t y, uint32_t argb);

	/* Paints a pixel, perhaps later.  Not printed: -ERANGE, there is no such pixel;
	 * -EINTR, stop was requested, or its turn comes after the end. */
	int (*put)(struct connection *connection, int32_t x, int32_t y, uint32_t argb);

	/* Optional.  Sends everything that was put. */
	int (*flush)(struct connection *connection);

	/* Optional.  Waits until the server has painted everything, as far as the
	 * protocol can tell. */
	int (*settle)(struct connection *connection);

	/* Optional.  Paints anything within the area until `end`, faster than put() can,
	 * then settles.  *checked pixels were read back, *wrong of them had another
	 * colour. */
	int (*flood)(struct connection *connection, const struct wall_area *area,
		int64_t end, uint64_t *checked, uint64_t *wrong);

	/* Reads the whole wall into a new image. */
	int (*grab)(struct connection *connection, struct image *image);
	const char *no_grab; /* when grab is NULL: why not */

	/* Optional.  What the wall counts, in the Prometheus text format; the caller
	 * frees it. */
	int (*metrics)(struct connection *connection, char **text);
	const char *no_metrics; /* optional, when that is NULL: why */

	/* Optional.  Accepts one that was never opened. */
	void (*close)(struct connection *connection);
};

extern const struct driver driver_icmp, driver_ipv6, driver_p2, driver_http,
	driver_pixelflut;

/* Whether as many connections are possible as the options say: 0 or -EINVAL. */
int connections_check(const struct options *options);

/* `rate`: pixels a second at most, 0: no limit. */
int connection_open(struct connection *connection, const struct options *options,
	unsigned number, uint64_t rate);

const struct driver *driver_for(const struct target *target);

/* Lends `use` a connection to a wall of known size that can be read.  0 or -errno,
 * printed. */
int connection_lend_reader(const struct options *options,
	int (*use)(struct connection *connection, const struct options *options));

/* Sets the wall's size, from --size or from the server.  Not printed: -ENOTSUP, the
 * protocol cannot ask; -ENODATA, the server does not tell. */
int connection_measure(struct connection *connection);

/* The same, but every error is printed. */
int connection_require_size(struct connection *connection);

/* At the connection's pace. */
int connection_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb);
int connection_settle(struct connection *connection);

void connection_close(struct connection *connection);
