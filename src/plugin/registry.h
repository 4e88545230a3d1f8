/* SPDX-License-Identifier: MIT */
/*
 * The registry: finds and loads plugins, and binds the config's plugin sections to them.
 *
 * This folder may use config and base.  It must never know how a plugin is run: it opens
 * no socket and starts nothing, that is ingest.h.  It alone uses dlopen.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include <mural/plugin.h>

#include "base/host-address.h"
#include "base/log.h"
#include "config/config.h"
#include "plugin/said.h"

/* The options of every plugin section, except those for a transport that the plugin does
 * not have. */
struct instance_config {
	bool enabled, required;
	struct mural_point offset;
	struct mural_dimensions region; /* 0x0: the whole canvas */
	const char *advertise;          /* yes, no, or what people are told */
	const char *listen;             /* streams; addresses with spaces between */
	const char *listen_udp;         /* datagrams; likewise */
};

enum { COMMON_OPTIONS = 7 };

/* One shared object.  The table is our own copy, padded with zeros where an older plugin
 * has no member. */
struct module {
	struct module *next;
	char *path;
	void *object;     /* dlopen */
	struct stat seen; /* the file when it was opened, or last found replaced */
	struct mural_plugin plugin;
	struct mural_option common[COMMON_OPTIONS + 1]; /* plugin_common_options() */
};

/* Of a service, between start() and mural_stopped(); service.c's. */
enum service_state { SERVICE_STOPPED, SERVICE_RUNNING, SERVICE_STOPPING };

struct instance {
	struct instance *next;
	const struct mural_plugin *plugin; /* the module's copy */
	const struct section *section;
	struct instance_config common;
	void *config; /* the plugin's own, plugin->config_size bytes */
	char *name;
	struct mural_claim *claims; /* what host.claims points to */
	struct mural_host host;
	struct mural_counts counts; /* what host.counts points to */
	struct said said;
	enum service_state service_state;
	bool start_failed;
	size_t n_handles; /* that murald put on the loop for its service, ever */
	void (*on_stopped)(struct instance *instance); /* may be NULL */
	bool unchanged; /* reload.c's: it keeps running in the next config */
	/* ingest's */
	bool is_open;
	bool is_off;                            /* an operator has switched it off */
	int (*wanted)(struct mural_host *host); /* mural_retry()'s; NULL: nothing is */
	bool is_waiting;                        /* retry.c opens it again */
	struct log_dedup tries;                 /* what these log */
	struct listener *listeners;             /* of a stream */
	struct connlimit *connlimit;            /* of its clients; NULL: none */
	bool announced;                         /* `address` is known */
	char address[ADDRESS_TEXT_MAX];         /* that it listens on; "": on all */
	struct shard *shards;                   /* one for each worker */
	struct shard *owner;                    /* that of its timers and descriptors */
	struct event *events;                   /* these; src/ingest/event.h */
	uint16_t crowd;                         /* of whoever paints without an id */
	bool initialised;                       /* init() succeeded, finish() is due */
	struct ingest *ingest;                  /* that opened it */
	const struct mural_carrier *carrier;    /* share.c's; NULL: it cannot carry */
};

struct plugins {
	struct module *modules;
	struct instance *instances; /* the enabled ones, in the order of the file */
	struct instance *abandoned; /* services that did not stop in time */
	struct mural_claim *claims;
	size_t n_claims;
};

/* Loads every module that a section names, binds and checks the options, and creates the
 * instances.  All errors are reported with config_error(); a module that cannot be loaded
 * for a section with `required = no` is only a warning, and the section is left out.  0
 * or -ENOMEM. */
int plugins_load(struct plugins *plugins, struct config *config);

/* Has each instance load what takes more rights than murald will have. */
void plugins_prepare(const struct plugins *plugins);

/* The same as plugins_load() for a reload: `next` gets instances and claims only; the
 * modules stay in the list of `running`, newly loaded ones too, even on failure. */
int plugins_load_next(
	struct plugins *next, struct plugins *running, struct config *config);

/* Closes the modules that no instance uses. */
void plugins_unload_unused(struct plugins *plugins);

/* Whether both have the same module, name and options, but for secrets that a running one
 * can take; and as pollers the same claims. */
bool instance_same(const struct instance *a, const struct instance *b);

/* An open instance gets the secrets of the same one in a new config, for its reload(). */
void instance_take_secrets(struct instance *instance, struct instance *next);

/* Frees an instance that is in no list and not running. */
void instance_free(struct instance *instance);

/* Frees instances and modules; none may be running.  Accepts a zeroed struct. */
void plugins_unload(struct plugins *plugins);

/* --list-plugins: every plugin on server.plugin-path with version, summary and options,
 * or the reason why it cannot be loaded. */
int plugins_list(const struct config *config, FILE *out);

/* --print-config: each plugin section's effective values, and where they came from. */
void plugins_print(const struct plugins *plugins, const struct config *config, FILE *out);

/* The common options of a plugin, which must be a module's; ends with an empty entry. */
const struct mural_option *plugin_common_options(const struct mural_plugin *plugin);
