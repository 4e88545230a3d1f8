/* SPDX-License-Identifier: MIT */
/* Publishes to other walls which generators register on this board and which are removed,
 * and applies what they publish. */
#include "http/board/fellows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "http/board/generators.h"
#include "http/web/json-field.h"
#include "lib/hex.h"

#define TOPIC "generators"

/* -------------------------------------------------------------------- telling */

static void
tell(const struct fellows *fellows, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text)
		(void)mural_tell(fellows->host, TOPIC, text, strlen(text), FELLOWS_KEPT);
	free(text);
	json_decref(json);
}

static void
tell_generator(const struct fellows *fellows, const struct generator *generator)
{
	char secret[2 * STORE_SECRET_LEN + 1];

	hex_write(secret, generator->secret, STORE_SECRET_LEN);
	tell(fellows, json_pack("{ss ss ss ss sI sI}", "id", generator->id, "name",
			      generator->name, "author", generator->author, "secret",
			      secret, "number", (json_int_t)generator->number, "source",
			      (json_int_t)generators_source(generator)));
}

static void
tell_removed(const struct fellows *fellows, const char *id)
{
	tell(fellows, json_pack("{ss}", "removed", id));
}

/* From memory; the database keeps it. */
static void
drop_removed(struct fellows *fellows, struct fellows_removed *removed)
{
	TAILQ_REMOVE(&fellows->removed, removed, next);
	fellows->n_removed--;
	free(removed);
}

static struct fellows_removed *
find_removed(const struct fellows *fellows, const char *id)
{
	struct fellows_removed *removed = TAILQ_FIRST(&fellows->removed);

	while (removed && strcmp(removed->id, id) != 0)
		removed = TAILQ_NEXT(removed, next);
	return removed;
}

static void
keep_removed(const char *id, bool is_told, void *arg)
{
	struct fellows *fellows = arg;
	struct fellows_removed *removed = calloc(1, sizeof(*removed));

	if (!removed)
		return;
	removed->is_told = is_told;
	snprintf(removed->id, sizeof(removed->id), "%s", id);
	TAILQ_INSERT_TAIL(&fellows->removed, removed, next);
	fellows->n_removed++;
}

static void
add_removed(struct fellows *fellows, const char *id, bool is_told)
{
	struct fellows_removed *oldest;

	if (find_removed(fellows, id))
		return;
	/* the database has more where it could not forget one */
	while (fellows->n_removed >= FELLOWS_REMOVED_MAX) {
		oldest = TAILQ_FIRST(&fellows->removed);
		store_forget_removed(fellows->store, oldest->id);
		drop_removed(fellows, oldest);
	}
	keep_removed(id, is_told, fellows);
	store_put_removed(fellows->store, id, is_told);
}

static void
set_removed_told(struct fellows *fellows, struct fellows_removed *removed, bool is_told)
{
	if (removed->is_told != is_told)
		store_put_removed(fellows->store, removed->id, is_told);
	removed->is_told = is_told;
}

/* This board's own do. */
static void
on_changed(void *arg, const struct generator *generator, bool is_removed)
{
	struct fellows *fellows = arg;

	if (is_removed && !fellows->is_hearing)
		add_removed(fellows, generator->id, false);
	if (!fellows->host)
		return;
	if (!is_removed)
		tell_generator(fellows, generator);
	else if (!fellows->is_hearing)
		tell_removed(fellows, generator->id);
}

static void
set_told(struct fellows *fellows, uint32_t number)
{
	fellows->told = number;
	store_set_number(fellows->store, "told", number);
}

/* In ascending order, although the list has the newest first: the one that comes back
 * confirms all below it. */
static void
tell_generators(const struct fellows *fellows)
{
	const size_t most = generators_count(fellows->generators);
	struct generator **list = calloc(most + 1, sizeof(struct generator *));
	size_t n = 0;

	for (struct generator *i = generators_first(fellows->generators); list && i;
		i = i->next)
		if (*i->id && i->number > fellows->told && n < most)
			list[n++] = i;
	while (n > 0)
		tell_generator(fellows, list[--n]);
	free(list);
}

/* The walls are linked: publishes what the others may not know. */
static void
tell_all(struct fellows *fellows, bool anew)
{
	struct fellows_removed *removed;

	if (anew)
		set_told(fellows, 0);
	tell_generators(fellows);
	TAILQ_FOREACH(removed, &fellows->removed, next)
	{
		if (anew)
			set_removed_told(fellows, removed, false);
		if (!removed->is_told)
			tell_removed(fellows, removed->id);
	}
}

/* -------------------------------------------------------------------- hearing */

/* False: other characters, or not as many. */
static bool
is_hex(const char *text, size_t len)
{
	return text && strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool
adopt(struct fellows *fellows, const json_t *json)
{
	uint8_t secret[STORE_SECRET_LEN];
	const char *digits = json_string_value(json_object_get(json, "secret"));
	struct store_generator from = {
		.id = json_string_value(json_object_get(json, "id")),
		.name = field_text(json_object_get(json, "name"), NAME_MAX_BYTES),
		.author = field_text(json_object_get(json, "author"), NAME_MAX_BYTES),
		.secret = secret,
	};
	const struct generator *adopted;

	if (!is_hex(from.id, STORE_ID_LEN) || !from.name || !from.author ||
		!is_hex(digits, 2 * STORE_SECRET_LEN))
		return false;
	for (size_t i = 0; i < STORE_SECRET_LEN; i++)
		secret[i] = (uint8_t)hex_byte(digits + 2 * i);
	if (generators_find(fellows->generators, from.id, STORE_ID_LEN))
		return true;
	if (find_removed(fellows, from.id)) { /* that wall has not heard of it */
		tell_removed(fellows, from.id);
		return true;
	}
	adopted = generators_adopt(fellows->generators, &from,
		(uint64_t)json_integer_value(json_object_get(json, "source")));
	if (adopted && adopted->number == fellows->told + 1)
		set_told(fellows, adopted->number);
	return true;
}

static bool
hear_removed(struct fellows *fellows, const char *id)
{
	struct generator *generator;

	if (!is_hex(id, STORE_ID_LEN))
		return false;
	generator = generators_find(fellows->generators, id, STORE_ID_LEN);
	fellows->is_hearing = true;
	if (generator)
		generators_remove(fellows->generators, generator);
	add_removed(fellows, id, true);
	fellows->is_hearing = false;
	return true;
}

/* What this wall published has come back: the engine has it. */
static void
returned(struct fellows *fellows, const json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "removed"));
	const int64_t number = json_integer_value(json_object_get(json, "number"));
	struct fellows_removed *removed = id ? find_removed(fellows, id) : NULL;

	if (number > fellows->told && number <= UINT32_MAX)
		set_told(fellows, (uint32_t)number);
	if (removed)
		set_removed_told(fellows, removed, true);
}

/* Stored after what it says was applied: after a crash in between it is read again. */
static void
set_heard(const struct fellows *fellows, const struct mural_parcel *parcel)
{
	store_set_number(fellows->store, "heard ms", (int64_t)parcel->ms);
	store_set_number(fellows->store, "heard seq", (int64_t)parcel->seq);
}

bool
fellows_heard(struct fellows *fellows, const struct mural_parcel *parcel)
{
	json_t *json, *removed;
	bool makes_sense = true;

	if (!parcel->data) {
		tell_all(fellows, parcel->ms == 0 && parcel->seq == 0);
		set_heard(fellows, parcel);
		return true;
	}
	json = json_loadb(parcel->data, parcel->len, JSON_REJECT_DUPLICATES, NULL);
	removed = json_object_get(json, "removed");
	if (parcel->is_ours)
		returned(fellows, json);
	else if (removed)
		makes_sense = hear_removed(fellows, json_string_value(removed));
	else
		makes_sense = adopt(fellows, json);
	json_decref(json);
	set_heard(fellows, parcel);
	return makes_sense;
}

/* ------------------------------------------------------------------ start, stop */

void
fellows_start(struct fellows *fellows, struct mural_host *host, struct store *store,
	struct generators *generators,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel))
{
	const uint64_t heard_ms = (uint64_t)store_number(store, "heard ms", 0);

	*fellows = (struct fellows){
		.store = store,
		.generators = generators,
		.told = (uint32_t)store_number(store, "told", 0),
	};
	TAILQ_INIT(&fellows->removed);
	if (store_missing(store) || store_each_removed(store, keep_removed, fellows) < 0)
		return;
	if (mural_follow(host, TOPIC, heard_ms,
		    (uint64_t)store_number(store, "heard seq", 0), heard) == 0)
		fellows->host = host;
	/* who has shared before may again, with others that have its generators */
	if (fellows->host || heard_ms > 0)
		generators_watch(generators, on_changed, fellows);
}

void
fellows_stop(struct fellows *fellows)
{
	struct fellows_removed *removed;

	if (fellows->host)
		(void)mural_follow(fellows->host, TOPIC, 0, 0, NULL);
	if (fellows->generators)
		generators_watch(fellows->generators, NULL, NULL);
	while ((removed = TAILQ_FIRST(&fellows->removed)))
		drop_removed(fellows, removed);
	fellows->host = NULL;
}
