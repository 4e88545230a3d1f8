/* SPDX-License-Identifier: MIT */
/* The commands of the pixelflut benchmarks. */
#include "pixelflut-script.h"

#include <stdio.h>
#include <stdlib.h>

#define COMMAND_MAX 24

static unsigned
colour_of(unsigned x, unsigned y, unsigned seed)
{
	return ((x * 7 + y * 13 + seed) * 2654435761u >> 8) & 0xffffff;
}

static size_t
write_command(char *to, enum script_kind kind, unsigned x, unsigned y, unsigned rgb)
{
	switch (kind) {
	case SCRIPT_TEXT:
	case SCRIPT_ANSWERS:
		return sprintf(to, "PX %u %u %06x\n", x, y, rgb);
	case SCRIPT_READS:
		return sprintf(to, "PX %u %u\n", x, y);
	case SCRIPT_BINARY:
		to[0] = 'P', to[1] = 'B';
		to[2] = x, to[3] = x >> 8, to[4] = y, to[5] = y >> 8;
		to[6] = rgb >> 16, to[7] = rgb >> 8, to[8] = rgb, to[9] = 0;
		return 10;
	case SCRIPT_WRONG:
		return sprintf(to, "PX %u %u %05xg\n", x, y, rgb >> 4);
	case SCRIPT_FEEDS:
		to[0] = '\n';
		return 1;
	case SCRIPT_EIGHTHS:
	case SCRIPT_OUTSIDE: /* of other kinds, by line_kind() and script_init() */
		break;
	}
	return 0;
}

static enum script_kind
line_kind(enum script_kind kind, size_t line)
{
	switch (kind) {
	case SCRIPT_EIGHTHS:
		return line % 8 == 7 ? SCRIPT_WRONG : SCRIPT_TEXT;
	case SCRIPT_OUTSIDE:
		return SCRIPT_TEXT;
	default:
		return kind;
	}
}

/* Fisher and Yates, with numbers that are the same everywhere. */
static unsigned *
shuffled(size_t n)
{
	unsigned *order = malloc(n * sizeof(*order));
	uint64_t random = 1;

	for (size_t i = 0; order && i < n; i++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		size_t other = (random >> 33) % (i + 1);
		order[i] = order[other];
		order[other] = i;
	}
	return order;
}

void
script_init(struct script *script, enum script_kind kind, unsigned width, unsigned height,
	unsigned seed)
{
	const unsigned below = kind == SCRIPT_OUTSIDE ? height : 0;
	size_t n = (size_t)width * height;
	unsigned *order = shuffled(n);

	*script = (struct script){
		.bytes = malloc(n * COMMAND_MAX),
		.ends = malloc(n * sizeof(*script->ends)),
		.commands = n,
	};
	if (!order || !script->bytes || !script->ends) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		unsigned x = order[i] % width, y = order[i] / width;

		script->len += write_command(script->bytes + script->len,
			line_kind(kind, i), x, y + below, colour_of(x, y, seed));
		script->ends[i] = script->len;
	}
	free(order);
}

void
script_finish(struct script *script)
{
	free(script->bytes);
	free(script->ends);
}
