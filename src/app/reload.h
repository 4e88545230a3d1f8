/* SPDX-License-Identifier: MIT */
/*
 * Reload: the config is read anew, while the wall goes on.
 *
 * A config with errors changes nothing.  A good one is in force at once: instances are
 * closed, opened and left alone (ingest_reconfigure()), and of the core sections what can
 * be changed while running; what cannot is named in the log and waits for the next start.
 *
 * The main thread's.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include <stdbool.h>

#include "app/hud-status.h"
#include "app/sd-notify.h"
#include "config/config.h"
#include "display/display.h"
#include "ingest/ingest.h"
#include "plugin/registry.h"
#include "storage/snapshot.h"

struct reload {
	/* the caller's, filled before the first reload_begin() */
	int argc;
	char **argv;
	const struct config *initial; /* what murald started with; stays */
	struct plugins *plugins;
	struct display *display;
	struct snapshot *snapshot;
	struct ingest *ingest;
	struct sd_notify *notify;
	struct hud_status *hud_status;

	struct config configs[2];     /* the one in force, the one being loaded */
	const struct config *current; /* in force: `started`, or one of those two */
	struct config *next;
	struct plugins next_plugins;
	bool busy, pending;
};

/* Reads the config, and begins to go over to it; returns at once.  While a reload is at
 * hand, another is remembered and done afterwards. */
void reload_begin(struct reload *reload);

/* After ingest_stop() and everything else that borrowed from a config.  Accepts one that
 * never began. */
void reload_finish(struct reload *reload);

#endif
