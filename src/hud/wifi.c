/* SPDX-License-Identifier: MIT */
/* Writes the WIFI: text that phones understand, with its escapes. */
#include "hud/wifi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct sink {
	char *text;
	size_t len, used;
};

static void
add(struct sink *sink, char c)
{
	if (sink->used + 1 < sink->len)
		sink->text[sink->used] = c;
	sink->used++;
}

static void
add_text(struct sink *sink, const char *text)
{
	for (; *text; text++)
		add(sink, *text);
}

static void
add_escaped(struct sink *sink, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("\\;,:\"", text[i]))
			add(sink, '\\');
		add(sink, text[i]);
	}
}

int
wifi_scanned(const char *wifi, char *text, size_t len)
{
	struct sink sink = { text, len, 0 };
	const size_t name = strcspn(wifi, ":");
	const char *password = wifi[name] ? wifi + name + 1 : "";

	add_text(&sink, *password ? "WIFI:T:WPA;S:" : "WIFI:T:nopass;S:");
	add_escaped(&sink, wifi, name);
	if (*password) {
		add_text(&sink, ";P:");
		add_escaped(&sink, password, strlen(password));
	}
	add_text(&sink, ";;");
	if (sink.used >= len)
		return -EMSGSIZE;
	text[sink.used] = '\0';
	return 0;
}

int
wifi_words(enum hud_language language, const char *wifi, char *text, size_t len)
{
	const size_t name = strcspn(wifi, ":");
	const char *password = wifi[name] ? wifi + name + 1 : "";
	int used = snprintf(
		text, len, "%s %.*s", words_get(language, WORD_WIFI), (int)name, wifi);

	if (*password && used >= 0 && (size_t)used < len)
		used += snprintf(text + used, len - (size_t)used, WIFI_DOT "%s %s",
			words_get(language, WORD_PASSWORD), password);
	return used < 0 || (size_t)used >= len ? -EMSGSIZE : 0;
}
