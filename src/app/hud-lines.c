/* SPDX-License-Identifier: MIT */
/* Writes the hints and states of instances as people at this machine's wall can use them.
 */
#include "app/hud-lines.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/util.h"
#include "hud/words.h"
#include "ingest/hint.h"

#define NEW_NS (60 * UINT64_C(1000000000))

_Static_assert(sizeof(((struct hud_line *)0)->state) == MURAL_STATE_MAX,
	"a line of state fits into the HUD's");

void
hud_lines_readdress(struct hud_lines *lines)
{
	if (host_address_get(AF_INET, lines->address4) < 0)
		*lines->address4 = '\0';
	if (host_address_get(AF_INET6, lines->address6) < 0)
		*lines->address6 = '\0';
}

/* Whether the hint is of use on this machine only: it has no other address, or the
 * instance listens on the loopback. */
static bool
is_for_this_machine(const char *text)
{
	return strstr(text, "127.0.0.1") || strstr(text, "[::1]") ||
	       strstr(text, "/::1/") || strstr(text, "localhost");
}

static bool
is_url(const char *text)
{
	return (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
	       !strchr(text, ' ');
}

/* Prefers IPv4: it is shorter to type, and every network has it.  Whether it is for a
 * shell, and not for people. */
static bool
write_hint(const struct hud_lines *lines, const struct instance *instance, char *text,
	size_t len)
{
	const char *addresses[] = { lines->address4, lines->address6 };
	const bool public = hint_is_public(instance);

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		const char *address = addresses[i];

		*text = '\0';
		if ((!*address && !public) || hint_text(instance, address, text, len) < 0)
			continue;
		if (!public && host_address_is_loopback(address) &&
			strstr(text, address)) {
			snprintf(text, len, "%s",
				words_get(lines->language, WORD_WAITS_FOR_ADDRESS));
			return false;
		}
		if (!public && is_for_this_machine(text))
			*text = '\0';
		return !hint_is_text(instance) && !is_url(text);
	}
	*text = '\0';
	return false;
}

/* The hint of the first http instance that has one is the address of its page; it is the
 * call, and no line. */
static const struct instance *
write_url(const struct hud_lines *lines, char *url, size_t len)
{
	const struct instance *instance = lines->ingest->plugins->instances;

	for (; instance; instance = instance->next) {
		if (strcmp(instance->plugin->name, "http") != 0)
			continue;
		(void)write_hint(lines, instance, url, len);
		if (is_url(url))
			return instance;
	}
	*url = '\0';
	return NULL;
}

/* Marks it when it becomes another one than people have read.  The mark goes with the
 * next change after its time, and costs none of its own. */
static const struct instance *
update_url(struct hud_lines *lines, struct hud_text *text)
{
	const struct instance *page = write_url(lines, text->url, sizeof(text->url));

	if (*text->url && *lines->read_url == '\0')
		memcpy(lines->read_url, text->url, sizeof(text->url));
	if (*text->url && strcmp(text->url, lines->read_url) != 0) {
		memcpy(lines->read_url, text->url, sizeof(text->url));
		lines->new_until_ns = uv_hrtime() + NEW_NS;
	}
	text->url_is_new = uv_hrtime() < lines->new_until_ns;
	return page;
}

/* Whether others reach this machine, or have been told by the operator how. */
static bool
is_reachable(const struct hud_lines *lines)
{
	const char *addresses[] = { lines->address4, lines->address6 };
	const struct instance *i = lines->ingest->plugins->instances;

	for (size_t k = 0; k < ARRAY_LEN(addresses); k++)
		if (*addresses[k] && !host_address_is_loopback(addresses[k]))
			return true;
	while (i && !hint_is_public(i) && !hint_is_text(i))
		i = i->next;
	return i != NULL;
}

/* "eth0, wlan0: no address" */
static void
list_interfaces(enum hud_language language, char *text, size_t len)
{
	struct if_nameindex *all = if_nameindex();
	size_t at = 0;

	for (size_t i = 0; all && all[i].if_index && at < len; i++)
		if (strcmp(all[i].if_name, "lo") != 0)
			at += (size_t)snprintf(text + at, len - at, "%s%s",
				at > 0 ? ", " : "", all[i].if_name);
	if (all)
		if_freenameindex(all);
	if (at < len)
		(void)snprintf(text + at, len - at, "%s%s", at > 0 ? ": " : "",
			words_get(language, WORD_NO_ADDRESS));
}

/* Shown in place of hints while this machine has no address. */
static void
say_what_is_missing(const struct hud_lines *lines, struct hud_text *text)
{
	memset(text->lines, 0, sizeof(text->lines));
	*text->url = '\0';
	text->url_is_new = false;
	text->lines[0].is_words = true;
	list_interfaces(
		lines->language, text->lines[0].hint, sizeof(text->lines[0].hint));
	snprintf(text->lines[1].hint, sizeof(text->lines[1].hint), "murald --doctor");
	text->n_lines = 2;
}

void
hud_lines_write(struct hud_lines *lines, struct hud_text *text)
{
	struct instance *instance = lines->ingest->plugins->instances;
	const struct instance *page = update_url(lines, text);
	uint32_t n = 0;

	text->waits_for_network = instance && !is_reachable(lines);
	if (text->waits_for_network) {
		say_what_is_missing(lines, text);
		return;
	}

	memset(text->lines, 0, sizeof(text->lines));
	for (; instance && n < ARRAY_LEN(text->lines); instance = instance->next) {
		struct hud_line line = { 0 };

		said_copy_state(&instance->said, line.state);
		if (instance != page)
			line.is_words = !write_hint(
				lines, instance, line.hint, sizeof(line.hint));
		if (hint_is_private(instance) || (!*line.hint && !*line.state))
			continue;
		snprintf(line.name, sizeof(line.name), "%s", instance->host.name);
		text->lines[n++] = line;
	}
	text->n_lines = n;
}

void
hud_lines_write_block(const struct hud_lines *lines, struct hud_text *text)
{
	const struct instance *i = lines->ingest->plugins->instances;
	const char *addresses[] = { lines->address4, lines->address6 };
	struct mural_dimensions size = { 0, 0 };

	*text->block = '\0';
	for (; i && !*text->block; i = i->next)
		for (size_t k = 0; k < ARRAY_LEN(addresses) && !*text->block; k++) {
			if ((!*addresses[k] && !hint_is_public(i)) || hint_is_text(i) ||
				hint_block(i, addresses[k], &size, text->block,
					sizeof(text->block)) < 0 ||
				is_for_this_machine(text->block))
				*text->block = '\0';
			text->block_width = size.width;
			text->block_height = size.height;
		}
}
