/* SPDX-License-Identifier: MIT */
/* Tests p²'s users file, one-time passwords, and the OTP replay store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2/otp-replay.h"
#include "p2/users.h"
#include "support/folder.h"

/* "12345678901234567890", the secret of RFC 6238's appendix B. */
#define RFC_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static char complaints[4096];

static void
complain(void *arg, const char *text)
{
	size_t len = strlen(complaints);

	(void)arg;
	snprintf(complaints + len, sizeof(complaints) - len, "%s\n", text);
}

static const char *
write_users(const char *text)
{
	write_file("users", text);
	complaints[0] = '\0';
	return "users";
}

static void
expect_complaint(const char *text, const char *complaint)
{
	struct users users = { 0 };
	const char *path = write_users(text);

	assert_true(users_load(&users, path, complain, NULL) < 0);
	if (!strstr(complaints, complaint))
		print_message("%s: %s\n", text, complaints);
	assert_non_null(strstr(complaints, complaint));
	assert_int_equal(strncmp(complaints, path, strlen(path)), 0);
	assert_null(users.users);
}

static bool
check(const struct users *users, const char *name, const char *otp, uint64_t now,
	uint64_t *step)
{
	struct user *user = users_find(users, name, strlen(name));

	assert_non_null(user);
	return user_check(user, otp, now, step);
}

TEST(users_are_read)
{
	struct users users = { 0 };
	const char *path = write_users("# people\n\n  zo\xc3\xa9 = static:1234  \r\n"
				       "; more\nalice=static:9876543210\n"
				       "bob = totp: " RFC_SECRET "\n"
				       "a = static:0\naa = static:00000001");
	uint64_t step;

	assert_int_equal(users_load(&users, path, complain, NULL), 0);
	assert_string_equal(complaints, "");
	assert_int_equal(users.n, 5);
	assert_true(check(&users, "zo\xc3\xa9", "00001234", 0, &step));
	assert_int_equal(step, 0);
	assert_false(check(&users, "zo\xc3\xa9", "00001235", 0, &step));
	assert_true(check(&users, "alice", "76543210", 0, &step));
	assert_true(check(&users, "a", "00000000", 0, &step));
	assert_true(check(&users, "aa", "00000001", 0, &step));
	assert_null(users_find(&users, "aaa", 3));
	assert_null(users_find(&users, "", 0));
	assert_null(users_find(&users, "bo", 2));
	users_finish(&users);
}

TEST(bad_files_are_explained)
{
	char name[300];

	expect_complaint("alice\n", "users:1: is not a user");
	expect_complaint("\n\nalice = 1234\n", "users:3: must be static:DIGITS");
	expect_complaint("alice = static:12x4\n", "users:1: static: takes");
	expect_complaint("alice = static:\n", "users:1: static: takes");
	expect_complaint("alice = totp:1NVALID!\n", "users:1: totp: takes");
	expect_complaint("alice = totp:\n", "users:1: totp: takes");
	expect_complaint("alice = totp:GEZDGNBV\n", "users:1: totp: takes");
	expect_complaint(" = static:1\n", "users:1: a name has");
	expect_complaint("\xff = static:1\n", "users:1: a name has");
	expect_complaint("a = static:1\nb = static:2\na = static:3\n", "a appears twice");
	memset(name, 'n', sizeof(name));
	strcpy(name + 256, " = static:1\n");
	expect_complaint(name, "users:1: a name has");
	complaints[0] = '\0';
	assert_true(
		users_load(&(struct users){ 0 }, "/nowhere/users", complain, NULL) < 0);
	assert_string_equal(complaints, "/nowhere/users: No such file or directory\n");
}

TEST(totp_is_rfc_6238)
{
	static const struct {
		uint64_t now;
		const char *otp;
	} codes[] = {
		{ 59, "00287082" },
		{ 1111111109, "00081804" },
		{ 1111111111, "00050471" },
		{ 1234567890, "00005924" },
		{ 2000000000, "00279037" },
		{ 20000000000, "00353130" },
	};
	struct users users = { 0 };
	uint64_t step;

	assert_int_equal(users_load(&users, write_users("bob = totp:" RFC_SECRET "\n"),
				 complain, NULL),
		0);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint64_t start = codes[i].now / 30 * 30;

		/* where liboath's time ends in 2038, so do its codes */
		if ((uint64_t)(time_t)codes[i].now != codes[i].now)
			continue;
		assert_true(check(&users, "bob", codes[i].otp, codes[i].now, &step));
		assert_int_equal(step, start / 30);
		/* a step early and late, and no more */
		if (start >= 30)
			assert_true(check(&users, "bob", codes[i].otp, start - 1, &step));
		assert_true(check(&users, "bob", codes[i].otp, start + 59, &step));
		assert_int_equal(step, start / 30);
		assert_false(check(&users, "bob", codes[i].otp, start + 60, &step));
		if (start >= 60)
			assert_false(
				check(&users, "bob", codes[i].otp, start - 31, &step));
	}
	assert_false(check(&users, "bob", "94287082", 59, &step));
	users_finish(&users);
}

/* As authenticator apps export them, the test vectors of RFC 6238's appendix B. */
TEST(uris_are_read)
{
	static const char sha256[] =
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA";
	struct users users = { 0 };
	char text[1024];
	uint64_t step;

	snprintf(text, sizeof(text),
		"bob = otpauth://totp/x?secret=%s\n"
		"otpauth://totp/"
		"My%%20wall:%%20zo%%C3%%A9?issuer=a%%26b&secret=%s&digits=8\n"
		"OTPAUTH://TOTP/carol?algorithm=sha256&digits=8&period=30&secret=%s\n"
		"otpauth://totp/dan?period=60&secret=%s&image=https%%3A%%2F%%2Fa\n",
		RFC_SECRET, RFC_SECRET, sha256, RFC_SECRET);
	assert_int_equal(users_load(&users, write_users(text), complain, NULL), 0);
	assert_string_equal(complaints, "");
	assert_true(check(&users, "bob", "00287082", 59, &step));
	assert_true(check(&users, "zo\xc3\xa9", "94287082", 59, &step));
	assert_int_equal(step, 1);
	assert_true(check(&users, "carol", "46119246", 59, &step));
	assert_true(check(&users, "dan", "00287082", 119, &step));
	assert_int_equal(step, 1);
	users_finish(&users);
}

TEST(bad_uris_are_explained)
{
	const char *secret = "&secret=" RFC_SECRET "\n";
	static const struct {
		const char *uri, *complaint;
	} bad[] = {
		{ "otpauth://hotp/a?counter=1", "begins with otpauth://totp/" },
		{ "otpauth://totp/a?digits=9", "digits= takes" },
		{ "otpauth://totp/a?digits=", "digits= takes" },
		{ "otpauth://totp/a?period=0", "period= takes" },
		{ "otpauth://totp/a?period=30s", "period= takes" },
		{ "otpauth://totp/a?algorithm=MD5", "algorithm= takes" },
		{ "otpauth://totp/a%2?x=1", "broken %" },
		{ "otpauth://totp/a%00?x=1", "broken %" },
		{ "otpauth://totp/?x=1", "a name has" },
		{ "n = otpauth://totp/", "has no secret" },
	};
	char text[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", bad[i].uri, secret);
		expect_complaint(text, bad[i].complaint);
	}
	expect_complaint("otpauth://totp/a?secret=GEZDGNBV\n", "secret= takes");
	expect_complaint("otpauth://totp/a?secret\n", "has no secret");
}

TEST(used_steps_are_refused)
{
	struct users users = { 0 }, again = { 0 };
	const char *path = write_users("bob = totp:" RFC_SECRET "\n"
				       "a b = totp:" RFC_SECRET "\n");
	char *steps;
	int saved;

	unsetenv("STATE_DIRECTORY");
	steps = otp_replay_path(path);
	assert_int_equal(users_load(&users, path, complain, NULL), 0);
	assert_int_equal(otp_replay_load(&users, steps), 0); /* there is none yet */
	assert_int_equal(otp_replay_load(&users, "."), -EISDIR);
	assert_true(
		otp_replay_use(steps, &users, users_find(&users, "bob", 3), 100, &saved));
	assert_int_equal(saved, 0);
	assert_false(
		otp_replay_use(steps, &users, users_find(&users, "bob", 3), 100, &saved));
	assert_false(
		otp_replay_use(steps, &users, users_find(&users, "bob", 3), 99, &saved));
	assert_true(
		otp_replay_use(steps, &users, users_find(&users, "a b", 3), 100, &saved));
	/* another instance, or the next start */
	assert_int_equal(users_load(&again, path, complain, NULL), 0);
	assert_false(
		otp_replay_use(steps, &again, users_find(&again, "bob", 3), 100, &saved));
	assert_int_equal(otp_replay_load(&again, steps), 0);
	assert_int_equal(users_find(&again, "a b", 3)->last_step, 100);
	assert_true(
		otp_replay_use(steps, &again, users_find(&again, "bob", 3), 101, &saved));
	assert_false(
		otp_replay_use(steps, &users, users_find(&users, "bob", 3), 101, &saved));
	/* a file that cannot be written, or is malformed, locks nobody out */
	assert_true(otp_replay_use(
		"/nowhere/steps", &users, users_find(&users, "bob", 3), 102, &saved));
	assert_int_equal(saved, -2);
	assert_false(otp_replay_use(
		"/nowhere/steps", &users, users_find(&users, "bob", 3), 102, &saved));
	write_users("99999999999999999999999 bob\nx bob\n7\n300 nobody\n");
	assert_int_equal(otp_replay_load(&users, path), 0);
	assert_int_equal(users_find(&users, "bob", 3)->last_step, 102);
	free(steps);
	users_finish(&users);
	users_finish(&again);
}

TEST(steps_have_a_place)
{
	char *path;

	unsetenv("STATE_DIRECTORY");
	path = otp_replay_path("/etc/murald/p2-users");
	assert_string_equal(path, "/etc/murald/p2-users.steps");
	free(path);
	setenv("STATE_DIRECTORY", "/var/lib/murald:/var/lib/other", 1);
	path = otp_replay_path("/etc/murald/p2-users");
	assert_string_equal(path, "/var/lib/murald/etc-murald-p2-users.steps");
	free(path);
	unsetenv("STATE_DIRECTORY");
}

UNIT_TESTS(enter_folder, leave_folder)
