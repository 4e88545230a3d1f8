/* SPDX-License-Identifier: MIT */
/*
 * Finds, opens, checks and closes plugin objects, and binds the config's plugin sections
 * to them.  Opens no socket and starts nothing: that is ingest.h.  The only user of
 * dlopen.
 */
#ifndef PLUGIN_REGISTRY_H
#define PLUGIN_REGISTRY_H

#include <stdbool.h>
#include <stdio.h>

#include <mural/plugin.h>

#include "base/host-address.h"
#include "config/config.h"

/* One shared object.  The table is our own copy, complete to our size: what an older
 * plugin does not know is zero. */
struct module {
	struct module *next;
	char *path;
	void *object; /* dlopen */
	struct mural_plugin plugin;
	struct mural_option common[7]; /* plugin_common_options() */
};

/* What every plugin section may say; keys that do not fit the plugin's transports are
 * unknown in its section. */
struct instance_config {
	bool enabled, required;
	struct mural_point offset;
	struct mural_dimensions region; /* 0x0: all there is */
	const char *listen;             /* streams */
	const char *listen_udp;         /* datagrams */
};

/* Where a resident plugin is between start and mural_stopped(); service.c's. */
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
	enum service_state service_state;
	void (*on_stopped)(struct instance *instance); /* NULL: nobody asks */
	/* ingest's */
	bool is_open;                   /* it runs */
	bool unchanged;                 /* as it is, in the reload at hand */
	struct listener *listener;      /* of a stream; NULL: none */
	char address[ADDRESS_TEXT_MAX]; /* where it has clients; "": everywhere */
	struct shard *shards;           /* one for each thread that serves the instance */
	struct ingest *ingest;          /* that opened it */
};

struct plugins {
	struct module *modules;
	struct instance *instances; /* the enabled ones, in the order of the file */
	struct instance *abandoned; /* residents that did not stop when asked to */
	struct mural_claim *claims;
	size_t n_claims;
};

/* Loads every module that a section names, binds and checks the options, and makes the
 * instances.  What is wrong is counted in config->errors, all of it; a module that cannot
 * be loaded for a section with `required = no` is only a warning and that section is left
 * out.  -ENOMEM is the only other failure. */
int plugins_load(struct plugins *plugins, struct config *config);

/* The same for a reload: `next` gets instances and claims only, the modules are shared
 * with `running` and all of them are in its list afterwards, also when it fails. */
int plugins_load_next(
	struct plugins *next, struct plugins *running, struct config *config);

/* Closes the modules that no instance has. */
void plugins_unload_unused(struct plugins *plugins);

/* Whether both would do the same: module, name, every option, and for a source the claims
 * that it is told about. */
bool instance_same(const struct instance *a, const struct instance *b);

/* Frees one that is in no list any more and of which nothing runs. */
void instance_free(struct instance *instance);

/* Nothing of any instance may be running.  Accepts a zeroed struct. */
void plugins_unload(struct plugins *plugins);

/* --list-plugins: every plugin found on server.plugin-path: name, version, summary,
 * options with type, default and help.  Those that cannot be loaded with the reason. */
int plugins_list(const struct config *config, FILE *out);

/* --print-config: the effective values of each plugin section, and where they came from.
 */
void plugins_print(const struct plugins *plugins, const struct config *config, FILE *out);

/* The options that the host adds to a plugin's own, for this plugin, which must be a
 * module's; ends with an empty entry. */
const struct mural_option *plugin_common_options(const struct mural_plugin *plugin);

#endif
