/* SPDX-License-Identifier: MIT */
/* Registers, finds and removes generators. */
#include "http/board/generators.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <mural/plugin.h>
#include <sha2.h>
#include <uv.h>

#include "common/list.h"
#include "http/board/names.h"
#include "lib/hex.h"

/* A source may register this many at once, and then one a second: enough for a school
 * behind one address. */
static const struct mural_rate registration_rate = {
	.per_1000s = 1000,
	.burst = GENERATORS_SHARE,
};

/* Sources whose registrations are counted at a time. */
#define REGISTRATIONS_SOURCES 1024

struct generators {
	struct mural_host *host;
	struct store *store;
	struct generator *first;
	size_t n, n_removed; /* n: all in the list */
	struct mural_ratelimit *registrations;
	uint32_t last_number;
	void (*changed)(void *arg, const struct generator *generator, bool is_removed);
	void *watcher;
	struct generator_index index;
	struct holders holders;
};

/* --------------------------------------------------------------------- finding */

struct generator *
generators_find(struct generators *generators, const char *id, size_t len)
{
	struct generator wanted = { 0 };

	if (len != STORE_ID_LEN)
		return NULL;
	memcpy(wanted.id, id, STORE_ID_LEN);
	return index_find(&generators->index, &wanted, BY_ID);
}

static void
hash_secret(const char *secret, uint8_t bytes[STORE_SECRET_LEN])
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)secret, strlen(secret));
	SHA256Final(bytes, &sha);
}

struct generator *
generators_find_identity(struct generators *generators, const char *name,
	const char *author, const char *secret)
{
	struct generator wanted = { .name = (char *)name, .author = (char *)author };

	hash_secret(secret, wanted.secret);
	return index_find(&generators->index, &wanted, BY_IDENTITY);
}

struct generator *
generators_find_secret(struct generators *generators, const char *secret, uint64_t source)
{
	struct holder holder = { .source = source };
	struct generator wanted = { .holder = &holder };

	hash_secret(secret, wanted.secret);
	return index_find(&generators->index, &wanted, BY_SECRET);
}

struct generator *
generators_find_number(struct generators *generators, uint32_t number)
{
	const struct generator wanted = { .number = number };

	return index_find(&generators->index, &wanted, BY_NUMBER);
}

struct generator *
generators_first(const struct generators *generators)
{
	return generators->first;
}

/* ---------------------------------------------------------------- add, remove */

const struct holder *
generators_holder(const struct generators *generators, uint64_t source)
{
	return holders_find(&generators->holders, source);
}

/* The source holds it from now on.  False: out of memory. */
static bool
generator_hold(
	struct generators *generators, struct generator *generator, uint64_t source)
{
	struct holder *holder = holders_hold(&generators->holders, source);

	if (holder)
		generator->holder = holder;
	return holder != NULL;
}

void
generators_use(
	struct generators *generators, struct generator *generator, uint64_t source)
{
	struct holder *before = generator->holder;

	generator->used_ns = uv_hrtime();
	if (before->source == source || !generator_hold(generators, generator, source))
		return;
	index_remove(generator, BY_SECRET);
	index_add(&generators->index, generator, BY_SECRET);
	holder_let_go(before);
}

static void
free_generator(struct generator *generator)
{
	free(generator->name);
	free(generator->author);
	free(generator->label);
	free(generator->painter);
	explicit_bzero(generator->id, sizeof(generator->id));
	free(generator);
}

static struct generator *
generators_insert(struct generators *generators, const struct store_generator *from,
	uint64_t source)
{
	struct generator *generator = calloc(1, sizeof(*generator));

	if (!generator)
		return NULL;
	generator->number = from->number;
	generator->name = strdup(from->name);
	generator->author = strdup(from->author);
	generator->label = generator_label(from->name, from->author);
	generator->painter = generator_painter(from->name, from->number,
		index_find(&generators->index,
			&(struct generator){ .name = (char *)from->name }, BY_NAME));
	generator->pixels = from->pixels;
	generator->unnecessary = from->unnecessary;
	memcpy(generator->secret, from->secret, STORE_SECRET_LEN);
	if (!generator->name || !generator->author || !generator->label ||
		!generator->painter ||
		(from->id && !generator_hold(generators, generator, source))) {
		free_generator(generator);
		return NULL;
	}
	if (from->id)
		snprintf(generator->id, sizeof(generator->id), "%s", from->id);
	/* one that was removed is found by its number and name only */
	for (int key = from->id ? 0 : BY_NUMBER; key < GENERATOR_KEYS; key++)
		index_add(&generators->index, generator, key);
	list_push(&generators->first, generator);
	generators->n++;
	generators->n_removed += !from->id;
	return generator;
}

/* Frees a removed one that is the painter of no cell. */
static void
free_if_unused(struct generators *generators, struct generator *generator)
{
	if (*generator->id || generator->cells > 0)
		return;
	index_remove(generator, BY_NUMBER);
	index_remove(generator, BY_NAME);
	list_remove(generator);
	generators->n--;
	generators->n_removed--;
	free_generator(generator);
}

static int
make_id(char id[STORE_ID_LEN + 1])
{
	uint8_t bytes[STORE_ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	hex_write(id, bytes, sizeof(bytes));
	return 0;
}

void
generators_remove(struct generators *generators, struct generator *generator)
{
	const struct store_generator removed = {
		.number = generator->number,
		.name = generator->name,
		.author = generator->author,
		.secret = generator->secret,
	};

	if (generators->changed)
		generators->changed(generators->watcher, generator, true);
	for (int key = 0; key < BY_NUMBER; key++)
		index_remove(generator, key);
	holder_let_go(generator->holder);
	generator->holder = NULL;
	generators->n_removed++;
	explicit_bzero(generator->id, sizeof(generator->id));
	store_put_generator(generators->store, &removed);
	free_if_unused(generators, generator);
}

size_t
generators_count(const struct generators *generators)
{
	return generators->n - generators->n_removed;
}

size_t
generators_removed(const struct generators *generators)
{
	return generators->n_removed;
}

unsigned
generators_register_wait(struct generators *generators, uint64_t source)
{
	uint64_t wait_ms = 0;

	if (source != 0)
		wait_ms = mural_ratelimit_consume(
			generators->registrations, source, mural_now_ms());
	return (unsigned)((wait_ms + 999) / 1000);
}

int
generators_add(struct generators *generators, const char *name, const char *author,
	const char *secret, uint64_t source, struct generator **added)
{
	uint8_t secret_digest[STORE_SECRET_LEN];
	char id[STORE_ID_LEN + 1];
	struct store_generator from = {
		.id = id,
		.name = name,
		.author = author,
		.secret = secret_digest,
	};
	int ret;

	generators_make_room(generators, source);
	if (generators->last_number == UINT32_MAX)
		return -ENOSPC;
	ret = make_id(id);
	if (ret < 0)
		return ret;
	hash_secret(secret, secret_digest);
	from.number = generators->last_number + 1;
	*added = generators_insert(generators, &from, source);
	if (!*added)
		return -ENOMEM;
	generators->last_number++;
	store_put_generator(generators->store, &from);
	(*added)->mark = store_mark(generators->store);
	(*added)->used_ns = uv_hrtime();
	explicit_bzero(id, sizeof(id));
	if (generators->changed)
		generators->changed(generators->watcher, *added, false);
	return 0;
}

uint64_t
generators_source(const struct generator *generator)
{
	return generator->holder->source;
}

const struct generator *
generators_adopt(struct generators *generators, const struct store_generator *from,
	uint64_t source)
{
	struct store_generator numbered = *from;
	struct generator *adopted;

	generators_make_room(generators, 0);
	if (generators->last_number == UINT32_MAX)
		return NULL;
	numbered.number = generators->last_number + 1;
	adopted = generators_insert(generators, &numbered, source);
	if (!adopted)
		return NULL;
	generators->last_number++;
	store_put_generator(generators->store, &numbered);
	adopted->used_ns = uv_hrtime();
	adopted->mark = store_mark(generators->store);
	return adopted;
}

void
generators_watch(struct generators *generators,
	void (*changed)(void *arg, const struct generator *generator, bool is_removed),
	void *arg)
{
	generators->changed = changed;
	generators->watcher = arg;
}

void
generators_repaint(
	struct generators *generators, struct generator *before, struct generator *after)
{
	if (before == after)
		return;
	if (after)
		after->cells++;
	if (before) {
		before->cells--;
		free_if_unused(generators, before);
	}
}

/* ----------------------------------------------------------------- start, stop */

static void
load_generator(const struct store_generator *stored, void *arg)
{
	struct generators *generators = arg;

	if (stored->id && strlen(stored->id) != STORE_ID_LEN)
		return;
	if (!generators_insert(generators, stored, 0))
		mural_log(generators->host, MURAL_ERROR, "no memory for all generators");
}

int
generators_start(struct generators **started, struct mural_host *host,
	struct store *store, bool by_name)
{
	struct generators *generators = calloc(1, sizeof(*generators));

	if (!generators)
		return -ENOMEM;
	generators->host = host;
	generators->store = store;
	generators->index.by_name = by_name;
	*started = generators;
	generators->registrations =
		mural_ratelimit_new(&registration_rate, REGISTRATIONS_SOURCES);
	if (!generators->registrations)
		return -ENOMEM;
	if (getrandom(&generators->index.seed, sizeof(generators->index.seed), 0) < 0)
		return -errno;
	generators->last_number = store_last_generator(store);
	return store_each_generator(store, load_generator, generators);
}

void
generators_stop(struct generators *generators)
{
	if (!generators)
		return;
	for (struct generator *next, *i = generators->first; i; i = next) {
		next = i->next;
		if (i->holder)
			holder_let_go(i->holder);
		free_generator(i);
	}
	mural_ratelimit_free(generators->registrations);
	free(generators);
}
