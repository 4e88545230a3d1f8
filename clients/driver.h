/* SPDX-License-Identifier: MIT */
/*
 * A driver speaks one protocol to a server; a connection is one conversation with it.
 *
 * Everything returns 0 or -errno; whoever fails has said why.  A connection belongs to
 * one thread at a time.  Coordinates are the wall's, from its top left corner; each
 * driver says which walls it cannot measure, and then they are the protocol's own.
 */
#ifndef DRIVER_H
#define DRIVER_H

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
	bool alpha; /* colours may be translucent; else alpha is not looked at */
	struct pace pace;
	int64_t end;      /* put() waits no longer than this, 0: as long as it takes */
	int64_t flushed;  /* when, at a pace */
	void *state;      /* the driver's, zeroed before open() */
	uint64_t put;     /* pixels that left for the server */
	uint64_t painted; /* those the server is known to have painted */
	uint64_t retries; /* http: tries that came too early */
};

struct driver {
	size_t state_size;
	uint64_t rate;       /* to paint with, pixels a second; 0: no limit */
	const char *unit;    /* what is painted: "pixels" */
	bool counts_painted; /* `painted` is filled, by settle() at the latest */
	bool single_login;   /* the server lets a user in only once at a time */
	bool needs_size;     /* to paint, the size is wanted; else begin() does without */
	const char *proof;   /* what a load's figure rests on, or why there is none */

	int (*open)(struct connection *connection);

	/* Asks for the wall; -ENODATA, silent, when the server does not tell. */
	int (*size)(struct connection *connection);
	const char *no_size; /* when size is NULL: why not */

	/* Optional.  An area is going to be painted: learn what is there already. */
	int (*begin)(struct connection *connection, const struct wall_area *area);

	/* Optional.  The server is known to show this colour there, so that painting it
	 * would be for nothing. */
	bool (*shows)(struct connection *connection, int32_t x, int32_t y, uint32_t argb);

	/* Paints a pixel, perhaps later; -ERANGE, silent: there is no such pixel;
	 * -EINTR, silent: somebody asked to stop, or its turn comes after the end. */
	int (*put)(struct connection *connection, int32_t x, int32_t y, uint32_t argb);

	/* Optional.  Everything that was put leaves now. */
	int (*flush)(struct connection *connection);

	/* Optional.  Waits until the server has done all it was told, as far as the
	 * protocol lets one know. */
	int (*settle)(struct connection *connection);

	/* Optional.  Paints whatever it likes within the area until `end`, faster than by
	 * put(), then settles.  *checked of the pixels were read back, *wrong of them had
	 * another colour. */
	int (*flood)(struct connection *connection, const struct wall_area *area,
		int64_t end, uint64_t *checked, uint64_t *wrong);

	/* Reads the whole wall into a new image. */
	int (*grab)(struct connection *connection, struct image *image);
	const char *no_grab; /* when grab is NULL: why not */

	/* Accepts what never opened. */
	void (*close)(struct connection *connection);
};

extern const struct driver driver_icmp, driver_ipv6, driver_p2, driver_http,
	driver_pixelflut;

/* Starts conversation `number` at no more than `rate` pixels a second, 0: no limit. */
int connection_open(struct connection *connection, const struct options *options,
	unsigned number, uint64_t rate);

/* The driver for a target, to know before there is a connection. */
const struct driver *driver_for(const struct target *target);

/* Fills in the wall, as told by --size or asked from the server; silent: -ENOTSUP, the
 * protocol cannot ask, -ENODATA, the server does not tell. */
int connection_measure(struct connection *connection);

/* The same, but the wall's size is necessary: all failures are reported. */
int connection_require_size(struct connection *connection);

/* put() in its time. */
int connection_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb);
int connection_flush(struct connection *connection);
int connection_settle(struct connection *connection);

void connection_close(struct connection *connection);

#endif
