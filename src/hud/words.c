/* SPDX-License-Identifier: MIT */
/* Writes figures and addresses as people read them. */
#include "hud/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

void
words_count(uint64_t count, char text[WORDS_MAX])
{
	static const char units[] = "kMGTPE";
	double scaled = (double)count;
	size_t unit = 0;

	if (count < 1000) {
		snprintf(text, WORDS_MAX, "%u", (unsigned)count);
		return;
	}
	if (count < 10000) {
		snprintf(text, WORDS_MAX, "%u,%03u", (unsigned)(count / 1000),
			(unsigned)(count % 1000));
		return;
	}
	for (scaled /= 1000; scaled >= 999.5 && unit < sizeof(units) - 2; unit++)
		scaled /= 1000;
	snprintf(text, WORDS_MAX, "%.*f %c",
		scaled < 9.995   ? 2
		: scaled < 99.95 ? 1
				 : 0,
		scaled, units[unit]);
}

void
words_rate(const struct hud_text *said, char text[WORDS_MAX])
{
	char count[WORDS_MAX];

	words_count(said->rate > 0 ? said->rate : said->total, count);
	if (said->rate > 0)
		snprintf(text, WORDS_MAX, "%.30s pixel%s/s", count,
			said->rate == 1 ? "" : "s");
	else if (said->total > 0)
		snprintf(text, WORDS_MAX, "%.30s pixel%s so far", count,
			said->total == 1 ? "" : "s");
	else
		snprintf(text, WORDS_MAX, "be the first");
}

void
words_people(const struct hud_text *said, bool with_viewers, char text[WORDS_MAX])
{
	char painting[WORDS_MAX], watching[WORDS_MAX];
	int len;

	words_count(said->painting, painting);
	if (said->painting > 0)
		len = snprintf(text, WORDS_MAX, "%.16s painting", painting);
	else
		len = snprintf(text, WORDS_MAX, "nobody is painting");
	words_watching(said, watching);
	if (with_viewers && *watching)
		snprintf(text + len, WORDS_MAX - (size_t)len, " · %.30s", watching);
}

void
words_watching(const struct hud_text *said, char text[WORDS_MAX])
{
	char count[WORDS_MAX];

	words_count(said->watching, count);
	*text = '\0';
	if (said->watching > 0)
		snprintf(text, WORDS_MAX, "%.16s watching", count);
}

/* Its length without the last slash, if nothing is behind that, and without the port that
 * the scheme has anyway; *path is where the path begins. */
static size_t
trim(const char *url, const char **host, const char **path)
{
	const bool secure = strncmp(url, "https", 5) == 0;
	const char *port = secure ? ":443" : ":80";
	size_t port_len = strlen(port), authority;

	*host = strstr(url, "://");
	*host = *host ? *host + 3 : url;
	authority = strcspn(*host, "/");
	*path = *host + authority;
	if (authority > port_len && strncmp(*path - port_len, port, port_len) == 0)
		authority -= port_len;
	return authority;
}

void
words_address(const char *url, char *text, size_t len)
{
	const char *host, *path;
	size_t authority = trim(url, &host, &path);
	size_t path_len = strlen(path);

	if (path_len > 0 && path[path_len - 1] == '/')
		path_len--;
	snprintf(text, len, "%.*s%.*s", (int)authority, host, (int)path_len, path);
}

void
words_scanned(const char *url, char *text, size_t len)
{
	const char *host, *path;
	size_t authority = trim(url, &host, &path), capitals;

	snprintf(text, len, "%.*s%.*s%s", (int)(host - url), url, (int)authority, host,
		strcmp(path, "/") == 0 ? "" : path);
	capitals = (size_t)(host - url) + authority;
	for (size_t i = 0; i < capitals && i < len && text[i]; i++)
		text[i] = (char)toupper((unsigned char)text[i]);
}
