/* SPDX-License-Identifier: MIT */
/* Implements what the plugin API offers to plugins that let operators in. */
#include <stdlib.h>
#include <string.h>

#include <mural/plugin.h>

#include "app/wall.h"
#include "base/util.h"
#include "control/call.h"
#include "ingest/service.h"

/* A question of a plugin, from mural_ask() until it was answered from the loop. */
struct mural_call {
	uv_timer_t later; /* answers on the next turn */
	struct control_call *call;
	void (*answer)(void *arg, const char *json, size_t len); /* NULL: abandoned */
	void *arg;
	char *json; /* NULL: not answered yet */
};

void
mural_each_verb(struct mural_host *host,
	void (*each)(const struct mural_verb *verb, void *arg), void *arg)
{
	const struct control *control = &wall_of_host(host, __func__)->operators.control;

	for (size_t i = 0; i < N_WALL_VERBS; i++) {
		const struct mural_verb verb = {
			.size = sizeof(verb),
			.changes = wall_verbs[i].changes,
			.name = wall_verbs[i].name,
			.args = wall_verbs[i].args,
			.help = wall_verbs[i].help,
			.asked = control->counts[i],
		};

		each(&verb, arg);
	}
}

/* The arguments.  What was done needs no confirmation on another wall, whose machine may
 * be in the network that was banned. */
static char *
dump_done(const struct control_call *call)
{
	json_t *with = json_copy(call->with);
	char *text = NULL;

	if (with && call->verb == &wall_verbs[WALL_BAN])
		(void)json_object_set_new(with, "really", json_true());
	if (with)
		text = json_dumps(with, JSON_COMPACT);
	json_decref(with);
	return text;
}

void
operators_tell_act(const struct control_call *call)
{
	const struct wall *wall = call->control->context;
	struct mural_act act = {
		.size = sizeof(act),
		.verb = call->verb->name,
		.who = call->who,
	};
	struct mural_rect rect;
	char *with;

	if (json_object_get(call->with, "png"))
		return;
	with = dump_done(call);
	if (!with)
		return;
	act.with = with;
	act.with_len = strlen(with);
	if (control_rect(call, "rect", &rect))
		act.rect = &rect;
	(void)control_duration(call, "for", &act.for_ms);
	services_acted(wall->ingest.plugins->instances, &act);
	free(with);
}

static void
on_closed(uv_handle_t *handle)
{
	struct mural_call *call = handle->data;

	free(call->json);
	free(call);
}

static void
on_later(uv_timer_t *timer)
{
	struct mural_call *call = timer->data;

	uv_close((uv_handle_t *)timer, on_closed);
	if (call->answer)
		call->answer(call->arg, call->json, strlen(call->json));
}

static void
on_answer(void *arg, const json_t *answer)
{
	static const char no_memory[] =
		"{\"error\":\"failed\",\"why\":\"out of memory\"}";
	struct mural_call *call = arg;

	call->json = json_dumps(answer, JSON_COMPACT);
	if (!call->json)
		call->json = strdup(no_memory);
	if (!call->json)
		call->answer = NULL;
	uv_timer_start(&call->later, on_later, 0, 0);
}

/* What the struct of an older plugin lacks is zero. */
static struct mural_question
copy_question(const struct mural_question *question)
{
	struct mural_question copy = { 0 };

	memcpy(&copy, question, MIN(question->size, sizeof(copy)));
	return copy;
}

struct mural_call *
mural_ask(struct mural_host *host, const struct mural_question *asked)
{
	struct wall *wall = wall_of_host(host, __func__);
	const struct mural_question question = copy_question(asked);
	struct mural_call *call = calloc(1, sizeof(*call));
	char who[CONTROL_WHO_MAX], address[80] = "";
	json_t *with = NULL;

	if (!call)
		return NULL;
	if (question.with) /* an array is refused as a bad "with" */
		with = json_loadb(
			question.with, question.with_len, JSON_REJECT_DUPLICATES, NULL);
	if (question.with && !with)
		with = json_array();
	call->answer = question.answer;
	call->arg = question.arg;
	uv_timer_init(&wall->loop, &call->later);
	call->later.data = call;
	container_of(host, struct instance, host)->n_handles++;
	if (question.peer)
		mural_address_text(question.peer, address, sizeof(address));
	snprintf(who, sizeof(who), "%s: %s%s%s", host->name,
		question.who ? question.who : "somebody", *address ? " at " : "",
		address);
	control_ask(&wall->operators.control, question.verb, with,
		&(struct control_asker){ who, question.peer, on_answer, call },
		&call->call);
	return call;
}

void
mural_ask_abandon(struct mural_call *call)
{
	if (call)
		call->answer = NULL;
}
