/* SPDX-License-Identifier: MIT */
/* Writes figures and addresses as people read them. */
#include "hud/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Words that follow a count. */
struct counted {
	const char *one, *many;
};

struct language {
	const char *words[WORDS];
	char thousands, decimal;
	struct counted rate, total, painting, watching;
};

static const struct language languages[] = {
	[HUD_ENGLISH] = {
		.words = {
			[WORD_CALL] = "scan or open",
			[WORD_NEW_ADDRESS] = "new address",
			[WORD_BE_FIRST] = "be the first",
			[WORD_NOBODY] = "nobody is painting",
			[WORD_YOUR_TURN] = "Nobody is painting. Your turn:",
			[WORD_OR_TYPE] = "or type, for a block of",
			[WORD_PIXELS] = "pixels",
			[WORD_FAST] = "in fast motion",
			[WORD_SINCE] = "since",
			[WORD_PAUSED] = "Paused",
			[WORD_PAUSED_BY] = "Paused by the operator",
			[WORD_PAUSED_MEANS] = "nothing can be painted",
			[WORD_PAUSED_LONG] = "Paused by the operator: nothing can be "
					     "painted now.",
			[WORD_PAGE_GOES_ON] = "The page shows the wall meanwhile. It "
					      "goes on here as soon as the operator "
					      "says so.",
			[WORD_GOES_ON] = "It goes on as soon as the operator says so.",
			[WORD_WAITS_FOR_ADDRESS] = "waiting for a network address",
			[WORD_WAITS_FOR_NETWORK] = "Waiting for the network",
			[WORD_NO_ADDRESS] = "no address",
			[WORD_WIFI] = "Wi-Fi",
			[WORD_PASSWORD] = "password",
			[WORD_PAINT] = "paint",
			[WORD_WIDEST_RATE] = "88.8 G pixels so far",
			[WORD_WIDEST_PEOPLE] = "nobody is painting · 88 watching",
		},
		.thousands = ',',
		.decimal = '.',
		.rate = { "pixel/s", "pixels/s" },
		.total = { "pixel so far", "pixels so far" },
		.painting = { "painting", "painting" },
		.watching = { "watching", "watching" },
	},
	[HUD_GERMAN] = {
		.words = {
			[WORD_CALL] = "scannen oder aufrufen",
			[WORD_NEW_ADDRESS] = "neue Adresse",
			[WORD_BE_FIRST] = "mach den Anfang",
			[WORD_NOBODY] = "niemand malt",
			[WORD_YOUR_TURN] = "Niemand malt. Jetzt du:",
			[WORD_OR_TYPE] = "oder tippen, ein Block von",
			[WORD_PIXELS] = "Pixeln",
			[WORD_FAST] = "im Zeitraffer",
			[WORD_SINCE] = "seit",
			[WORD_PAUSED] = "Pause",
			[WORD_PAUSED_BY] = "Von der Leitung angehalten",
			[WORD_PAUSED_MEANS] = "nichts kann gemalt werden",
			[WORD_PAUSED_LONG] = "Von der Leitung angehalten: zur Zeit kann "
					     "nichts gemalt werden.",
			[WORD_PAGE_GOES_ON] = "Die Seite zeigt die Wand weiter. Hier "
					      "geht es weiter, sobald die Leitung es "
					      "sagt.",
			[WORD_GOES_ON] = "Es geht weiter, sobald die Leitung es sagt.",
			[WORD_WAITS_FOR_ADDRESS] = "wartet auf eine Netzadresse",
			[WORD_WAITS_FOR_NETWORK] = "Warten auf das Netz",
			[WORD_NO_ADDRESS] = "keine Adresse",
			[WORD_WIFI] = "WLAN",
			[WORD_PASSWORD] = "Passwort",
			[WORD_PAINT] = "malen",
			[WORD_WIDEST_RATE] = "88,8 G Pixel bisher",
			[WORD_WIDEST_PEOPLE] = "niemand malt · 88 schauen zu",
		},
		.thousands = '.',
		.decimal = ',',
		.rate = { "Pixel/s", "Pixel/s" },
		.total = { "Pixel bisher", "Pixel bisher" },
		.painting = { "malt", "malen" },
		.watching = { "schaut zu", "schauen zu" },
	},
};

/* The first variable that is set decides, as setlocale(3) has it for messages; "de", or
 * more behind it, as in de_AT.UTF-8. */
enum hud_language
words_language_of_locale(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *locale = NULL;

	for (size_t i = 0; i < ARRAY_LEN(variables) && (!locale || !*locale); i++)
		locale = getenv(variables[i]);
	return locale && strncmp(locale, "de", 2) == 0 && strchr("_.@", locale[2])
		       ? HUD_GERMAN
		       : HUD_ENGLISH;
}

const char *
words_get(enum hud_language language, enum word word)
{
	return languages[language].words[word];
}

void
words_count(enum hud_language language, uint64_t count, char text[WORDS_MAX])
{
	static const char units[] = "kMGTPE";
	const struct language *in = &languages[language];
	double scaled = (double)count;
	size_t unit = 0;
	char *point;

	if (count < 1000) {
		snprintf(text, WORDS_MAX, "%u", (unsigned)count);
		return;
	}
	if (count < 10000) {
		snprintf(text, WORDS_MAX, "%u%c%03u", (unsigned)(count / 1000),
			in->thousands, (unsigned)(count % 1000));
		return;
	}
	for (scaled /= 1000; scaled >= 999.5 && unit < sizeof(units) - 2; unit++)
		scaled /= 1000;
	snprintf(text, WORDS_MAX, "%.*f %c",
		scaled < 9.995   ? 2
		: scaled < 99.95 ? 1
				 : 0,
		scaled, units[unit]);
	point = strchr(text, '.');
	if (point)
		*point = in->decimal;
}

static void
say_counted(enum hud_language language, uint64_t count, const struct counted *counted,
	char text[WORDS_MAX])
{
	char number[WORDS_MAX];

	words_count(language, count, number);
	snprintf(text, WORDS_MAX, "%.30s %s", number,
		count == 1 ? counted->one : counted->many);
}

void
words_rate(enum hud_language language, const struct hud_text *said, char text[WORDS_MAX])
{
	const struct language *in = &languages[language];

	if (said->rate > 0)
		say_counted(language, said->rate, &in->rate, text);
	else
		words_total(language, said, text);
}

void
words_total(enum hud_language language, const struct hud_text *said, char text[WORDS_MAX])
{
	const struct language *in = &languages[language];

	if (said->total > 0)
		say_counted(language, said->total, &in->total, text);
	else
		snprintf(text, WORDS_MAX, "%s", in->words[WORD_BE_FIRST]);
}

void
words_people(enum hud_language language, const struct hud_text *said, bool with_viewers,
	char text[WORDS_MAX])
{
	const struct language *in = &languages[language];
	char painting[WORDS_MAX], watching[WORDS_MAX];

	snprintf(painting, sizeof(painting), "%s", in->words[WORD_NOBODY]);
	/* with the first pixels that are counted, not before: it says to be the first */
	if (said->painting > 0 && said->total > 0)
		say_counted(language, said->painting, &in->painting, painting);
	words_watching(language, said, watching);
	if (!with_viewers)
		*watching = '\0';
	snprintf(text, WORDS_MAX, "%.28s%s%.28s", painting, *watching ? " · " : "",
		watching);
}

void
words_watching(
	enum hud_language language, const struct hud_text *said, char text[WORDS_MAX])
{
	*text = '\0';
	if (said->watching > 0)
		say_counted(
			language, said->watching, &languages[language].watching, text);
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
