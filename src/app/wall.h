/* SPDX-License-Identifier: MIT */
/*
 * The wall: all parts of a murald that runs, and the order in which they start and stop.
 *
 * Paint flows one way: socket, plugin, brush, canvas, reader, display.  So the parts
 * start from the right, a screen before paint arrives, and stop from the left.  src/app/
 * is the only folder that knows them all; none of them knows the wall.
 */
#pragma once

#include <uv.h>

#include "app/hud-status.h"
#include "app/operators.h"
#include "app/reload.h"
#include "app/sd-notify.h"
#include "base/host-address.h"
#include "canvas/canvas.h"
#include "canvas/reins.h"
#include "config/config.h"
#include "display/display.h"
#include "hud/hud.h"
#include "ingest/ingest.h"
#include "plugin/registry.h"
#include "storage/record.h"
#include "storage/snapshot.h"

/* A config and the plugin instances that it asks for. */
struct generation {
	struct config config;
	struct plugins plugins;
};

struct wall {
	int argc; /* read again by a reload */
	char **argv;
	struct generation *initial; /* borrowed; its config outlives every reload */
	struct generation *now;     /* in force */
	struct generation *next;    /* of the reload in progress; NULL: none */
	struct reload reload;
	struct display display;
	struct canvas canvas;
	struct reins *reins;
	struct snapshot snapshot;
	struct record record;
	struct ingest ingest;
	struct hud *hud; /* NULL: no display to show it on */
	struct hud_status hud_status;
	struct operators operators;
	struct host_address_watch addresses;
	bool watching_addresses;
	/* IPv4 and IPv6 as the log's last hints had them; or empty */
	char hinted[2][ADDRESS_TEXT_MAX];
	struct sd_notify notify;
	uv_loop_t loop;
};

/* Runs a wall until SIGTERM or SIGINT.  Unloads the plugins of `initial`; its config
 * stays the caller's.  The exit status. */
int wall_run(struct generation *initial, int argc, char *argv[]);

/* The wall of an instance; a plugin's call of `function` has to be on the main loop's
 * thread.  host-api.c */
struct wall *wall_of_host(struct mural_host *host, const char *function);

/* Frees a generation, but not the config of the initial one. */
void wall_free_generation(struct wall *wall, struct generation *generation);
