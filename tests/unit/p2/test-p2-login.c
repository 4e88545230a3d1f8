/* SPDX-License-Identifier: MIT */
/* Tests p²'s limits on wrong codes: whose attempts are looked at while others guess. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "p2/login.h"
#include "support/unit.h"

#define OWN UINT64_C(1)
#define MANY 40000

static struct mural_brush brush;
static struct mural_host host = { .name = "p2", .brush = &brush };
static struct login login;
static char path[64];

static int
open_login(void **state)
{
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/murald-login-%d", (int)getpid());
	file = fopen(path, "w");
	if (!file || fputs("ada = static:12345678\n", file) < 0 || fclose(file) != 0)
		return -1;
	brush = (struct mural_brush){ 0 };
	return login_open(&login, &host, path);
}

static int
close_login(void **state)
{
	(void)state;
	login_finish(&login);
	unlink(path);
	return 0;
}

static bool
attempt_from(const char *name, uint32_t code, uint64_t source, uint64_t network)
{
	const uint8_t otp[] = { code >> 24, code >> 16 & 255, code >> 8 & 255,
		code & 255 };
	const struct p2_auth auth = { .name = name, .len = strlen(name), .otp = otp };

	return login_accepts(&login, &auth, source, network, 1000);
}

/* From a network of its own. */
static bool
attempt(const char *name, uint32_t code, uint64_t source)
{
	return attempt_from(name, code, source, source);
}

/* Whether the code was compared, or the attempt refused unseen. */
static bool
is_looked_at(const char *name, uint32_t code, uint64_t source)
{
	uint64_t before = brush.discarded[MURAL_UNAUTHORIZED];

	return attempt(name, code, source) ||
	       brush.discarded[MURAL_UNAUTHORIZED] > before;
}

/* Every bucket of the tables is in debt, so that a new key replaces one of them. */
static void
fill_the_tables(void)
{
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		(void)attempt(name, 1, 1000 + i);
	}
}

TEST_WITH(refused_attempts_replace_nobodys_bucket, open_login, close_login)
{
	unsigned looked_at = 0;
	char name[16];

	fill_the_tables();
	for (unsigned i = 0; i < 200; i++) /* until this source has no attempts left */
		(void)attempt("eve", 1, 2);
	for (unsigned i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "e%u", i);
		(void)attempt(name, 1, 2);
	}
	for (unsigned guess = 0; guess < 100; guess++) {
		looked_at += is_looked_at("ada", guess, OWN);
		for (unsigned i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "r%u-%u", guess, i);
			assert_false(is_looked_at(name, 1, 2));
		}
	}
	assert_in_range(looked_at, 5, 6);
}

TEST_WITH(strangers_keep_no_user_out, open_login, close_login)
{
	unsigned looked_at = 0;

	for (unsigned i = 0; i < 1000; i++)
		looked_at += is_looked_at("ada", 1, 1000 + i % 250);
	/* beyond the limit of the name each source has one attempt */
	assert_in_range(looked_at, 200, 350);
	assert_true(attempt("ada", 0x12345678, OWN));
}

/* An IPv6 /48 has 65536 of them, and its customer as many attempts at a code. */
TEST_WITH(all_sources_of_a_network_guess_as_one, open_login, close_login)
{
	const uint64_t before = brush.discarded[MURAL_UNAUTHORIZED];

	for (unsigned i = 0; i < 3 * 65536; i++)
		assert_false(attempt_from("ada", 1, 1000 + i % 65536, 7));
	assert_in_range(brush.discarded[MURAL_UNAUTHORIZED] - before, 100, 110);
	assert_false(attempt_from("ada", 0x12345678, OWN, 7));
	assert_true(attempt_from("ada", 0x12345678, OWN, 8));
}

/* Nobody has them forgotten by wrong codes for other names, once another network has used
 * up those for this one. */
TEST_WITH(a_networks_guesses_are_remembered, open_login, close_login)
{
	unsigned source = 1000, looked_at = 0;
	char name[16];

	for (unsigned i = 0; i < 200; i++)
		(void)attempt_from("ada", 1, source++, 8);
	for (unsigned guess = 0; guess < 50; guess++) {
		const uint64_t before = brush.discarded[MURAL_UNAUTHORIZED];

		(void)attempt_from("ada", 1, source++, 7);
		looked_at += brush.discarded[MURAL_UNAUTHORIZED] > before;
		for (unsigned i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "g%u-%u", guess, i);
			(void)attempt_from(name, 1, source + i / 50, 7);
		}
		source += 400;
	}
	assert_in_range(looked_at, 0, 1);
}

UNIT_TESTS(NULL, NULL)
