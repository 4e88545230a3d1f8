/* SPDX-License-Identifier: MIT */
/*
 * Asks Sentinels where the engine is: after a failover it is somewhere else.
 *
 * Before each connection, as that is when it may have moved, and each time the next one,
 * since one of them may be what is gone.
 */
#include <stdio.h>
#include <string.h>

#include "link/engine-private.h"

void
sentinel_next(struct engine *engine)
{
	const char *word = engine->config.address + strspn(engine->config.address, " ");
	const char *const first = word;

	engine->n_rounds = 0;
	for (unsigned i = 0; i < engine->n_asked; i++) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
		if (*word == '\0') {
			word = first;
			engine->n_rounds++;
		}
	}
	engine->n_asked++;
	engine->is_asking = true;
	snprintf(engine->target, ADDRESS_MAX, "%.*s", (int)strcspn(word, " "), word);
}

/* The address and the port of the engine. */
static void
on_found(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;
	const struct blob host = reply_blob(reply_element(answer, 0));
	const struct blob port = reply_blob(reply_element(answer, 1));

	(void)unused;
	if (!engine || engine_is_refused(engine, reply))
		return;
	if (!host.data || !port.data || host.len + port.len > ADDRESS_MAX - 4) {
		engine_restart(engine, "its Sentinel does not know it");
		return;
	}
	snprintf(engine->target, ADDRESS_MAX,
		memchr(host.data, ':', host.len) ? "[%s]:%s" : "%s:%s",
		(const char *)host.data, (const char *)port.data);
	engine->is_asking = false;
	redis_drop(&engine->asking);
	engine_reach(engine);
}

void
sentinel_ask(struct engine *engine)
{
	command_send_words(&engine->asking, on_found, "SENTINEL get-master-addr-by-name",
		engine->config.sentinel, "");
}
