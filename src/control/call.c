/* SPDX-License-Identifier: MIT */
/* Checks what is asked for, has it done, logs it and passes the answer on. */
#include "control/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/values.h"

#define WHY_MAX 600

/* ------------------------------------------------------------------ answers */

static const char *const error_words[] = {
	[CONTROL_SYNTAX] = "syntax",
	[CONTROL_USAGE] = "usage",
	[CONTROL_UNKNOWN] = "unknown",
	[CONTROL_REFUSED] = "refused",
	[CONTROL_FAILED] = "failed",
	[CONTROL_BUSY] = "busy",
};

json_t *
control_error_json(enum control_error error, const char *why)
{
	json_t *text = json_string(why);

	if (!text) /* it quotes something that is no UTF-8 */
		text = json_string("see the manual");
	return json_pack("{s:s, s:o}", "error", error_words[error], "why", text);
}

/* Pixels are left out, they would fill the log. */
static json_t *
args_to_log(const struct control_call *call)
{
	json_t *with = json_copy(call->with);
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(with, next, key, value)
	{
		const struct wall_arg *arg = wall_arg_find(key, strlen(key));

		if (arg && arg->kind == WALL_PIXELS)
			(void)json_object_del(with, key);
	}
	return with;
}

/* One piece of what is not complete yet: no act.  Without a picture there are no pieces.
 */
static bool
is_part(const struct control_call *call)
{
	return json_object_get(call->with, "png") &&
	       json_is_true(json_object_get(call->with, "part"));
}

static void
log_call(struct control_call *call, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const json_t *is = json_object_get(answer, "is");
	struct control_act act = {
		.who = call->who,
		.verb = call->verb->name,
		.outcome = error ? error : "done",
		.number = call->number,
		.undo_number =
			(uint64_t)json_integer_value(json_object_get(is, "number")),
	};
	json_t *with;

	if (is_part(call))
		return;
	with = args_to_log(call);
	act.with = with;
	control_log_act(&call->control->log, &act);
	log_info("control: %s: %s, %s", call->who, act.verb, act.outcome);
	json_decref(with);
}

static void
finish(struct control_call *call, json_t *answer)
{
	bool failed = json_object_get(answer, "error");

	if (call->verb && call->verb->changes)
		log_call(call, answer);
	if (call->verb && call->verb->changes && !failed && call->control->on_act)
		call->control->on_act(call);
	if (call->held)
		*call->held = NULL;
	if (call->on_answer)
		call->on_answer(call->arg, answer);
	json_decref(answer);
	json_decref(call->with);
	free(call);
}

void
control_done(struct control_call *call, json_t *is)
{
	if (is)
		finish(call, json_pack("{s:o}", "is", is));
	else
		control_fail(call, CONTROL_FAILED, "out of memory");
}

void
control_fail(struct control_call *call, enum control_error error, const char *format, ...)
{
	char why[WHY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	finish(call, control_error_json(error, why));
}

void
control_fail_stopping(struct control_call *call)
{
	control_fail(call, CONTROL_FAILED, "murald is stopping");
}

void
control_refuse(struct control_call *call, const char *format, ...)
{
	char why[WHY_MAX];
	json_t *answer;
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	answer = control_error_json(CONTROL_REFUSED, why);
	(void)json_object_set_new(answer, "again", json_pack("{s:b}", "really", 1));
	finish(call, answer);
}

/* ------------------------------------------------------------------ the check */

static bool
is_of_kind(enum wall_arg_kind kind, const json_t *value, const char **right)
{
	switch (kind) {
	case WALL_FLAG:
		*right = "true or false";
		return json_is_boolean(value);
	case WALL_NUMBER:
		*right = "a whole number";
		return json_is_integer(value) && json_integer_value(value) >= 0;
	default:
		*right = "a text";
		return json_is_string(value) &&
		       value_is(kind, json_string_value(value), right);
	}
}

/* Whether the verb takes an argument of that name. */
static const struct wall_arg *
find_taken(const struct wall_verb *verb, const char *name)
{
	const char *at = verb->args;
	const struct wall_arg *arg;
	bool optional;

	while ((arg = wall_arg_next(&at, &optional)))
		if (strcmp(arg->name, name) == 0)
			return arg;
	return NULL;
}

static bool
check_given(const struct control_call *call, char *why)
{
	const struct wall_verb *verb = call->verb;
	const char *key, *right;
	json_t *value;

	json_object_foreach(call->with, key, value)
	{
		const struct wall_arg *arg = find_taken(verb, key);

		if (!arg && *verb->args)
			snprintf(why, WHY_MAX, "%s takes no \"%.40s\", only: %s",
				verb->name, key, verb->args);
		else if (!arg)
			snprintf(why, WHY_MAX, "%s takes no arguments", verb->name);
		else if (!is_of_kind(arg->kind, value, &right))
			snprintf(why, WHY_MAX, "%s: \"%s\" is wrong; write %s",
				verb->name, key, right);
		else
			continue;
		return false;
	}
	return true;
}

static bool
check_needed(const struct control_call *call, char *why)
{
	const char *at = call->verb->args;
	const struct wall_arg *arg;
	bool optional;

	while ((arg = wall_arg_next(&at, &optional))) {
		if (optional || json_object_get(call->with, arg->name))
			continue;
		snprintf(why, WHY_MAX, "%s needs \"%s\"", call->verb->name, arg->name);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------ asking */

static struct control_call *
call_new(struct control *control, const char *verb, json_t *with,
	const struct control_asker *asker)
{
	struct control_call *call = calloc(1, sizeof(*call));

	if (!call) {
		json_decref(with);
		return NULL;
	}
	*call = (struct control_call){
		.control = control,
		.verb = wall_verb_find(verb),
		.with = with ? with : json_object(),
		.peer.any.sa_family = AF_UNIX,
		.on_answer = asker->on_answer,
		.arg = asker->arg,
	};
	snprintf(call->who, sizeof(call->who), "%s", asker->who);
	if (asker->peer && asker->peer->sa_family == AF_INET)
		memcpy(&call->peer, asker->peer, sizeof(call->peer.in4));
	if (asker->peer && asker->peer->sa_family == AF_INET6)
		memcpy(&call->peer, asker->peer, sizeof(call->peer.in6));
	return call;
}

static void
run(struct control_call *call)
{
	struct control *control = call->control;
	size_t id = (size_t)(call->verb - wall_verbs);
	char why[WHY_MAX];

	control->counts[id]++;
	control->acts += call->verb->changes && !is_part(call);
	call->number = control->acts;
	if (control->stopping)
		control_fail_stopping(call);
	else if (!json_is_object(call->with))
		control_fail(call, CONTROL_USAGE, "\"with\" is not an object");
	else if (!check_given(call, why) || !check_needed(call, why))
		control_fail(call, CONTROL_USAGE, "%s", why);
	else
		control->run[id](call);
}

void
control_ask(struct control *control, const char *verb, json_t *with,
	const struct control_asker *asker, struct control_call **held)
{
	struct control_call *call = call_new(control, verb, with, asker);
	json_t *answer;

	if (!call) {
		answer = control_error_json(CONTROL_FAILED, "out of memory");
		asker->on_answer(asker->arg, answer);
		json_decref(answer);
		return;
	}
	call->held = held;
	if (held)
		*held = call;
	if (call->verb)
		run(call);
	else
		control_fail(call, CONTROL_UNKNOWN,
			"no such verb; \"verbs\" lists those there are");
}

void
control_abandon(struct control_call *call)
{
	if (call->held)
		*call->held = NULL;
	call->held = NULL;
	call->on_answer = NULL;
}

/* ------------------------------------------------------------------ arguments */

bool
control_flag(const struct control_call *call, const char *name)
{
	return json_is_true(json_object_get(call->with, name));
}

const char *
control_text(const struct control_call *call, const char *name)
{
	return json_string_value(json_object_get(call->with, name));
}

bool
control_number(const struct control_call *call, const char *name, uint64_t *value)
{
	const json_t *number = json_object_get(call->with, name);

	if (number)
		*value = (uint64_t)json_integer_value(number);
	return number;
}

bool
control_duration(const struct control_call *call, const char *name, uint64_t *ms)
{
	const char *text = control_text(call, name);

	return text && value_duration(text, ms);
}

bool
control_rect(const struct control_call *call, const char *name, struct mural_rect *rect)
{
	const char *text = control_text(call, name);

	return text && value_rect(text, rect);
}

bool
control_point(
	const struct control_call *call, const char *name, struct mural_point *point)
{
	const char *text = control_text(call, name);

	return text && value_point(text, point);
}

bool
control_colour(const struct control_call *call, const char *name, uint32_t *argb)
{
	const char *text = control_text(call, name);

	return text && value_colour(text, argb);
}

bool
control_network(const struct control_call *call, const char *name, struct cidr *network)
{
	const char *text = control_text(call, name);

	return text && cidr_parse(text, network);
}

bool
control_switch(const struct control_call *call, const char *name, bool *on)
{
	const char *text = control_text(call, name);

	if (text)
		*on = strcmp(text, "on") == 0;
	return text;
}

bool
control_time(const struct control_call *call, const char *name, struct timespec *time)
{
	const char *text = control_text(call, name);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return text && value_time(text, now, time);
}
