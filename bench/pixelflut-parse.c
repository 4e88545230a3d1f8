/* SPDX-License-Identifier: MIT */
/*
 * pixelflut-parse: the limit of one core.  The plugin's feed() over the same bytes that
 * pixelflut-flood sends, in pieces of one read, from memory, onto a canvas.
 *
 *   pixelflut-parse text|binary|reads WIDTHxHEIGHT SECONDS
 *
 * Prints "COMMANDS SECONDS CPU-SECONDS".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "canvas.h"
#include "conn.h"
#include "pixelflut-script.h"

static double
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Answers are copied, as the daemon does it, and thrown away. */
static int
take_reply(struct client *client, const void *data, size_t len)
{
	static char answers[REPLY_BYTES_ENOUGH + 4096];
	static size_t used;

	(void)client;
	if (used + len > sizeof(answers))
		used = 0;
	memcpy(answers + used, data, len);
	used += len;
	return 0;
}

static void
feed_round(struct mural_conn *conn, struct canvas *canvas, struct mural_brush *brush,
	const struct script *script)
{
	const uint8_t *p = (const uint8_t *)script->bytes, *end = p + script->len;

	while (p < end) {
		size_t piece =
			(size_t)(end - p) < READ_BYTES ? (size_t)(end - p) : READ_BYTES;
		p += mural_plugin.feed(conn, brush, p, piece);
		canvas_publish(canvas, brush);
	}
}

int
main(int argc, char *argv[])
{
	static const char *const kinds[] = { "text", "binary", "reads" };
	struct { /* the beginning of the plugin's config */
		int64_t connections_per_source;
		bool binary, multi;
		const char *help;
	} config = { .binary = true, .help = "" };
	struct client client = { .reply = take_reply };
	struct canvas canvas;
	struct mural_brush brush;
	struct script script;
	unsigned width, height, kind = 0;
	size_t rounds = 0;

	if (argc != 4 || sscanf(argv[2], "%ux%u", &width, &height) != 2) {
		fprintf(stderr, "usage: pixelflut-parse text|binary|reads WxH SECONDS\n");
		return 2;
	}
	while (kind < 2 && strcmp(argv[1], kinds[kind]) != 0)
		kind++;
	client.pub.config = &config;
	client.pub.state = calloc(1, mural_plugin.conn_size);
	script_init(&script, kind, width, height, 1);
	if (canvas_init(&canvas, width, height, 0xff000000) < 0 ||
		canvas_brush_init(&canvas, &brush, 0, 0, width, height) < 0)
		return 1;

	feed_round(&client.pub, &canvas, &brush, &script);
	double begin = now(CLOCK_MONOTONIC), seconds = strtod(argv[3], NULL);
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	do {
		feed_round(&client.pub, &canvas, &brush, &script);
		rounds++;
	} while (now(CLOCK_MONOTONIC) - begin < seconds);
	printf("%zu %.6f %.6f\n", rounds * script.commands, now(CLOCK_MONOTONIC) - begin,
		now(CLOCK_PROCESS_CPUTIME_ID) - cpu);

	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
	script_finish(&script);
	free(client.pub.state);
	return 0;
}
