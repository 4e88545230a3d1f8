/* SPDX-License-Identifier: MIT */
/* Loads secrets from a file, and compares them in constant time. */
#include "http/board/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char blanks[] = " \t\r\n\v\f";

/* The whole file, with a NUL behind it; NULL: errno says why not. */
static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(SECRETS_BYTES_MAX + 1) : NULL;
	size_t len = 0;

	if (text) {
		len = fread(text, 1, SECRETS_BYTES_MAX + 1, file);
		if (ferror(file) || len > SECRETS_BYTES_MAX) {
			errno = ferror(file) ? errno : EFBIG;
			free(text);
			text = NULL;
		} else {
			text[len] = '\0';
		}
	}
	if (file)
		fclose(file);
	return text;
}

static int
secrets_add(struct secrets *secrets, const char *secret, size_t len)
{
	char **list = realloc(secrets->list, (secrets->n + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	secrets->list = list;
	list[secrets->n] = strndup(secret, len);
	if (!list[secrets->n])
		return -ENOMEM;
	secrets->n++;
	return 0;
}

static int
read_json(struct secrets *secrets, const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *item;
	json_t *list = json_object_get(json, "secrets");
	int ret = json_is_array(list) ? 0 : -EINVAL;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (ret == 0)
			ret = json_is_string(item)
				      ? secrets_add(secrets, json_string_value(item),
						json_string_length(item))
				      : -EINVAL;
	}
	json_decref(json);
	return ret;
}

static int
read_lines(struct secrets *secrets, const char *text)
{
	int ret = 0;

	while (ret == 0 && *text) {
		size_t len = strcspn(text, "\n");
		size_t start = strspn(text, blanks), end = len;

		while (end > start && strchr(blanks, text[end - 1]))
			end--;
		if (start < end)
			ret = secrets_add(secrets, text + start, end - start);
		text += len + (text[len] == '\n');
	}
	return ret;
}

static int
load_list(struct secrets *secrets, const char *path, char *why, size_t len)
{
	char *text = read_file(path);
	int ret;

	if (!text) {
		ret = errno ? -errno : -EIO;
		snprintf(why, len, "cannot be read: %s", strerror(-ret));
		return ret;
	}
	ret = text[strspn(text, blanks)] == '{' ? read_json(secrets, text)
						: read_lines(secrets, text);
	explicit_bzero(text, strlen(text));
	free(text);
	if (ret == -EINVAL)
		snprintf(why, len,
			"is not a list of secrets; write {\"secrets\": [\"...\"]}, or "
			"one a line");
	else if (ret < 0)
		snprintf(why, len, "%s", strerror(-ret));
	return ret;
}

int
secrets_load(struct secrets *secrets, const char *path, char *why, size_t len)
{
	struct secrets loaded = { .any = !*path };
	int ret = loaded.any ? 0 : load_list(&loaded, path, why, len);

	if (ret < 0) {
		secrets_finish(&loaded);
		return ret;
	}
	secrets_finish(secrets);
	*secrets = loaded;
	return 0;
}

void
secrets_finish(struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->n; i++) {
		explicit_bzero(secrets->list[i], strlen(secrets->list[i]));
		free(secrets->list[i]);
	}
	free(secrets->list);
	*secrets = (struct secrets){ 0 };
}

/* Compares every byte of the guess, even after one that differs. */
static bool
is_equal(const char *secret, const char *guess)
{
	size_t len = strlen(secret), guess_len = strlen(guess);
	volatile unsigned char differs = len != guess_len;

	for (size_t i = 0; i < guess_len; i++)
		differs |= (unsigned char)(guess[i] ^ secret[len > 0 ? i % len : 0]);
	return !differs;
}

bool
secrets_contain(const struct secrets *secrets, const char *secret)
{
	bool found = secrets->any;

	for (size_t i = 0; i < secrets->n; i++)
		found |= is_equal(secrets->list[i], secret);
	return found;
}

bool
secrets_is_token(const char *token, const char *guess)
{
	return *token && is_equal(token, guess);
}
