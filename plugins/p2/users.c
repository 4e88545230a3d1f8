/* SPDX-License-Identifier: MIT */
/* Reads the users file, and checks one-time passwords. */
#include "p2/users.h"

#include <errno.h>
#include <liboath/oath.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/utf8.h"
#include "p2/parser.h"

/* RFC 4226 asks for 16 bytes at least; this bound only catches accidents. */
#define SECRET_MIN 10

/* The longest line of the file. */
#define LINE_MAX_BYTES 1024

struct users_reader {
	const char *path;
	int line;
	users_error_handler *on_error;
	void *arg;
	int result;
};

static void __attribute__((format(printf, 2, 3)))
users_error(struct users_reader *reader, const char *format, ...)
{
	char text[600];
	int len = snprintf(text, sizeof(text), "%s:%d: ", reader->path, reader->line);
	va_list args;

	va_start(args, format);
	if (len >= 0 && len < (int)sizeof(text))
		vsnprintf(text + len, sizeof(text) - len, format, args);
	va_end(args);
	reader->on_error(reader->arg, text);
	reader->result = -EINVAL;
}

/* Cuts blanks at both ends, in place. */
static char *
text_trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]);)
		text[--len] = '\0';
	return text;
}

/* Any number of digits; the protocol uses the last eight, and fills up with zeros. */
static bool
set_static(struct user *user, const char *digits)
{
	size_t len = strlen(digits);

	if (len == 0 || strspn(digits, "0123456789") != len)
		return false;
	if (len > OTP_DIGITS) {
		digits += len - OTP_DIGITS;
		len = OTP_DIGITS;
	}
	memset(user->code, '0', OTP_DIGITS);
	memcpy(user->code + OTP_DIGITS - len, digits, len);
	return true;
}

static bool
set_totp(struct user *user, const char *base32)
{
	user->kind = TOTP_USUAL;
	return oath_base32_decode(base32, strlen(base32), &user->secret,
		       &user->secret_len) == OATH_OK &&
	       user->secret_len >= SECRET_MIN;
}

static bool
set_name(struct users_reader *reader, struct user *user, const char *name)
{
	user->len = strlen(name);
	if (user->len == 0 || user->len > P2_NAME_MAX ||
		!utf8_is_valid(name, user->len)) {
		users_error(reader, "a name has 1 to %d bytes of UTF-8", P2_NAME_MAX);
		return false;
	}
	user->name = strdup(name);
	if (!user->name)
		users_error(reader, "out of memory");
	return user->name != NULL;
}

static bool
is_uri(const char *text)
{
	return strncasecmp(text, OTPAUTH_SCHEME, strlen(OTPAUTH_SCHEME)) == 0;
}

/* A URI; `name` NULL: of the account that it names. */
static bool
parse_uri(struct users_reader *reader, struct user *user, const char *name, char *uri)
{
	struct otpauth parts;
	const char *why = otpauth_parse(uri, &parts);

	if (why) {
		users_error(reader, "the otpauth: URI: %s", why);
		return false;
	}
	if (!set_name(reader, user, name ? name : parts.account))
		return false;
	if (!set_totp(user, parts.secret)) {
		users_error(reader,
			"the otpauth: URI: secret= takes base32, %d bytes at least",
			SECRET_MIN);
		return false;
	}
	user->kind = parts.kind;
	return true;
}

/* Error messages do not quote the line: it may contain a secret. */
static bool
parse_user(struct users_reader *reader, struct user *user, char *text)
{
	char *value = strchr(text, '=');

	if (is_uri(text))
		return parse_uri(reader, user, NULL, text);
	if (!value) {
		users_error(reader, "is not a user; write NAME = static:DIGITS or NAME = "
				    "totp:BASE32");
		return false;
	}
	*value++ = '\0';
	value = text_trim(value);
	if (is_uri(value))
		return parse_uri(reader, user, text_trim(text), value);
	if (!set_name(reader, user, text_trim(text)))
		return false;
	if (strncmp(value, "static:", 7) == 0) {
		if (set_static(user, text_trim(value + 7)))
			return true;
		users_error(reader, "static: takes decimal digits, as static:12345678");
	} else if (strncmp(value, "totp:", 5) == 0) {
		if (set_totp(user, text_trim(value + 5)))
			return true;
		users_error(reader,
			"totp: takes a secret in base32, %d bytes at least, as made by "
			"head -c20 /dev/urandom | base32",
			SECRET_MIN);
	} else {
		users_error(
			reader, "must be static:DIGITS, totp:BASE32 or otpauth://...");
	}
	return false;
}

static void
free_user(struct user *user)
{
	free(user->name);
	free(user->secret);
}

static void
add_line(struct users *users, struct users_reader *reader, char *line)
{
	struct user user = { 0 }, *larger;
	char *text = text_trim(line);

	if (*text == '\0' || *text == '#' || *text == ';')
		return;
	if (!parse_user(reader, &user, text)) {
		free_user(&user);
		return;
	}
	larger = realloc(users->users, (users->n + 1) * sizeof(*larger));
	if (!larger) {
		users_error(reader, "out of memory");
		free_user(&user);
		return;
	}
	users->users = larger;
	users->users[users->n++] = user;
}

static int
compare_users(const void *left, const void *right)
{
	const struct user *a = left, *b = right;
	int order = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void
read_lines(struct users *users, struct users_reader *reader, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) >= 0) {
		reader->line++;
		if (len > LINE_MAX_BYTES || memchr(line, '\0', len))
			users_error(reader,
				"is not a user: a line is text of at most %d bytes",
				LINE_MAX_BYTES);
		else
			add_line(users, reader, line);
		explicit_bzero(line, size);
	}
	/* the file's error, or that there was no memory for the line */
	if (!feof(file))
		reader->result = -errno;
	free(line);
}

int
users_load(
	struct users *users, const char *path, users_error_handler *on_error, void *arg)
{
	struct users_reader reader = { .path = path, .on_error = on_error, .arg = arg };
	FILE *file = fopen(path, "re");
	char text[600];

	if (file) {
		read_lines(users, &reader, file);
		fclose(file);
	} else {
		reader.result = -errno;
	}
	if (reader.result < 0 && reader.result != -EINVAL) {
		snprintf(text, sizeof(text), "%s: %s", path, strerror(-reader.result));
		on_error(arg, text);
	}
	if (users->n > 0)
		qsort(users->users, users->n, sizeof(*users->users), compare_users);
	for (size_t i = 1; i < users->n; i++)
		if (compare_users(&users->users[i - 1], &users->users[i]) == 0) {
			snprintf(text, sizeof(text), "%s: %s appears twice", path,
				users->users[i].name);
			on_error(arg, text);
			reader.result = -EINVAL;
		}
	if (reader.result < 0)
		users_finish(users);
	return reader.result;
}

void
users_finish(struct users *users)
{
	if (!users)
		return;
	for (size_t i = 0; i < users->n; i++) {
		if (users->users[i].secret)
			explicit_bzero(
				users->users[i].secret, users->users[i].secret_len);
		free_user(&users->users[i]);
	}
	free(users->users);
	*users = (struct users){ 0 };
}

struct user *
users_find(const struct users *users, const char *name, size_t len)
{
	const struct user wanted = { .name = (char *)name, .len = len };

	if (users->n == 0)
		return NULL;
	return bsearch(&wanted, users->users, users->n, sizeof(wanted), compare_users);
}

void
otp_text(const uint8_t *otp, char text[OTP_DIGITS + 1])
{
	for (int i = 0; i < OTP_DIGITS; i++)
		text[i] = '0' + (i & 1 ? otp[i / 2] & 15 : otp[i / 2] >> 4);
	text[OTP_DIGITS] = '\0';
}

void
users_keep_steps(struct users *users, const struct users *before)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct user *old = &before->users[i];
		struct user *user = users_find(users, old->name, old->len);

		if (user && user->last_step < old->last_step)
			user->last_step = old->last_step;
	}
}

/* In constant time. */
static bool
same_digits(const char *a, const char *b)
{
	unsigned different = 0;

	for (int i = 0; i < OTP_DIGITS; i++)
		different |= a[i] ^ b[i];
	return different == 0;
}

bool
user_check(const struct user *user, const char *otp, uint64_t now_s, uint64_t *step)
{
	const struct totp_kind *kind = &user->kind;
	bool right = false;

	*step = 0;
	if (!user->secret)
		return same_digits(user->code, otp);
	uint64_t now = now_s / kind->period;

	for (uint64_t at = now > 0 ? now - 1 : 0; at <= now + 1; at++) {
		char code[OTP_DIGITS + 1] = "00";

		if (oath_totp_generate2(user->secret, user->secret_len, at * kind->period,
			    kind->period, 0, kind->digits, kind->flags,
			    code + OTP_DIGITS - kind->digits) == OATH_OK &&
			same_digits(code, otp)) {
			right = true;
			*step = at;
		}
	}
	return right;
}
