/* SPDX-License-Identifier: MIT */
/* Slows down who guesses secrets. */
#include "http/web/web.h"

/* Enough for people who mistype; then one in ten seconds. */
static const struct mural_rate source_rate = { .per_1000s = 100, .burst = 10 };

/* Of all together who have no address: those behind a proxy that is not listed. */
static const struct mural_rate local_rate = { .per_1000s = 10000, .burst = 100 };

/* A few bytes for each: more than a busy network has. */
#define GUESSERS_MAX 16384

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
	mural_bucket_refill(&web->local_guesses, &local_rate, mural_now_ms());
	return &web->local_guesses;
}

unsigned
request_guess_wait(const struct request *request)
{
	const struct mural_rate *rate;
	const struct mural_bucket *bucket = bucket_of(request, &rate);

	return (mural_bucket_wait_ms(bucket, rate, 1) + 999) / 1000;
}

void
request_guessed_wrong(const struct request *request)
{
	const struct mural_rate *rate;
	struct mural_bucket *bucket = bucket_of(request, &rate);

	mural_bucket_debit(bucket, rate, 1);
}

struct mural_ratelimit *
guesses_new(void)
{
	return mural_ratelimit_new(&source_rate, GUESSERS_MAX);
}
