/* SPDX-License-Identifier: MIT */
/*
 * Time, descriptors, waking and damage; part of <mural/plugin.h>.
 *
 * Timers, descriptors and readers belong to a connection, or with conn = NULL to the
 * instance, and call back on the thread of their owner: that of the connection; of an
 * instance the thread of attach() for a poller, else the main loop's.  They are made and
 * stopped on that thread only, from open(), init(), start() or attach() on.  What the
 * plugin has not stopped when close(), detach() or finish() returns, or at
 * mural_stopped(), murald stops.  Afterwards no callback comes.
 *
 * A callback may paint with `brush`; it sends with mural_send(), or replies by way of
 * mural_wake().
 */
#ifndef MURAL_EVENT_H
#define MURAL_EVENT_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a callback is about.  Made by murald; valid during the call. */
struct mural_event {
	uint32_t size;
	int32_t error; /* of a descriptor: -errno, and it is not watched any more; or 0 */
	uint32_t events; /* of a descriptor: MURAL_READABLE, MURAL_WRITABLE */
	uint32_t reserved;
	struct mural_host *host;
	struct mural_conn *conn; /* NULL: the instance's own */
	void *arg;
};

/* Calls after `ms` milliseconds, or 1 for 0, and then every `repeat_ms`, unless that is
 * 0.  The timer lives until it is stopped or its owner ends, also after it has rung.
 * NULL: out of memory. */
struct mural_timer;
MURAL_EXPORT struct mural_timer *mural_timer_start(struct mural_host *host,
	struct mural_conn *conn, uint64_t ms, uint64_t repeat_ms,
	void (*on_timer)(const struct mural_event *event, struct mural_brush *brush),
	void *arg);

/* Sets it anew, whether it has rung or not. */
MURAL_EXPORT void mural_timer_again(
	struct mural_timer *timer, uint64_t ms, uint64_t repeat_ms);

/* Frees it; also in its callback.  NULL is accepted. */
MURAL_EXPORT void mural_timer_stop(struct mural_timer *timer);

enum { MURAL_READABLE = 1 << 0, MURAL_WRITABLE = 1 << 1 };

/* Calls whenever a descriptor of the plugin's own is readable or writable, as `events`
 * says, until it is stopped; the descriptor is closed after that, by the plugin.  NULL:
 * out of memory, it cannot be polled, another one polls it, or it is a client's and one
 * of the last descriptors, which are the wall's own. */
struct mural_poll;
MURAL_EXPORT struct mural_poll *mural_poll_start(struct mural_host *host,
	struct mural_conn *conn, int fd, uint32_t events,
	void (*on_ready)(const struct mural_event *event, struct mural_brush *brush),
	void *arg);

/* Changes what is waited for; 0: nothing for now. */
MURAL_EXPORT void mural_poll_events(struct mural_poll *poll, uint32_t events);

/* Frees it; also in its callback.  NULL is accepted. */
MURAL_EXPORT void mural_poll_stop(struct mural_poll *poll);

/* Has the table's ready() called on the connection's thread.  Any thread, a plugin's own
 * too, but only while the plugin knows that the connection lives: until its close()
 * returns, under a lock of the plugin's that close() takes as well, or on the
 * connection's thread.  Cheap to repeat. */
MURAL_EXPORT void mural_wake(struct mural_conn *conn);

/* A reader of the whole canvas that rings at once, and then once after each
 * mural_reader_arm() that returned false:
 *
 *	do {
 *		while (mural_reader_take(reader, tiles))
 *			...
 *	} while (mural_reader_arm(reader));
 *
 * It calls `on_damage`, or with NULL the connection's ready().  The plugin frees it with
 * mural_reader_free(), or its owner's end does.  NULL: out of memory or descriptors. */
MURAL_EXPORT struct mural_reader *mural_reader_new(struct mural_host *host,
	struct mural_conn *conn,
	void (*on_damage)(const struct mural_event *event, struct mural_brush *brush),
	void *arg);

#ifdef __cplusplus
}
#endif
#endif
