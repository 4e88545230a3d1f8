/* SPDX-License-Identifier: MIT */
/* Tells other walls what operators do here, and does here what they do there. */
#include "link/reins.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* How long to wait for what was sent to come back. */
#define PATIENCE_MS 10000

/* Verbs that share a subject end or replace each other. */
static const struct {
	const char *verb, *subject;
} shared[] = {
	{ "freeze", "freeze" },
	{ "thaw", "freeze" },
	{ "protect", "protect" },
	{ "unprotect", "protect" },
	{ "ban", "ban" },
	{ "unban", "ban" },
	{ "notice", "notice" },
};

struct asker {
	const char *who;
	bool is_link;
};

static void
compare_asker(const struct mural_instance *instance, void *arg)
{
	const char *name = instance->host->name;
	const size_t len = strlen(name);
	struct asker *asker = arg;

	if (strcmp(instance->plugin->name, "link") == 0 &&
		strncmp(asker->who, name, len) == 0 && asker->who[len] == ':')
		asker->is_link = true;
}

/* Has a section of this wall asked for it?  Of two walls with two logs in common none may
 * pass on to one what came by the other, or it would go round for ever. */
static bool
is_passed_on(const struct reins *reins, const char *who)
{
	struct asker asker = { .who = who };

	mural_each_instance(reins->host, compare_asker, &asker);
	return asker.is_link;
}

/* NULL: the others need not know. */
static const char *
subject_of(const char *verb)
{
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strcmp(shared[i].verb, verb) == 0)
			return shared[i].subject;
	return NULL;
}

static struct rein *
rein_new(const char *verb, const char *args)
{
	const size_t len = strlen(args);
	struct rein *rein = calloc(1, sizeof(*rein) + len + 1);

	if (!rein)
		return NULL;
	snprintf(rein->verb, sizeof(rein->verb), "%s", verb);
	memcpy(rein->args, args, len + 1);
	return rein;
}

/* The list is bounded: the oldest one goes. */
static void
rein_add(struct rein_list *list, unsigned *n, struct rein *rein)
{
	struct rein *first = TAILQ_FIRST(list);

	if (*n == REINS_MAX) {
		TAILQ_REMOVE(list, first, next);
		free(first);
		--*n;
	}
	TAILQ_INSERT_TAIL(list, rein, next);
	++*n;
}

/* ------------------------------------------------------------------- ours */

/* False: it is about a part of the wall that the others do not have. */
static bool
take_rect(struct reins *reins, const struct mural_act *act, struct rein *rein)
{
	return !act->rect ||
	       window_from_canvas(reins->window, reins->host, act->rect, &rein->rect);
}

void
reins_acted(struct reins *reins, const struct mural_act *act)
{
	json_t *with = json_loadb(act->with, act->with_len, 0, NULL);
	char *args = NULL, host[64] = "";
	struct rein *rein = NULL;

	json_object_del(with, "rect");
	json_object_del(with, "for");
	if (reins->sends && subject_of(act->verb) && !is_passed_on(reins, act->who))
		args = json_dumps(with, JSON_COMPACT);
	json_decref(with);
	if (args && strlen(args) <= REIN_BYTES)
		rein = rein_new(act->verb, args);
	free(args);
	if (!rein)
		return;
	rein->for_ms = act->for_ms;
	rein->acted_at = uv_now(reins->host->loop);
	(void)gethostname(host, sizeof(host) - 1);
	snprintf(rein->who, sizeof(rein->who), "%s on %s", act->who, host);
	if (take_rect(reins, act, rein))
		rein_add(&reins->ours, &reins->n_ours, rein);
	else
		free(rein);
}

static void
drop_ours(struct reins *reins, struct rein *rein)
{
	TAILQ_REMOVE(&reins->ours, rein, next);
	reins->n_ours--;
	free(rein);
}

void
reins_send(struct reins *reins, struct engine *engine)
{
	const uint64_t now = uv_now(reins->host->loop);
	struct rein *rein, *next;

	for (rein = TAILQ_FIRST(&reins->ours); rein; rein = next) {
		const uint64_t age = now - rein->acted_at;
		const bool is_over = rein->for_ms > 0 && rein->for_ms <= age;
		const struct engine_act act = {
			.verb = { rein->verb, strlen(rein->verb) },
			.args = { rein->args, strlen(rein->args) },
			.who = { rein->who, strlen(rein->who) },
			.rect = rein->rect,
			.for_ms = rein->for_ms > 0 ? rein->for_ms - age : 0,
		};

		next = TAILQ_NEXT(rein, next);
		if (rein->sent_at > 0)
			continue;
		if (is_over) {
			drop_ours(reins, rein);
			continue;
		}
		engine_act(engine, &act);
		rein->sent_at = now > 0 ? now : 1;
	}
}

void
reins_unsent(struct reins *reins)
{
	struct rein *rein;

	TAILQ_FOREACH(rein, &reins->ours, next)
	{
		rein->sent_at = 0;
	}
}

/* An act of this wall came back from the engine: it is in force already, and what stands
 * before it is outdated. */
static void
reins_returned(struct reins *reins, const struct rein *back)
{
	struct rein *rein;

	TAILQ_FOREACH(rein, &reins->ours, next)
	{
		if (strcmp(rein->verb, back->verb) == 0 &&
			strcmp(rein->args, back->args) == 0 &&
			memcmp(&rein->rect, &back->rect, sizeof(rein->rect)) == 0)
			break;
	}
	if (rein)
		drop_ours(reins, rein);
}

static bool
are_on_their_way(const struct reins *reins)
{
	const struct rein *rein;

	TAILQ_FOREACH(rein, &reins->ours, next)
	{
		if (rein->sent_at > 0 &&
			uv_now(reins->host->loop) < rein->sent_at + PATIENCE_MS)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------- theirs */

/* The name goes into the control log, so it must be one line of UTF-8. */
static void
set_who(struct rein *rein, const struct blob *who)
{
	json_t *text;

	snprintf(rein->who, sizeof(rein->who), "%.*s", (int)who->len,
		who->data ? (const char *)who->data : "");
	for (char *p = rein->who; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	text = json_string(rein->who);
	if (!text || !*rein->who)
		snprintf(rein->who, sizeof(rein->who), "somebody");
	json_decref(text);
}

bool
reins_read(struct reins *reins, const struct engine_act *act)
{
	char verb[12] = "", args[REIN_BYTES + 1];
	struct rein *rein;

	if (!act->verb.data || act->verb.len >= sizeof(verb) || !act->args.data ||
		act->args.len > REIN_BYTES)
		return false;
	memcpy(verb, act->verb.data, act->verb.len);
	snprintf(args, sizeof(args), "%.*s", (int)act->args.len,
		(const char *)act->args.data);
	rein = subject_of(verb) ? rein_new(verb, args) : NULL;
	if (!rein)
		return false;
	set_who(rein, &act->who);
	rein->rect = act->rect;
	rein->for_ms = act->for_ms;
	rein->at_ms = act->id.ms;
	rein->is_ours = blob_is(&act->node, reins->node);
	if (rein->is_ours)
		reins_returned(reins, rein);
	rein_add(&reins->theirs, &reins->n_theirs, rein);
	return true;
}

/* A call of ours, until it is answered. */
struct rein_call {
	LIST_ENTRY(rein_call) calls;
	struct mural_call *call;
};

static void
on_answer(void *arg, const char *json, size_t len)
{
	struct rein_call *call = arg;

	(void)json; /* the control log has it */
	(void)len;
	LIST_REMOVE(call, calls);
	free(call);
}

static void
ask(struct reins *reins, const struct rein *rein, const char *args)
{
	struct rein_call *call = malloc(sizeof(*call));
	const struct mural_question question = {
		.size = sizeof(question),
		.verb = rein->verb,
		.with = args,
		.with_len = strlen(args),
		.who = rein->who,
		.answer = on_answer,
		.arg = call,
	};

	if (!call)
		return;
	call->call = mural_ask(reins->host, &question);
	if (call->call)
		LIST_INSERT_HEAD(&reins->calls, call, calls);
	else
		free(call);
}

/* Where it is on this wall; false: nowhere. */
static bool
set_rect(struct reins *reins, const struct rein *rein, json_t *args)
{
	const struct window *window = reins->window;
	const struct mural_host *host = reins->host;
	struct mural_rect rect;
	char text[64];

	if (rein->rect.width == 0)
		return true;
	if (!window_cut(window, &rein->rect, &rect))
		return false;
	snprintf(text, sizeof(text), "%" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32,
		rect.width, rect.height, (uint32_t)(host->left + rect.x - window->x),
		(uint32_t)(host->top + rect.y - window->y));
	return json_object_set_new(args, "rect", json_string(text)) == 0;
}

/* How long it still lasts; false: it is over. */
static bool
set_rest(const struct rein *rein, uint64_t now_ms, json_t *args)
{
	const uint64_t age = now_ms > rein->at_ms ? now_ms - rein->at_ms : 0;
	char text[32];

	if (rein->for_ms == 0)
		return true;
	if (age + 1000 > rein->for_ms)
		return false;
	snprintf(text, sizeof(text), "%" PRIu64 "s", (rein->for_ms - age) / 1000);
	return json_object_set_new(args, "for", json_string(text)) == 0;
}

static void
rein_do(struct reins *reins, const struct rein *rein, uint64_t now_ms)
{
	json_t *args = json_loads(rein->args, JSON_REJECT_DUPLICATES, NULL);
	char *text = NULL;

	if (json_is_object(args) && set_rect(reins, rein, args) &&
		set_rest(rein, now_ms, args))
		text = json_dumps(args, JSON_COMPACT);
	if (text)
		ask(reins, rein, text);
	free(text);
	json_decref(args);
}

/* What network it is about; empty: none. */
static void
net_of(const struct rein *rein, char net[64])
{
	json_t *args = json_loads(rein->args, 0, NULL);
	const char *text = json_string_value(json_object_get(args, "net"));

	snprintf(net, 64, "%s", text ? text : "");
	json_decref(args);
}

static bool
is_about_the_same(const struct rein *a, const struct rein *b)
{
	const char *subject = subject_of(a->verb), *others = subject_of(b->verb);
	char one[64], other[64];

	net_of(a, one);
	net_of(b, other);
	return subject && others && strcmp(subject, others) == 0 &&
	       strcmp(one, other) == 0 &&
	       memcmp(&a->rect, &b->rect, sizeof(a->rect)) == 0;
}

static bool
is_outdated(const struct rein *rein)
{
	const struct rein *later = rein;

	if (rein->is_ours)
		return true;
	while ((later = TAILQ_NEXT(later, next)))
		if (is_about_the_same(rein, later))
			return true;
	return false;
}

void
reins_do(struct reins *reins, uint64_t now_ms)
{
	struct rein *rein;

	if (are_on_their_way(reins))
		return;
	while ((rein = TAILQ_FIRST(&reins->theirs))) {
		const bool is_last = !is_outdated(rein);

		TAILQ_REMOVE(&reins->theirs, rein, next);
		reins->n_theirs--;
		if (is_last)
			rein_do(reins, rein, now_ms);
		free(rein);
	}
}

/* ------------------------------------------------------------------- their life */

void
reins_start(struct reins *reins, struct mural_host *host, const struct window *window,
	const char *node, bool sends)
{
	*reins = (struct reins){
		.host = host, .window = window, .node = node, .sends = sends
	};
	TAILQ_INIT(&reins->ours);
	TAILQ_INIT(&reins->theirs);
	LIST_INIT(&reins->calls);
}

static void
rein_list_free(struct rein_list *list)
{
	struct rein *rein;

	while ((rein = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, rein, next);
		free(rein);
	}
}

void
reins_stop(struct reins *reins)
{
	struct rein_call *call;

	rein_list_free(&reins->ours);
	rein_list_free(&reins->theirs);
	while ((call = LIST_FIRST(&reins->calls))) {
		mural_ask_abandon(call->call);
		LIST_REMOVE(call, calls);
		free(call);
	}
}
