/* SPDX-License-Identifier: MIT */
/* Writes and reads what operators do: a stream beside the log. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/digits.h"
#include "link/engine-private.h"

/* The engine keeps some more, since it trims by whole nodes of its tree. */
#define KEPT "MAXLEN ~ 256 *"

static void
on_told(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine && reply->type == REDIS_REPLY_ERROR)
		engine->events.on_act_refused(engine->arg, reply->str);
}

void
engine_act(struct engine *engine, const struct engine_act *act)
{
	struct command command = { .n = 0 };
	char rect[64], lasts[32];

	command_words(&command, "XADD");
	command_text(&command, engine->reins);
	command_words(&command, KEPT " n");
	command_text(&command, engine->config.node);
	command_field(&command, "v", &act->verb);
	command_field(&command, "a", &act->args);
	command_field(&command, "o", &act->who);
	if (act->rect.width > 0) {
		snprintf(rect, sizeof(rect),
			"%" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32, act->rect.width,
			act->rect.height, act->rect.x, act->rect.y);
		command_words(&command, "r");
		command_text(&command, rect);
	}
	if (act->for_ms > 0) {
		snprintf(lasts, sizeof(lasts), "%" PRIu64, act->for_ms);
		command_words(&command, "f");
		command_text(&command, lasts);
	}
	command_send(&command, &engine->commands, on_told);
}

static const char *
read_number(const char *p, char stop, uint32_t *value)
{
	uint64_t n = 0;

	p = p ? digits_read(p, MURAL_SIDE_MAX, &n) : NULL;
	*value = (uint32_t)n;
	return p && *p == stop ? p + (stop != '\0') : NULL;
}

/* False: it is none. */
static bool
read_rect(const char *p, struct mural_rect *rect)
{
	p = read_number(p, 'x', &rect->width);
	p = read_number(p, '+', &rect->height);
	p = read_number(p, '+', &rect->x);
	p = read_number(p, '\0', &rect->y);
	return p && rect->width > 0 && rect->height > 0;
}

static void
tell_act(struct engine *engine, const redisReply *reply)
{
	struct engine_act act = {
		.node = reply_field(reply, "n"),
		.verb = reply_field(reply, "v"),
		.args = reply_field(reply, "a"),
		.who = reply_field(reply, "o"),
	};
	const struct blob rect = reply_field(reply, "r"), lasts = reply_field(reply, "f");

	if (!reply_id(reply_element(reply, 0), &act.id))
		return;
	engine->last_act = act.id;
	if ((rect.data && !read_rect(rect.data, &act.rect)) ||
		(lasts.data && !digits_read(lasts.data, INT64_MAX, &act.for_ms)))
		act.verb.data = NULL; /* nobody knows what it means */
	engine->events.on_act(engine->arg, &act);
}

void
engine_forget_acts(struct engine *engine)
{
	engine->last_act = (struct entry_id){ 0, 0 };
}

void
acts_read(struct engine *engine, const redisReply *stream, size_t most)
{
	size_t n = 0;

	for (; reply_element(stream, n); n++)
		tell_act(engine, reply_element(stream, n));
	engine->events.on_acts(engine->arg, n < most);
}
