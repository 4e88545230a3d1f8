/* SPDX-License-Identifier: MIT */
/* Switches instances off and on. */
#include "ingest/switch.h"

#include <string.h>

#include "base/log.h"
#include "ingest/conn.h"
#include "ingest/hint.h"
#include "ingest/instance.h"
#include "ingest/retry.h"
#include "ingest/service.h"

static int
shard_tell_off(void *arg)
{
	struct shard *shard = arg;
	const struct mural_plugin *plugin = shard->instance->plugin;
	size_t len = plugin->off_len;

	if (!plugin->off_message)
		return 0;
	conns_tell(
		shard, plugin->off_message, len > 0 ? len : strlen(plugin->off_message));
	return 0;
}

void
switch_keep_off(struct instance *instance)
{
	instance->is_off = true;
	said_set_trouble(&instance->said, "switched off by an operator");
}

void
switch_off(struct ingest *ingest, struct instance *instance)
{
	for (size_t i = 0; instance->is_open && i < ingest->n_workers; i++)
		worker_call(
			instance->shards[i].worker, shard_tell_off, &instance->shards[i]);
	instance_close(ingest, instance);
	instance->is_waiting = false;
	switch_keep_off(instance);
	uv_async_send(&ingest->said);
	log_info("%s: switched off by an operator", instance->name);
}

bool
switch_is_settled(struct instance *instance)
{
	return !service_is_stopping(instance);
}

int
switch_on(struct ingest *ingest, struct instance *instance)
{
	int ret;

	instance->is_off = false;
	instance_clear(ingest, instance);
	ret = retry_open(ingest, instance, false);
	if (ret == 0) {
		log_info("%s: switched on by an operator", instance->name);
		hint_log(instance);
	}
	return ret;
}
