/* SPDX-License-Identifier: MIT */
/* When the HUD's text is made, and of what. */
#include "app/hud-status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "ingest/hint.h"

#define SECOND_MS 1000
#define SECOND_NS UINT64_C(1000000000)

/* ------------------------------------------------------------------ the text */

/* IPv4 where there is both: it is shorter to type, and every network has it. */
static void
write_invitation(const struct caption *caption, const struct instance *instance,
	char *text, size_t len)
{
	const char *addresses[] = { caption->address4, caption->address6 };

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		const char *address = addresses[i];

		*text = '\0';
		if (!*address || invite_text(instance, address, text, len) < 0)
			continue;
		/* nobody else could use it */
		if (address_is_loopback(address) && strstr(text, address))
			snprintf(text, len, "waiting for a network address");
		return;
	}
	*text = '\0';
}

/* A web page's invitation is its address. */
static void
write_url(const struct caption *caption, char *url, size_t len)
{
	const struct instance *instance = caption->ingest->plugins->instances;

	for (; instance && *url == '\0'; instance = instance->next) {
		if (strcmp(instance->plugin->name, "http") != 0)
			continue;
		write_invitation(caption, instance, url, len);
		if (strncmp(url, "http://", 7) != 0 || strchr(url, ' '))
			*url = '\0';
	}
}

static void
say(struct caption *caption)
{
	const struct instance *instance = caption->ingest->plugins->instances;
	struct hud_text *text = &caption->text;

	*text = (struct hud_text){ 0 };
	for (; instance && text->n_lines < CAPTION_LINES; instance = instance->next) {
		struct hud_line *line = &text->lines[text->n_lines];

		if (!instance->is_open)
			continue;
		snprintf(line->name, sizeof(line->name), "%s", instance->host.name);
		write_invitation(
			caption, instance, line->invitation, sizeof(line->invitation));
		line->pixels = caption->counts[text->n_lines++].rate;
	}
	write_url(caption, text->url, sizeof(text->url));
	hud_set(caption->hud, text);
}

/* ------------------------------------------------------------------ the figures */

/* Whether anybody painted since the last time. */
static bool
count(struct caption *caption)
{
	const struct instance *instance = caption->ingest->plugins->instances;
	uint64_t now = uv_hrtime(), passed = MAX(now - caption->counted_ns, 1);
	bool any = false;
	size_t n = 0;

	for (; instance && n < CAPTION_LINES; instance = instance->next) {
		struct caption_count *count = &caption->counts[n];
		struct counters sum;

		if (!instance->is_open)
			continue;
		ingest_counters(caption->ingest, instance, &sum);
		if (count->instance != instance || sum.painted < count->painted)
			*count = (struct caption_count){ instance, sum.painted, 0 };
		count->rate = (uint64_t)((double)(sum.painted - count->painted) *
					 SECOND_NS / (double)passed);
		any |= sum.painted != count->painted;
		count->painted = sum.painted;
		n++;
	}
	caption->counted_ns = now;
	return any;
}

static void
on_bell(uv_poll_t *bell, int status, int events)
{
	struct caption *caption = bell->data;

	(void)status;
	(void)events;
	uv_poll_stop(bell);
	caption->counted_ns = uv_hrtime();
	uv_timer_again(&caption->second);
}

static void
on_second(uv_timer_t *timer)
{
	struct caption *caption = timer->data;
	bool any = count(caption);

	say(caption);
	if (any)
		return;
	mural_reader_take(caption->reader, caption->tiles);
	if (mural_reader_arm(caption->reader))
		return;
	uv_timer_stop(timer);
	uv_poll_start(&caption->bell, UV_READABLE, on_bell);
}

/* ------------------------------------------------------------------ start and stop */

static void
find_addresses(struct caption *caption)
{
	if (address_of_host(AF_INET, caption->address4) < 0)
		*caption->address4 = '\0';
	if (address_of_host(AF_INET6, caption->address6) < 0)
		*caption->address6 = '\0';
}

static void
on_addresses(struct address_watch *watch)
{
	struct caption *caption = container_of(watch, struct caption, watch);

	find_addresses(caption);
	say(caption);
}

int
caption_start(struct caption *caption, struct hud *hud, const struct ingest *ingest,
	struct canvas *canvas, uv_loop_t *loop)
{
	*caption = (struct caption){ .ingest = ingest };
	caption->reader = canvas_reader_new(canvas);
	caption->tiles = calloc(canvas->view.words, sizeof(uint64_t));
	if (!caption->reader || !caption->tiles) {
		mural_reader_free(caption->reader);
		free(caption->tiles);
		log_error("hud: out of memory");
		return -ENOMEM;
	}
	caption->hud = hud;
	uv_poll_init(loop, &caption->bell, mural_reader_fd(caption->reader));
	uv_timer_init(loop, &caption->second);
	caption->bell.data = caption->second.data = caption;
	/* without it the HUD still says what was true at the start */
	caption->follows_addresses =
		address_watch_start(&caption->watch, loop, on_addresses) == 0;
	find_addresses(caption);
	count(caption);
	say(caption);
	uv_timer_start(&caption->second, on_second, SECOND_MS, SECOND_MS);
	return 0;
}

void
caption_refresh(struct caption *caption)
{
	if (!caption->hud)
		return;
	count(caption);
	say(caption);
}

void
caption_stop(struct caption *caption)
{
	if (!caption->hud)
		return;
	if (caption->follows_addresses)
		address_watch_stop(&caption->watch);
	uv_close((uv_handle_t *)&caption->bell, NULL);
	uv_close((uv_handle_t *)&caption->second, NULL);
	mural_reader_free(caption->reader);
	free(caption->tiles);
	caption->hud = NULL;
}
