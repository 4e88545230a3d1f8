/* SPDX-License-Identifier: MIT */
/* Gets and puts the snapshot: a hash, and the lease of its keeper. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digits.h"
#include "link/engine-private.h"

/* How long a keeper has for it. */
#define LEASE_MS "10000"

static void
on_snapshot(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	struct snapshot snapshot = {
		.born = reply_blob(reply_element(answer, 0)),
		.format = reply_blob(reply_element(answer, 4)),
		.picture = reply_blob(reply_element(answer, 5)),
		.region = reply_blob(reply_element(answer, 6)),
	};
	const struct blob width = reply_blob(reply_element(answer, 2));
	const struct blob height = reply_blob(reply_element(answer, 3));
	uint64_t w = 0, h = 0;

	(void)unused;
	if (!engine || engine_is_refused(engine, answer))
		return;
	if (!snapshot.born.data) {
		engine->events.on_snapshot(engine->arg, NULL);
		return;
	}
	if (width.data && height.data && digits_read(width.data, UINT32_MAX, &w) &&
		digits_read(height.data, UINT32_MAX, &h) &&
		!reply_id(reply_element(answer, 1), &snapshot.id))
		snapshot.picture.data = NULL;
	snapshot.width = (uint32_t)w;
	snapshot.height = (uint32_t)h;
	engine->events.on_snapshot(engine->arg, &snapshot);
}

void
engine_get_snapshot(struct engine *engine)
{
	command_send_words(&engine->commands, on_snapshot, "HMGET", engine->snap,
		"born id w h format pic region");
}

/* A keeper that is done needs the lease no more, but the next snapshot may be due soon.
 */
static void
release_lease(struct engine *engine)
{
	struct command command = { .n = 0 };

	command_words(&command, "SET");
	command_text(&command, engine->keeper);
	command_text(&command, engine->config.node);
	command_words(&command, "XX PX 1");
	command_send(&command, &engine->commands, NULL);
}

static void
put_finish(struct engine *engine, bool done)
{
	release_lease(engine);
	free((void *)engine->putting.picture.data);
	engine->putting.picture.data = NULL;
	engine->events.on_put(engine->arg, done);
}

static void
on_exec(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (!engine)
		return;
	engine->is_full = reply->type == REDIS_REPLY_ERROR && engine->is_full;
	put_finish(engine, reply->type == REDIS_REPLY_ARRAY);
}

static void
put_hash(struct engine *engine, const char *id)
{
	const struct snapshot *snapshot = &engine->putting;
	struct command command = { .n = 0 };
	char size[40];

	command_words(&command, "HSET");
	command_text(&command, engine->snap);
	command_field(&command, "born", &snapshot->born);
	command_words(&command, "id");
	command_text(&command, id);
	snprintf(size, sizeof(size), "w %" PRIu32 " h %" PRIu32, snapshot->width,
		snapshot->height);
	command_words(&command, size);
	command_words(&command, "region");
	command_text(&command, engine->config.region);
	command_field(&command, "format", &snapshot->format);
	command_field(&command, "pic", &snapshot->picture);
	command_send(&command, &engine->commands, NULL);
}

/* Before the transaction: an engine that is full refuses all that stands in one, and then
 * only what is given up here makes room for the snapshot, so that it is all of the log
 * before this one.  Who reads between has a gap, which the check finds. */
static void
put_trim(struct engine *engine)
{
	char id[ENTRY_ID_TEXT], words[ENTRY_ID_TEXT + 8];

	if (!engine->has_older)
		return;
	entry_id_format(engine->is_full ? &engine->putting.id : &engine->older, id);
	snprintf(words, sizeof(words), "MINID %s", id);
	command_send_words(&engine->commands, NULL, "XTRIM", engine->log, words);
}

static void
put_exec(struct engine *engine)
{
	char id[ENTRY_ID_TEXT], words[ENTRY_ID_TEXT + 40];

	entry_id_format(&engine->putting.id, id);
	put_trim(engine);
	command_send_words(&engine->commands, NULL, "MULTI", NULL, "");
	put_hash(engine, id);
	snprintf(words, sizeof(words), "* x %s h %016" PRIx64, id, engine->putting_hash);
	command_send_words(&engine->commands, NULL, "XADD", engine->log, words);
	command_send_words(&engine->commands, on_exec, "EXEC", NULL, "");
}

/* What is there now may be put over, if it is older and of the same birth. */
static void
on_watched(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const struct blob born = reply_blob(reply_element(answer, 0));
	const struct snapshot *mine;

	(void)unused;
	if (!engine)
		return;
	mine = &engine->putting;
	engine->has_older = reply_id(reply_element(answer, 1), &engine->older);
	if (born.data && (born.len != mine->born.len ||
				 memcmp(born.data, mine->born.data, born.len) != 0 ||
				 !engine->has_older ||
				 entry_id_compare(&engine->older, &mine->id) >= 0)) {
		command_send_words(&engine->commands, NULL, "UNWATCH", NULL, "");
		put_finish(engine, false);
		return;
	}
	put_exec(engine);
}

void
engine_put_snapshot(struct engine *engine, const struct snapshot *snapshot, uint64_t hash)
{
	void *picture;

	if (engine->putting.picture.data)
		return; /* on_put will be about that one */
	picture = malloc(snapshot->picture.len);
	if (!picture) {
		engine->events.on_put(engine->arg, false);
		return;
	}
	engine->putting = *snapshot;
	snprintf(engine->putting_born, sizeof(engine->putting_born), "%.*s",
		(int)snapshot->born.len, (const char *)snapshot->born.data);
	engine->putting.born.data = engine->putting_born;
	engine->putting_hash = hash;
	engine->putting.picture.data =
		memcpy(picture, snapshot->picture.data, snapshot->picture.len);
	command_send_words(&engine->commands, NULL, "WATCH", engine->snap, "");
	command_send_words(
		&engine->commands, on_watched, "HMGET", engine->snap, "born id");
}

/* A lease that it has no room for is granted: two keepers do no harm. */
static void
on_lease(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (!engine)
		return;
	if (engine_is_out_of_memory(reply))
		engine->is_full = true;
	engine->events.on_lease(
		engine->arg, engine->is_full || reply->type == REDIS_REPLY_STATUS);
}

void
engine_lease(struct engine *engine)
{
	struct command command = { .n = 0 };

	command_words(&command, "SET");
	command_text(&command, engine->keeper);
	command_text(&command, engine->config.node);
	command_words(&command, "NX PX " LEASE_MS);
	command_send(&command, &engine->commands, on_lease);
}
