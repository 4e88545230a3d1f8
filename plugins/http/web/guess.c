/* SPDX-License-Identifier: MIT */
/* Slows down sources that guess secrets. */
#include "http/web/web.h"

/* Enough for people who mistype; then one in ten seconds. */
static const struct mural_rate guess_rate = { .per_1000s = 100, .burst = 10 };

/* A few bytes for each: more than a busy network has. */
#define GUESSERS_MAX 16384

static struct mural_bucket *
bucket_of(const struct request *request)
{
	return mural_ratelimit_bucket(
		request->web->guesses, request->source->key, mural_now_ms());
}

unsigned
request_guess_wait(const struct request *request)
{
	if (request->source->key == 0)
		return 0;
	return (mural_bucket_wait_ms(bucket_of(request), &guess_rate, 1) + 999) / 1000;
}

void
request_guessed_wrong(const struct request *request)
{
	if (request->source->key != 0)
		mural_bucket_debit(bucket_of(request), &guess_rate, 1);
}

struct mural_ratelimit *
guesses_new(void)
{
	return mural_ratelimit_new(&guess_rate, GUESSERS_MAX);
}
