/* SPDX-License-Identifier: MIT */
/* Writes the answers to pixelflut commands, and hands them to murald in larger pieces. */
#include "pixelflut/browser.h"
#include "pixelflut/pixelflut.h"

#include <inttypes.h>
#include <stdio.h>

static void
refuse(struct answers *answers)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < answers->len; i++)
		lines += answers->text[i] == '\n';
	mural_discard(answers->refuser, MURAL_UNAUTHORIZED, lines);
}

void
answers_send(struct answers *answers, const char *text, size_t len)
{
	int full = answers->browser
			   ? browser_reply(answers->browser, answers->conn, text, len)
			   : mural_reply(answers->conn, text, len);

	if (full > 0)
		answers->full = true;
}

void
answers_flush(struct answers *answers)
{
	if (answers->refuser)
		refuse(answers);
	else if (answers->len > 0)
		answers_send(answers, (const char *)answers->text, answers->len);
	answers->len = 0;
}

/* Before an answer is written, which takes several times as long. */
static bool
is_refused(const struct answers *answers)
{
	if (answers->refuser)
		mural_discard(answers->refuser, MURAL_UNAUTHORIZED, 1);
	return answers->refuser;
}

static uint8_t *
write_hex(uint8_t *to, uint32_t rgb)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 20; shift >= 0; shift -= 4)
		*to++ = digits[rgb >> shift & 15];
	return to;
}

void
answer_pixel(struct painter *painter, uint32_t x, uint32_t y)
{
	uint32_t argb;

	if (!mural_get(painter->brush, x + painter->left, y + painter->top, &argb)) {
		mural_discard(painter->brush, MURAL_OUT_OF_BOUNDS, 1);
		return;
	}
	if (is_refused(&painter->answers))
		return;
	uint8_t *to = answers_room(&painter->answers, 1);
	int len = snprintf((char *)to, PIXEL_ANSWER_MAX, "PX %u %u ", x, y);
	to = write_hex(to + len, argb);
	*to++ = '\n';
	painter->answers.len = to - painter->answers.text;
}

void
answer_size(struct painter *painter)
{
	uint8_t *to;

	if (is_refused(&painter->answers))
		return;
	to = answers_room(&painter->answers, 1);
	painter->answers.len += snprintf((char *)to, PIXEL_ANSWER_MAX, "SIZE %u %u\n",
		painter->brush->width, painter->brush->height);
}

static struct mural_totals
read_totals(const struct painter *painter)
{
	struct mural_totals totals = { .size = sizeof(totals) };

	mural_read_totals(painter->answers.conn->host, &totals);
	return totals;
}

void
answer_stats(struct painter *painter)
{
	struct mural_totals totals;
	uint8_t *to;

	if (is_refused(&painter->answers))
		return;
	totals = read_totals(painter);
	to = answers_room(&painter->answers, 2);
	painter->answers.len += snprintf((char *)to, 2 * PIXEL_ANSWER_MAX,
		"STATS px:%" PRIu64 " conn:%" PRIu64 "\n", totals.painted,
		totals.connections);
}

void
answer_connections(struct painter *painter)
{
	uint8_t *to;

	if (is_refused(&painter->answers))
		return;
	to = answers_room(&painter->answers, 2);
	painter->answers.len += snprintf((char *)to, 2 * PIXEL_ANSWER_MAX,
		"CONNECTIONS %" PRIu64 "\n", read_totals(painter).connections);
}

/* Programs look for some of these words, such as "PBxxyyrgba" and a line that begins with
 * "PX X Y gg", to learn what is understood. */
size_t
help_format(const struct pixelflut_config *config, char *text, size_t size)
{
	int len = snprintf(text, size,
		"Pixelflut: paint this wall, one command a line.\n"
		"SIZE              tells the size: SIZE W H\n"
		"PX X Y            tells a pixel: PX X Y rrggbb\n"
		"PX X Y rrggbb     paints one\n"
		"PX X Y rrggbbaa   mixes it with the colour there\n"
		"PX X Y gg         paints a grey\n"
		"OFFSET X Y        moves the later commands of this connection\n"
		"STATS             tells STATS px:PAINTED conn:CLIENTS\n"
		"CONNECTIONS       tells the clients alone: CONNECTIONS N\n"
		"%s%s%s%s",
		config->binary ? "PBxxyyrgba        paints one, binary: x and y as "
				 "little-endian u16; no line end\n"
			       : "",
		config->multi ? "PXMULTIxxyynnnn   paints a run, binary: n times rgba "
				"follow; no line end\n"
			      : "",
		config->help, *config->help ? "\n" : "");

	if ((size_t)len < size)
		return (size_t)len;
	text[size - 2] = '\n'; /* the next answer begins a line */
	return size - 1;
}
