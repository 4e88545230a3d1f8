/* SPDX-License-Identifier: MIT */
/* Checks one-time passwords, and limits failed attempts. */
#include "p2/login.h"

#include <errno.h>
#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/fnv.h"
#include "lib/hash-salt.h"
#include "p2/otp-replay.h"

/* The limit by name alone keeps an attacker with many addresses from trying all codes.
 * Beyond it a source may still try once, and then again when its own bucket for the name
 * is full, and its network's: what strangers try locks nobody out of another network. */
static const struct mural_rate failure_rates[LOGIN_LIMITS] = {
	[LOGIN_BY_NAME_AND_SOURCE] = { .per_1000s = 100, .burst = 5 },
	[LOGIN_BY_NAME_AND_NETWORK] = { .per_1000s = 100, .burst = 5 },
	[LOGIN_BY_SOURCE] = { .per_1000s = 1000, .burst = 100 },
	[LOGIN_BY_NAME] = { .per_1000s = 1000, .burst = 100 },
};

/* Keys that each limit counts at a time. */
#define FAILURE_KEYS 4096

static void
log_users(void *host, const char *text)
{
	mural_log(host, MURAL_ERROR, "%s", text);
}

static int
login_load(struct login *login)
{
	int ret;

	if (oath_init() != OATH_OK)
		return -ENOMEM;
	ret = users_load(&login->users, login->users_path, log_users,
		(struct mural_host *)login->host);
	if (ret < 0)
		return ret;
	login->otp_replay_path = otp_replay_path(login->users_path);
	if (!login->otp_replay_path)
		return -ENOMEM;
	ret = otp_replay_load(&login->users, login->otp_replay_path);
	if (ret < 0)
		mural_log(login->host, MURAL_WARN, "cannot read used codes from %s: %s",
			login->otp_replay_path, strerror(-ret));
	return 0;
}

int
login_open(struct login *login, const struct mural_host *host, const char *path)
{
	*login = (struct login){ .host = host, .users_path = path };
	login->seed = hash_salt(login);
	for (int i = 0; i < LOGIN_LIMITS; i++) {
		login->failures[i] = mural_ratelimit_new(&failure_rates[i], FAILURE_KEYS);
		if (!login->failures[i])
			return -ENOMEM;
	}
	return path ? login_load(login) : 0;
}

void
login_finish(struct login *login)
{
	for (int i = 0; i < LOGIN_LIMITS; i++)
		mural_ratelimit_free(login->failures[i]);
	users_finish(&login->users);
	free(login->otp_replay_path);
	*login = (struct login){ 0 };
}

int
login_reload(struct login *login)
{
	struct users users = { 0 };
	int ret;

	if (!login->users_path)
		return 0;
	ret = users_load(
		&users, login->users_path, log_users, (struct mural_host *)login->host);
	if (ret < 0) {
		mural_log(login->host, MURAL_WARN, "the users stay as they were");
		return ret;
	}
	users_keep_steps(&users, &login->users);
	users_finish(&login->users);
	login->users = users;
	return 0;
}

uint64_t
login_key(const struct login *login, const char *name, size_t len, uint64_t source)
{
	return fnv1a(login->seed ^ source, name, len); /* the seed is a secret */
}

static void
failure_keys(const struct login *login, const struct p2_auth *auth, uint64_t source,
	uint64_t network, uint64_t keys[LOGIN_LIMITS])
{
	keys[LOGIN_BY_NAME_AND_SOURCE] = login_key(login, auth->name, auth->len, source);
	keys[LOGIN_BY_NAME_AND_NETWORK] =
		login_key(login, auth->name, auth->len, network);
	keys[LOGIN_BY_SOURCE] = source;
	keys[LOGIN_BY_NAME] = login_key(login, auth->name, auth->len, 0);
}

static bool
is_full(const struct mural_bucket *bucket)
{
	return !bucket || bucket->debt == 0;
}

/* Only looks: a refused attempt must not replace the buckets of others. */
static bool
has_attempts_left(struct login *login, const uint64_t keys[LOGIN_LIMITS], uint64_t now_ms)
{
	const struct mural_bucket *buckets[LOGIN_LIMITS];
	bool left[LOGIN_LIMITS];

	for (int i = 0; i < LOGIN_LIMITS; i++) {
		buckets[i] = mural_ratelimit_find(login->failures[i], keys[i], now_ms);
		left[i] = !buckets[i] ||
			  mural_bucket_wait_ms(buckets[i], &failure_rates[i], 1) == 0;
	}
	if (!left[LOGIN_BY_NAME])
		left[LOGIN_BY_NAME_AND_SOURCE] =
			is_full(buckets[LOGIN_BY_NAME_AND_SOURCE]) &&
			is_full(buckets[LOGIN_BY_NAME_AND_NETWORK]);
	return left[LOGIN_BY_NAME_AND_SOURCE] && left[LOGIN_BY_SOURCE];
}

/* False if the code was used before.  A file that cannot be written is logged once. */
static bool
otp_step_use(struct login *login, struct user *user, uint64_t step)
{
	int saved;
	bool unused =
		otp_replay_use(login->otp_replay_path, &login->users, user, step, &saved);

	if (saved < 0 && !login->otp_replay_failed) {
		mural_log(login->host, MURAL_WARN,
			"cannot keep used codes in %s: %s; until that is fixed, a code "
			"can be used again after a restart within a minute and a half",
			login->otp_replay_path, strerror(-saved));
		login->otp_replay_failed = true;
	}
	return unused;
}

static bool
otp_is_valid(struct login *login, const struct p2_auth *auth)
{
	struct user *user = users_find(&login->users, auth->name, auth->len);
	char otp[OTP_DIGITS + 1];
	uint64_t step;

	otp_text(auth->otp, otp);
	if (!user || !user_check(user, otp, time(NULL), &step))
		return false;
	return step == 0 || otp_step_use(login, user, step);
}

/* 0; or the ms until the limit has an attempt: there was none left. */
static uint64_t
count_failure(struct login *login, int limit, const uint64_t keys[LOGIN_LIMITS],
	uint64_t now_ms)
{
	return mural_ratelimit_consume(login->failures[limit], keys[limit], now_ms);
}

bool
login_accepts(struct login *login, const struct p2_auth *auth, uint64_t source,
	uint64_t network, uint64_t now_ms)
{
	uint64_t keys[LOGIN_LIMITS];

	if (!login->users_path)
		return true;
	failure_keys(login, auth, source, network, keys);
	if (!has_attempts_left(login, keys, now_ms)) {
		mural_discard(login->host->brush, MURAL_RATE_LIMITED, 1);
		return false;
	}
	if (otp_is_valid(login, auth))
		return true;
	(void)count_failure(login, LOGIN_BY_NAME_AND_SOURCE, keys, now_ms);
	(void)count_failure(login, LOGIN_BY_SOURCE, keys, now_ms);
	/* no sooner, or with wrong codes for thousands of other names a network would
	 * have its guesses at this one forgotten */
	if (count_failure(login, LOGIN_BY_NAME, keys, now_ms) > 0)
		(void)count_failure(login, LOGIN_BY_NAME_AND_NETWORK, keys, now_ms);
	mural_discard(login->host->brush, MURAL_UNAUTHORIZED, 1);
	return false;
}
