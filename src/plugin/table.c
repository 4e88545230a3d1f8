/* SPDX-License-Identifier: MIT */
/* Checks the table of a plugin, but for its options and metrics. */
#include "plugin/table.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include "config/option.h"

/* No table of this ABI is smaller. */
#define TABLE_MIN offsetof(struct mural_plugin, check)
#define TABLE_MAX 4096

/* No config, state or client is larger. */
#define MEMORY_MAX INT32_MAX

int
table_copy(const struct mural_plugin *theirs, struct mural_plugin *ours, char *why,
	size_t len)
{
	const unsigned char *bytes = (const unsigned char *)theirs;

	if (theirs->abi != MURAL_ABI)
		return error_set(why, len,
			"was built for plugin ABI %u, but this murald has %u; %s",
			theirs->abi, MURAL_ABI,
			theirs->abi > MURAL_ABI ? "install a newer murald"
						: "rebuild the plugin");
	if (theirs->size < TABLE_MIN || theirs->size > TABLE_MAX)
		return error_set(why, len,
			"has a table of %u bytes, which is impossible; begin it with "
			"MURAL_PLUGIN",
			theirs->size);
	for (size_t i = sizeof(*ours); i < theirs->size; i++)
		if (bytes[i] != 0)
			return error_set(why, len,
				"uses what only a newer murald has; install that, or "
				"rebuild the plugin for this one");
	*ours = (struct mural_plugin){ 0 };
	memcpy(ours, theirs, MIN(theirs->size, sizeof(*ours)));
	return 0;
}

/* What cannot be allocated, or would be sent from nowhere. */
static int
check_sizes(const struct mural_plugin *plugin, char *why, size_t len)
{
	if (plugin->config_size > MEMORY_MAX || plugin->state_size > MEMORY_MAX ||
		plugin->conn_size > MEMORY_MAX)
		return error_set(why, len,
			"wants more than 2 GiB for a config, a state or a client; write "
			"sizeof(...)");
	if ((plugin->busy_len && !plugin->busy_message) ||
		(plugin->denied_len && !plugin->denied_message) ||
		(plugin->off_len && !plugin->off_message))
		return error_set(why, len, "has the length of a message but no message");
	return 0;
}

static int
check_transports(const struct mural_plugin *plugin, char *why, size_t len)
{
	uint32_t fed = plugin->transports & (MURAL_STREAM | MURAL_DATAGRAM);
	uint32_t poller = plugin->transports & MURAL_POLLER;
	uint32_t service = plugin->transports & MURAL_SERVICE;
	uint32_t unknown = plugin->transports & ~(fed | poller | service);

	if (unknown)
		return error_set(why, len,
			"has a transport that this murald does not know (0x%x); install "
			"a newer murald",
			unknown);
	if (plugin->flags & ~(uint32_t)(MURAL_ONE_THREAD | MURAL_OWN_LIMITS))
		return error_set(why, len,
			"has a flag that this murald does not know (0x%x); install a "
			"newer murald",
			plugin->flags);
	if (plugin->reserved || plugin->reserved2)
		return error_set(
			why, len, "has a table whose reserved member is not zero");
	if (plugin->transports == 0)
		return error_set(why, len, "has no transports in its table");
	if (poller && service)
		return error_set(why, len, "is both poller and service; choose one");
	if (!fed != !plugin->feed)
		return error_set(why, len,
			plugin->feed ? "has feed() but is neither stream nor datagram"
				     : "is stream or datagram but has no feed()");
	if (poller && (!plugin->attach || !plugin->drain || !plugin->detach))
		return error_set(
			why, len, "is a poller but lacks attach, drain or detach");
	if (!poller && (plugin->attach || plugin->drain || plugin->detach))
		return error_set(
			why, len, "has attach, drain or detach but is not a poller");
	if (service && (!plugin->start || !plugin->stop))
		return error_set(why, len, "is a service but lacks start or stop");
	if (!service && (plugin->start || plugin->stop))
		return error_set(why, len, "has start or stop but is not a service");
	if (!service && (plugin->notice || plugin->painted_over || plugin->denied ||
				plugin->acted))
		return error_set(why, len,
			"has notice, painted_over, denied or acted but is not a service");
	if (!fed && plugin->ready)
		return error_set(
			why, len, "has ready() but is neither stream nor datagram");
	if (plugin->finish && !plugin->init)
		return error_set(why, len, "has finish() but no init()");
	return 0;
}

int
table_check(const struct mural_plugin *plugin, char *why, size_t len)
{
	int ret;

	if (!plugin->name || !plugin->summary)
		return error_set(why, len, "has no name or no summary in its table");
	ret = check_transports(plugin, why, len);
	return ret < 0 ? ret : check_sizes(plugin, why, len);
}
