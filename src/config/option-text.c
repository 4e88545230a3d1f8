/* SPDX-License-Identifier: MIT */
/* The types of options whose value is text on the heap: text, addresses, paths, secrets
 * and lists of words. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/option-private.h"
#include "lib/address.h"
#include "lib/digits.h"

#define HOST_MAX 255
#define SECRET_MAX 4096
#define WORDS_TEXT_MAX 256

/* ------------------------------------------------------------------ text */

static int
keep_text(const struct option_value *value, const char *text)
{
	char **field = value->field, *copy = strdup(text);

	if (!copy) {
		snprintf(value->why, value->why_len, "does not fit in memory");
		return -ENOMEM;
	}
	free(*field);
	*field = copy;
	return 0;
}

int
option_parse_text(const struct option_value *value)
{
	return keep_text(value, value->text);
}

/* ------------------------------------------------------------------ addresses */

static bool
is_host_name(const char *host, size_t len)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return strspn(host, allowed) >= len;
}

/* 239.1.2.3%eth0: a multicast group on an interface. */
static bool
is_v4_group(const char *host, size_t len)
{
	const char *zone = memchr(host, '%', len);
	char address[INET_ADDRSTRLEN];
	struct in_addr in4;

	if (!zone || (size_t)(zone - host) >= sizeof(address) || zone + 1 == host + len)
		return false;
	memcpy(address, host, (size_t)(zone - host));
	address[zone - host] = '\0';
	return inet_pton(AF_INET, address, &in4) == 1 &&
	       IN_MULTICAST(ntohl(in4.s_addr)) &&
	       is_host_name(zone + 1, len - (size_t)(zone + 1 - host));
}

/* HOST:PORT or [V6]:PORT; 0, or -EINVAL and why it is neither. */
static int
check_host_port(const char *text, char *why, size_t len)
{
	struct address_parts parts;
	const char *end;
	uint64_t port;

	address_split(text, strlen(text), &parts);
	if (!parts.port || parts.host_len > HOST_MAX ||
		(parts.host_len == 0 && !parts.bracketed))
		return error_set(why, len,
			"is not an address; write HOST:PORT, [V6]:PORT or unix:PATH, "
			"such as [::]:1234");
	end = digits_read(parts.port, UINT16_MAX, &port);
	if (!end || *end)
		return error_set(
			why, len, "must end in : and a port, a number from 0 to 65535");
	if (parts.bracketed && !address_is_v6(parts.host, parts.host_len))
		return error_set(why, len,
			"has no IPv6 address in its brackets; write one, such as "
			"[::1]:%" PRIu64,
			port);
	if (!parts.bracketed && memchr(parts.host, ':', parts.host_len))
		return error_set(why, len,
			"is ambiguous; write the IPv6 address in brackets, such as "
			"[::1]:%" PRIu64,
			port);
	if (!parts.bracketed && !is_host_name(parts.host, parts.host_len) &&
		!is_v4_group(parts.host, parts.host_len))
		return error_set(why, len, "has no host name or address before the port");
	return 0;
}

static int
check_address(const char *text, char *why, size_t len)
{
	const size_t path_max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	const char *path = address_unix_path(text);

	if (path && (*path == '\0' || strlen(path) > path_max))
		return error_set(why, len,
			"is not an address; write a path of 1 to %zu bytes after unix:",
			path_max);
	return path ? 0 : check_host_port(text, why, len);
}

int
option_parse_address(const struct option_value *value)
{
	if (*value->text && check_address(value->text, value->why, value->why_len) < 0)
		return -EINVAL;
	return option_parse_text(value);
}

int
option_parse_addresses(const struct option_value *value)
{
	const char *rest = value->text;
	char word[ADDRESS_WORD_MAX];

	while ((rest = address_next(rest, word, sizeof(word))))
		if (check_address(word, value->why, value->why_len) < 0)
			return -EINVAL;
	return option_parse_text(value);
}

/* ------------------------------------------------------------------ paths */

/* The systemd credential of that name; false: there is none. */
static bool
find_credential(const char *name, char *path, size_t len)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder && *folder &&
	       (size_t)snprintf(path, len, "%s/%s", folder, name) < len &&
	       access(path, F_OK) == 0;
}

/* Writes the whole path of a file: that of a credential, or else below the working
 * folder.  False: it is too long. */
static bool
resolve_path(const char *text, char *path, size_t len)
{
	char folder[PATH_MAX];

	if (*text == '/' || *text == '\0')
		return (size_t)snprintf(path, len, "%s", text) < len;
	if (find_credential(text, path, len))
		return true;
	return getcwd(folder, sizeof(folder)) &&
	       (size_t)snprintf(
		       path, len, "%s/%s", strcmp(folder, "/") ? folder : "", text) < len;
}

int
option_parse_path(const struct option_value *value)
{
	char path[PATH_MAX];

	if (!resolve_path(value->text, path, sizeof(path)))
		return error_set(value->why, value->why_len,
			"is not a path; write at most %d bytes, from / on", PATH_MAX - 1);
	return keep_text(value, path);
}

/* ------------------------------------------------------------------ secrets */

/* Reads the first line of a file, without its end. */
static int
read_secret(const char *path, char *secret, size_t len, char *why, size_t why_len)
{
	FILE *file = fopen(path, "re");
	size_t used = file ? fread(secret, 1, len - 1, file) : 0;
	int error = !file || ferror(file) ? errno : 0;

	secret[used] = '\0';
	used = strcspn(secret, "\r\n");
	secret[used] = '\0';
	if (file)
		fclose(file);
	if (error)
		return error_set(why, why_len, "names a file that cannot be read: %s",
			strerror(error));
	if (used == 0)
		return error_set(why, why_len,
			"names a file whose first line is empty; write the secret there");
	if (used == len - 1)
		return error_set(why, why_len,
			"names a file whose first line has more than %zu bytes", len - 2);
	return 0;
}

int
option_parse_secret(const struct option_value *value)
{
	char path[PATH_MAX], secret[SECRET_MAX + 2];
	int ret;

	if (strcmp(value->text, OPTION_MASK) == 0)
		return error_set(value->why, value->why_len,
			"is what --print-config shows in place of a secret; write the "
			"secret itself, or @FILE");
	if (*value->text != '@')
		return keep_text(value, value->text);
	if (!resolve_path(value->text + 1, path, sizeof(path)))
		return error_set(value->why, value->why_len,
			"names a file whose path is too long");
	ret = read_secret(path, secret, sizeof(secret), value->why, value->why_len);
	if (ret == 0)
		ret = keep_text(value, secret);
	explicit_bzero(secret, sizeof(secret));
	return ret;
}

/* ------------------------------------------------------------------ lists */

static const char blanks[] = " \t";

/* The next word, with its length, or NULL. */
static const char *
next_word(const char *text, size_t *len)
{
	text += strspn(text, blanks);
	*len = strcspn(text, blanks);
	return *len > 0 ? text : NULL;
}

/* One block: the pointers, NULL behind them, then the words. */
static char **
copy_words(const char *text)
{
	size_t n = 0, len = 0;
	char **words, *to;

	for (const char *p = text; (p = next_word(p, &len)); p += len)
		n++;
	words = malloc((n + 1) * sizeof(*words) + strlen(text) + 1);
	if (!words)
		return NULL;
	to = (char *)(words + n + 1);
	n = 0;
	for (const char *p = text; (p = next_word(p, &len)); p += len) {
		words[n++] = memcpy(to, p, len);
		to += len;
		*to++ = '\0';
	}
	words[n] = NULL;
	return words;
}

int
option_parse_list(const struct option_value *value)
{
	const char *choices = value->option->choices;
	char **words = copy_words(value->text), ***field = value->field;
	char known[WORDS_TEXT_MAX];

	if (!words) {
		snprintf(value->why, value->why_len, "does not fit in memory");
		return -ENOMEM;
	}
	for (char **word = words; choices && *word; word++)
		if (option_word_index(choices, *word) < 0) {
			error_set(value->why, value->why_len,
				"has %s, which is not one of: %s", *word,
				option_list_words(choices, known, sizeof(known)));
			free(words);
			return -EINVAL;
		}
	free(*field);
	*field = words;
	return 0;
}
