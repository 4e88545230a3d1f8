/* SPDX-License-Identifier: MIT */
/* Generators: found by id, by name and author, by secret, and by number. */
#include "http/board/generators.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>
#include <sha2.h>

#include "http/board/secrets.h"
#include "http/http.h"

#define BUCKETS 8192

/* A source may register half a board at once, and then one generator a second: all
 * classes of a school behind one address have more than they need, and a source that
 * fills the board cannot do so before its earlier generators may be evicted. */
static const struct mural_rate registration_rate = {
	.per_1000s = 1000,
	.burst = GENERATORS_MAX / 2,
};

/* Sources whose registrations are counted at a time. */
#define REGISTRATIONS_SOURCES 1024

#define NS_PER_S UINT64_C(1000000000)

/* Who did nothing for so long may have to give way. */
#define STALE_NS (3600 * NS_PER_S)

/* So many give way at once, and so long nobody looks for more. */
#define EVICT_MAX 1024
#define EVICT_RETRY_NS NS_PER_S

enum { BY_ID, BY_NAME, BY_SECRET, BY_NUMBER, N_KEYS };

struct credentials {
	struct secrets secrets;
	char *admin_token;
};

struct generators {
	struct generator *first, *last;
	size_t n;
	struct mural_ratelimit *registrations;
	uint64_t full_ns; /* by uv_hrtime(); until then there is nobody to give way */
	uint32_t last_number;
	uint64_t seed; /* so that nobody can choose what lands in one bucket */
	struct credentials credentials;
	struct generator *buckets[N_KEYS][BUCKETS];
};

/* -------------------------------------------------------------------- finding */

static uint64_t
mix(uint64_t hash, const void *bytes, size_t len)
{
	for (const uint8_t *p = bytes, *end = p + len; p < end; p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001b3);
	return (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct generator **
bucket(struct generators *generators, int key, uint64_t hash)
{
	return &generators->buckets[key][hash >> 32 & (BUCKETS - 1)];
}

static struct generator **
id_bucket(struct generators *generators, const char *id)
{
	return bucket(generators, BY_ID, mix(generators->seed, id, STORE_ID_LEN));
}

static struct generator **
name_bucket(struct generators *generators, const char *name, const char *author)
{
	uint64_t hash = mix(generators->seed, name, strlen(name) + 1);

	return bucket(generators, BY_NAME, mix(hash, author, strlen(author)));
}

static struct generator **
secret_bucket(struct generators *generators, const uint8_t *secret)
{
	return bucket(
		generators, BY_SECRET, mix(generators->seed, secret, STORE_SECRET_LEN));
}

static struct generator **
number_bucket(struct generators *generators, uint32_t number)
{
	return &generators->buckets[BY_NUMBER][number % BUCKETS];
}

struct generator *
generators_find(struct http *http, const char *id, size_t len)
{
	struct generator *generator;

	if (len != STORE_ID_LEN)
		return NULL;
	generator = *id_bucket(http->generators, id);
	while (generator && memcmp(generator->id, id, STORE_ID_LEN) != 0)
		generator = generator->same[BY_ID];
	return generator;
}

struct generator *
generators_find_name(struct http *http, const char *name, const char *author)
{
	struct generator *generator = *name_bucket(http->generators, name, author);

	while (generator && (strcmp(generator->name, name) != 0 ||
				    strcmp(generator->author, author) != 0))
		generator = generator->same[BY_NAME];
	return generator;
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
generators_find_secret(struct http *http, const char *secret)
{
	uint8_t bytes[STORE_SECRET_LEN];
	struct generator *generator;

	hash_secret(secret, bytes);
	generator = *secret_bucket(http->generators, bytes);
	while (generator && memcmp(generator->secret, bytes, sizeof(bytes)) != 0)
		generator = generator->same[BY_SECRET];
	return generator;
}

struct generator *
generators_find_number(struct http *http, uint32_t number)
{
	struct generator *generator = *number_bucket(http->generators, number);

	while (generator && generator->number != number)
		generator = generator->same[BY_NUMBER];
	return generator;
}

struct generator *
generators_first(const struct http *http)
{
	return http->generators->first;
}

bool
generators_accept_secret(const struct http *http, const char *secret)
{
	return secrets_contain(&http->generators->credentials.secrets, secret);
}

bool
generators_is_admin(const struct http *http, const char *token)
{
	const char *admin = http->generators->credentials.admin_token;

	return *admin && secrets_equal(admin, token);
}

/* ------------------------------------------------------------ coming and going */

static void
bucket_push(struct generator **head, struct generator *generator, int key)
{
	generator->same[key] = *head;
	*head = generator;
}

static void
bucket_remove(struct generator **head, struct generator *generator, int key)
{
	while (*head != generator)
		head = &(*head)->same[key];
	*head = generator->same[key];
}

static void
free_generator(struct generator *generator)
{
	if (!generator)
		return;
	free(generator->name);
	free(generator->author);
	free(generator->label);
	explicit_bzero(generator->id, sizeof(generator->id));
	free(generator);
}

/* NAME (AUTHOR) as a JSON string. */
static char *
make_label(const char *name, const char *author)
{
	json_t *string = json_sprintf("%s (%s)", name, author);
	char *label = json_dumps(string, JSON_ENCODE_ANY);

	json_decref(string);
	return label;
}

static struct generator *
generators_insert(struct generators *generators, const struct store_generator *from)
{
	struct generator *generator = calloc(1, sizeof(*generator));

	if (!generator)
		return NULL;
	generator->number = from->number;
	generator->name = strdup(from->name);
	generator->author = strdup(from->author);
	generator->label = make_label(from->name, from->author);
	generator->pixels = from->pixels;
	generator->unnecessary = from->unnecessary;
	memcpy(generator->secret, from->secret, STORE_SECRET_LEN);
	if (!generator->name || !generator->author || !generator->label) {
		free_generator(generator);
		return NULL;
	}
	bucket_push(number_bucket(generators, generator->number), generator, BY_NUMBER);
	if (from->id) {
		snprintf(generator->id, sizeof(generator->id), "%s", from->id);
		bucket_push(id_bucket(generators, generator->id), generator, BY_ID);
		bucket_push(name_bucket(generators, generator->name, generator->author),
			generator, BY_NAME);
		bucket_push(secret_bucket(generators, generator->secret), generator,
			BY_SECRET);
	}
	generator->next = generators->first;
	generator->link = &generators->first;
	if (generator->next)
		generator->next->link = &generator->next;
	else
		generators->last = generator;
	generators->first = generator;
	generators->n++;
	return generator;
}

/* The one that came after it, towards the first of the list; NULL: none. */
static struct generator *
one_after(const struct generators *generators, const struct generator *generator)
{
	if (generator->link == &generators->first)
		return NULL;
	return (struct generator *)((char *)generator->link -
				    offsetof(struct generator, next));
}

/* A removed one goes with the last cell that it painted. */
static void
free_if_unused(struct generators *generators, struct generator *generator)
{
	if (*generator->id || generator->cells > 0)
		return;
	bucket_remove(number_bucket(generators, generator->number), generator, BY_NUMBER);
	if (!generator->next)
		generators->last = one_after(generators, generator);
	*generator->link = generator->next;
	if (generator->next)
		generator->next->link = generator->link;
	generators->n--;
	free_generator(generator);
}

static int
make_id(char id[STORE_ID_LEN + 1])
{
	uint8_t bytes[STORE_ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

void
generators_remove(struct http *http, struct generator *generator)
{
	struct generators *generators = http->generators;
	const struct store_generator gone = {
		.number = generator->number,
		.name = generator->name,
		.author = generator->author,
		.secret = generator->secret,
	};

	bucket_remove(id_bucket(generators, generator->id), generator, BY_ID);
	bucket_remove(name_bucket(generators, generator->name, generator->author),
		generator, BY_NAME);
	bucket_remove(secret_bucket(generators, generator->secret), generator, BY_SECRET);
	explicit_bzero(generator->id, sizeof(generator->id));
	store_put_generator(http->store, &gone);
	free_if_unused(generators, generator);
}

/* Registering costs nothing, so that a place which was never used is worth nothing. */
static void
evict_unused(struct http *http)
{
	struct generators *generators = http->generators;
	struct generator *generator = generators->last, *next;
	uint64_t now = uv_hrtime();
	unsigned gone = 0;

	if (now < generators->full_ns)
		return;
	generators->full_ns = now + EVICT_RETRY_NS;
	for (; generator && gone < EVICT_MAX; generator = next) {
		next = one_after(generators, generator);
		if (!*generator->id || generator->pixels + generator->unnecessary > 0 ||
			generator->stale_ns > now)
			continue;
		generators_remove(http, generator);
		gone++;
	}
	mural_log(http->host, MURAL_DEBUG,
		"the board is full: %u generators that never set a cell gave way", gone);
}

unsigned
generators_register_wait(struct http *http, uint64_t source)
{
	uint64_t wait_ms = 0;

	if (source != 0)
		wait_ms = mural_ratelimit_consume(
			http->generators->registrations, source, mural_now_ms());
	return (unsigned)((wait_ms + 999) / 1000);
}

int
generators_add(struct http *http, const char *name, const char *author,
	const char *secret, struct generator **added)
{
	struct generators *generators = http->generators;
	uint8_t secret_digest[STORE_SECRET_LEN];
	char id[STORE_ID_LEN + 1];
	struct store_generator from = {
		.id = id,
		.name = name,
		.author = author,
		.secret = secret_digest,
	};
	int ret;

	if (generators->n >= GENERATORS_MAX)
		evict_unused(http);
	if (generators->n >= GENERATORS_MAX || generators->last_number == UINT32_MAX)
		return -ENOSPC;
	ret = make_id(id);
	if (ret < 0)
		return ret;
	hash_secret(secret, secret_digest);
	from.number = generators->last_number + 1;
	*added = generators_insert(generators, &from);
	if (!*added)
		return -ENOMEM;
	generators->last_number++;
	store_put_generator(http->store, &from);
	(*added)->mark = store_mark(http->store);
	(*added)->stale_ns = uv_hrtime() + STALE_NS;
	explicit_bzero(id, sizeof(id));
	return 0;
}

void
generators_repaint(struct http *http, struct generator *before, struct generator *after)
{
	if (before == after)
		return;
	if (after)
		after->cells++;
	if (before) {
		before->cells--;
		free_if_unused(http->generators, before);
	}
}

/* ----------------------------------------------------------------- start, stop */

static void
finish_credentials(struct credentials *credentials)
{
	secrets_finish(&credentials->secrets);
	if (credentials->admin_token)
		explicit_bzero(
			credentials->admin_token, strlen(credentials->admin_token));
	free(credentials->admin_token);
}

static int
load_credentials(struct http *http, struct credentials *credentials)
{
	const struct http_config *config = http->config;
	char why[300] = "";
	const char *what = "secrets";
	int ret = secrets_load(&credentials->secrets, config->secrets, why, sizeof(why));

	credentials->admin_token = NULL;
	if (ret == 0) {
		what = "admin-token";
		ret = secrets_load_token(
			config->admin_token, &credentials->admin_token, why, sizeof(why));
	}
	if (ret < 0) {
		mural_log(http->host, MURAL_ERROR, "%s %s", what, why);
		finish_credentials(credentials);
		*credentials = (struct credentials){ 0 };
	}
	return ret;
}

void
generators_reload(struct http *http)
{
	struct credentials credentials;

	if (load_credentials(http, &credentials) < 0) {
		mural_log(http->host, MURAL_WARN,
			"the secrets and the admin token stay as they were");
		return;
	}
	finish_credentials(&http->generators->credentials);
	http->generators->credentials = credentials;
}

static void
load_generator(const struct store_generator *stored, void *arg)
{
	struct http *http = arg;

	if (stored->id && strlen(stored->id) != STORE_ID_LEN)
		return;
	if (!generators_insert(http->generators, stored))
		mural_log(http->host, MURAL_ERROR, "no memory for all generators");
}

int
generators_start(struct http *http)
{
	struct generators *generators = calloc(1, sizeof(*generators));
	int ret;

	if (!generators)
		return -ENOMEM;
	http->generators = generators;
	generators->registrations =
		mural_ratelimit_new(&registration_rate, REGISTRATIONS_SOURCES);
	if (!generators->registrations)
		return -ENOMEM;
	if (getrandom(&generators->seed, sizeof(generators->seed), 0) < 0)
		return -errno;
	ret = load_credentials(http, &generators->credentials);
	if (ret < 0)
		return ret;
	generators->last_number = store_last_generator(http->store);
	return store_each_generator(http->store, load_generator, http);
}

void
generators_stop(struct http *http)
{
	struct generators *generators = http->generators;

	if (!generators)
		return;
	for (struct generator *next, *i = generators->first; i; i = next) {
		next = i->next;
		free_generator(i);
	}
	finish_credentials(&generators->credentials);
	mural_ratelimit_free(generators->registrations);
	free(generators);
	http->generators = NULL;
}
