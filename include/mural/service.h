/* SPDX-License-Identifier: MIT */
/* What murald offers to services, which have a server of their own on the main loop, and
 * to those that show what murald does; part of <mural/plugin.h>. */
#ifndef MURAL_SERVICE_H
#define MURAL_SERVICE_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Services, on the main loop's thread: publishes what host->brush painted. */
MURAL_EXPORT void mural_publish(struct mural_host *host);

/* Services: nothing of this instance is left on the loop. */
MURAL_EXPORT void mural_stopped(struct mural_host *host);

/* Services, in start(): listens on HOST:PORT, [V6]:PORT or unix:PATH, logs the address
 * and, unless NULL, `what`, and passes each client on as a connected, non-blocking socket
 * that the plugin owns.  The first TCP listener sets host->port.  0 or -errno, logged. */
struct mural_listener;
MURAL_EXPORT int mural_listen(struct mural_host *host, const char *address,
	const char *what, void (*on_client)(struct mural_host *host, int fd),
	struct mural_listener **listener);

/* Before mural_stopped(), and in a start() that fails.  NULL is accepted. */
MURAL_EXPORT void mural_unlisten(struct mural_listener *listener);

/* Services whose start() goes on without something that they want, such as a file on a
 * disk that is full: calls wanted(host) every second until it returns 0, and then closes
 * the instance and opens it again.  What it logs over and over is logged once.  Main
 * loop's thread; ends with stop(). */
MURAL_EXPORT void mural_retry(
	struct mural_host *host, int (*wanted)(struct mural_host *host));

/* Services: a reader of the whole canvas, or NULL: out of memory.  The plugin frees it
 * with mural_reader_free() before mural_stopped(). */
MURAL_EXPORT struct mural_reader *mural_watch(struct mural_host *host);

/* What an instance did so far. */
struct mural_totals {
	uint32_t size; /* set by the caller; murald fills in no more */
	uint32_t reserved;
	uint64_t painted;     /* pixels, ever */
	uint64_t connections; /* clients that are connected now */
};

/* Any thread.  What was done on another one counts a moment later.  Costs some cache
 * misses a thread: to answer a question, not for each pixel. */
MURAL_EXPORT void mural_read_totals(struct mural_host *host, struct mural_totals *totals);

/* One instance, for a plugin that shows what murald does. */
struct mural_instance {
	uint32_t size;                     /* set by murald */
	uint32_t n_reasons;                /* of `discarded` */
	const struct mural_plugin *plugin; /* name, summary, hint() */
	const struct mural_host *host;     /* name, region, port; read-only */
	bool is_open;                      /* false: it could not be opened */
	bool required;
	uint64_t painted;          /* pixels, ever */
	const uint64_t *discarded; /* by reason, ever */
	const struct mural_counts *counts;
	const char *state;      /* what mural_state() said; "": nothing */
	const int64_t *metrics; /* the values of plugin->metrics, in its order */
};

/* Calls each(instance, arg) for every enabled instance, the caller's too, in the order of
 * the config file.  Counters are at most a moment old and never decrease while the
 * instance exists.  No pointer may be kept.  Services, on the main loop's thread. */
MURAL_EXPORT void mural_each_instance(struct mural_host *host,
	void (*each)(const struct mural_instance *instance, void *arg), void *arg);

/* Writes how to paint through an instance that each() was called with: as its `advertise`
 * says, or else what its hint() returns, with server.public-address, if that is set, in
 * place of the address.  Returns as hint(); -EPERM: it is not advertised.  Services, on
 * the main loop's thread. */
MURAL_EXPORT int mural_invitation(const struct mural_instance *instance,
	const struct mural_hint_request *request, char *text, size_t len);

/* server.public-url, where people find the web page, until the loop turns; NULL: not set.
 * Services, on the main loop's thread. */
MURAL_EXPORT const char *mural_public_url(const struct mural_host *host);

/* display.title, the name of the event, until the loop turns; NULL: not set.  Services,
 * on the main loop's thread. */
MURAL_EXPORT const char *mural_title(const struct mural_host *host);

/* The label that a reason has in the log and the metrics: "out_of_bounds", ...; NULL:
 * this murald does not know it. */
MURAL_EXPORT const char *mural_reason_label(enum mural_reason reason);

struct mural_display {
	uint32_t size; /* set by the caller; murald fills in no more */
	bool wanted;   /* false: headless */
	bool enabled;  /* the canvas is shown on a screen */
	uint64_t frames, late_frames;
	bool blanked; /* temporarily off or black, by the config or an operator */
};

/* Services, on the main loop's thread. */
MURAL_EXPORT void mural_display_counters(
	struct mural_host *host, struct mural_display *display);

/* What those who look at the wall should be told. */
struct mural_notice {
	uint32_t size;    /* set by the caller; murald fills in no more */
	bool frozen;      /* all of the canvas: nobody but operators paints */
	const char *text; /* of an operator, valid until the loop turns; "": nothing */
	int64_t until;    /* seconds since 1970; 0: until it is taken away */
};

/* Services, on the main loop's thread; the table's notice() is called when it changes. */
MURAL_EXPORT void mural_current_notice(
	struct mural_host *host, struct mural_notice *notice);

/* The file of the recording (<mural/history.h>), valid until stop(); NULL: nothing is
 * recorded.  Services, on the main loop's thread. */
MURAL_EXPORT const char *mural_record_file(struct mural_host *host);

#ifdef __cplusplus
}
#endif
#endif
