/* SPDX-License-Identifier: MIT */
/* Slows down clients that guess secrets. */
#include <errno.h>

#include "http/web/web.h"

/* Secrets: enough for people who mistype; then one in ten seconds. */
static const struct mural_rate source_rate = { .per_1000s = 100, .burst = 10 };

/* The admin token: a wait after each wrong one, which doubles; a source that stops is
 * forgiven one in two minutes, more than the longest wait. */
static const struct mural_rate wait_rate = { .per_1000s = 1000, .burst = 1 };
static const struct mural_rate wrong_rate = { .per_1000s = 8, .burst = 1 };

#define WAIT_MOST_S 60

/* Of all together who have no address: those behind a proxy that is not listed. */
static const struct mural_rate local_rate = { .per_1000s = 10000, .burst = 100 };

/* Sources that are remembered, a few bytes each: more than a busy network has. */
#define GUESSERS_MAX 16384

static struct mural_bucket *
local_bucket(struct web *web)
{
	mural_bucket_refill(&web->local_guesses, &local_rate, mural_now_ms());
	return &web->local_guesses;
}

static unsigned
wait_s(const struct mural_bucket *bucket, const struct mural_rate *rate)
{
	return (unsigned)((mural_bucket_wait_ms(bucket, rate, 1) + 999) / 1000);
}

/* ------------------------------------------------------------------ secrets */

static struct mural_bucket *
bucket_of(const struct request *request, const struct mural_rate **rate)
{
	struct web *web = request->web;

	if (request->source->key != 0) {
		*rate = &source_rate;
		return mural_ratelimit_bucket(
			web->guesses, request->source->key, mural_now_ms());
	}
	*rate = &local_rate;
	return local_bucket(web);
}

unsigned
request_guess_wait(const struct request *request)
{
	const struct mural_rate *rate;
	const struct mural_bucket *bucket = bucket_of(request, &rate);

	return wait_s(bucket, rate);
}

void
request_guessed_wrong(const struct request *request)
{
	const struct mural_rate *rate;
	struct mural_bucket *bucket = bucket_of(request, &rate);

	mural_bucket_debit(bucket, rate, 1);
}

/* ------------------------------------------------------------------ the admin token */

unsigned
guesses_token_wait(struct web *web, uint64_t source, uint64_t now_ms)
{
	const struct mural_bucket *wait =
		mural_ratelimit_find(web->token_waits, source, now_ms);

	return wait ? wait_s(wait, &wait_rate) : 0;
}

unsigned
request_token_wait(const struct request *request)
{
	struct web *web = request->web;
	uint64_t source = request->source->key;

	return source != 0 ? guesses_token_wait(web, source, mural_now_ms())
			   : wait_s(local_bucket(web), &local_rate);
}

void
guesses_token_wrong(struct web *web, uint64_t source, uint64_t now_ms)
{
	struct mural_bucket *wrong =
		mural_ratelimit_bucket(web->token_wrongs, source, now_ms);
	unsigned wrongs;

	mural_bucket_debit(wrong, &wrong_rate, 1);
	wrongs = (unsigned)((wrong->debt + MURAL_TOKEN - 1) / MURAL_TOKEN);
	mural_bucket_debit(mural_ratelimit_bucket(web->token_waits, source, now_ms),
		&wait_rate, wrongs > 6 ? WAIT_MOST_S : 1 << (wrongs - 1));
}

void
guesses_token_right(struct web *web, uint64_t source, uint64_t now_ms)
{
	struct mural_bucket *wrong =
		mural_ratelimit_find(web->token_wrongs, source, now_ms);

	if (wrong)
		wrong->debt = 0;
}

void
request_token_was(const struct request *request, bool right)
{
	struct web *web = request->web;
	uint64_t source = request->source->key;

	if (source != 0 && right)
		guesses_token_right(web, source, mural_now_ms());
	else if (source != 0)
		guesses_token_wrong(web, source, mural_now_ms());
	else if (!right)
		mural_bucket_debit(local_bucket(web), &local_rate, 1);
}

/* ------------------------------------------------------------------ the tables */

int
guesses_start(struct web *web)
{
	web->guesses = mural_ratelimit_new(&source_rate, GUESSERS_MAX);
	web->token_waits = mural_ratelimit_new(&wait_rate, GUESSERS_MAX);
	web->token_wrongs = mural_ratelimit_new(&wrong_rate, GUESSERS_MAX);
	return web->guesses && web->token_waits && web->token_wrongs ? 0 : -ENOMEM;
}

void
guesses_stop(struct web *web)
{
	mural_ratelimit_free(web->guesses);
	mural_ratelimit_free(web->token_waits);
	mural_ratelimit_free(web->token_wrongs);
	web->guesses = web->token_waits = web->token_wrongs = NULL;
}
