/* SPDX-License-Identifier: MIT */
/* Parses the command line of muralctl. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/digits.h"

#define SCALE_LEAST 0.001
#define SCALE_MOST 1000.0

static const char usage[] =
	"usage: muralctl paint IMAGE TARGET [--at X,Y] [--fit WxH] [--scale N] [--loop]\n"
	"                      [--rate N] [--order rows|random] [--connections N]\n"
	"       muralctl text TEXT TARGET [--at X,Y] [--height N] [--colour COLOUR]\n"
	"       muralctl fill COLOUR TARGET [--at X,Y] [--fit WxH]\n"
	"       muralctl load TARGET [--connections N] [--seconds S] [--at X,Y]\n"
	"                      [--rate N]\n"
	"       muralctl size TARGET\n"
	"       muralctl grab TARGET FILE.png, or - for standard output\n"
	"       muralctl watch TARGET\n"
	"       muralctl film TARGET|RECORDING OUT [--seconds S]\n"
	"       muralctl stats TARGET\n"
	"       muralctl wall VERB, for operators; see muralctl wall --help\n"
	"\n"
	"IMAGE is PNG, JPEG, GIF or WebP, perhaps animated; -: standard input.\n"
	"TARGET is the wall, over one of its protocols: pixelflut://HOST:PORT,\n"
	"unix:PATH, icmp://HOST, ipv6://TEMPLATE[%INTERFACE], p2://USER:OTP@HOST:PORT,\n"
	"http://HOST:PORT or https://HOST:PORT.\n"
	"\n"
	"  --at X,Y           the wall's pixel where the image starts [0,0]\n"
	"  --fit WxH          make the image as large as fits there; the size of a fill\n"
	"  --scale N          make it N times as large, such as 2 or 0.5\n"
	"  --height N         text: of a capital letter, in pixels [24]\n"
	"  --colour COLOUR    text: rrggbb or rrggbbaa [ffffff]\n"
	"  --loop             paint again and again, until Ctrl-C\n"
	"  --rate N           pixels a second; 0: no limit\n"
	"  --order ORDER      rows, from top to bottom, or random [rows]\n"
	"  --connections N    number of connections [1]\n"
	"  --seconds S        duration: of load [10], of the film [30]\n"
	"  --size WxH         the wall's size, if the server does not tell it\n"
	"  --digits KIND      ipv6: the template's X and Y are hex or decimal [hex]\n"
	"  --origin X,Y       p2: the wall's pixel that is its 0,0 [0,0]\n"
	"  --name, --author, --secret TEXT\n"
	"                     http: what the board registers\n"
	"                     [muralctl, $USER, $MURALCTL_SECRET]\n"
	"  --id ID            http: an id from an earlier registration\n"
	"  --help, --version\n"
	"\n"
	"See muralctl(1).\n";

enum {
	OPT_AT = 256,
	OPT_FIT,
	OPT_SCALE,
	OPT_HEIGHT,
	OPT_COLOUR,
	OPT_LOOP,
	OPT_RATE,
	OPT_ORDER,
	OPT_CONNECTIONS,
	OPT_SECONDS,
	OPT_SIZE,
	OPT_DIGITS,
	OPT_ORIGIN,
	OPT_NAME,
	OPT_AUTHOR,
	OPT_SECRET,
	OPT_ID,
};

static const struct option long_options[] = {
	{ "at", required_argument, NULL, OPT_AT },
	{ "fit", required_argument, NULL, OPT_FIT },
	{ "scale", required_argument, NULL, OPT_SCALE },
	{ "height", required_argument, NULL, OPT_HEIGHT },
	{ "colour", required_argument, NULL, OPT_COLOUR },
	{ "loop", no_argument, NULL, OPT_LOOP },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "order", required_argument, NULL, OPT_ORDER },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "digits", required_argument, NULL, OPT_DIGITS },
	{ "origin", required_argument, NULL, OPT_ORIGIN },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "author", required_argument, NULL, OPT_AUTHOR },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "id", required_argument, NULL, OPT_ID },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* Parses a number from `least` to `most` that ends at the character `stop`; returns what
 * follows, or NULL. */
static const char *
parse_number(const char *text, char stop, int64_t least, int64_t most, int64_t *value)
{
	bool minus = *text == '-';
	uint64_t n;
	const char *end = digits_read(text + minus, INT64_MAX, &n);

	if (!end || *end != stop)
		return NULL;
	*value = minus ? -(int64_t)n : (int64_t)n;
	if (*value < least || *value > most)
		return NULL;
	return end + (stop != '\0');
}

static int
parse_count(const char *option, const char *text, int64_t most, int64_t *value)
{
	int64_t least = strcmp(option, "--rate") == 0 ? 0 : 1;

	if (parse_number(text, '\0', least, most, value))
		return 0;
	return console_error(-EINVAL,
		"%s %s: write a whole number from %" PRId64 " to %" PRId64 "", option,
		text, least, most);
}

static int
parse_point(const char *option, const char *text, int32_t *x, int32_t *y)
{
	int64_t a, b;
	const char *rest =
		parse_number(text, ',', -OPTIONS_SIDE_MAX, OPTIONS_SIDE_MAX, &a);

	if (!rest || !parse_number(rest, '\0', -OPTIONS_SIDE_MAX, OPTIONS_SIDE_MAX, &b))
		return console_error(
			-EINVAL, "%s %s: write X,Y, such as 100,50", option, text);
	*x = (int32_t)a;
	*y = (int32_t)b;
	return 0;
}

static int
parse_size(const char *option, const char *text, uint32_t *w, uint32_t *h)
{
	int64_t width, height;
	const char *rest = parse_number(text, 'x', 1, OPTIONS_SIDE_MAX, &width);

	if (!rest || !parse_number(rest, '\0', 1, OPTIONS_SIDE_MAX, &height))
		return console_error(
			-EINVAL, "%s %s: write WxH, such as 1280x720", option, text);
	*w = (uint32_t)width;
	*h = (uint32_t)height;
	return 0;
}

static int
parse_scale(const char *text, double *scale)
{
	char *end;

	*scale = strtod(text, &end);
	if (end != text && *end == '\0' && *scale >= SCALE_LEAST && *scale <= SCALE_MOST)
		return 0;
	return console_error(
		-EINVAL, "--scale %s: write a factor, such as 2 or 0.5", text);
}

/* *second: the second of two words was given. */
static int
parse_choice(const char *option, const char *text, const char *one, const char *other,
	bool *second)
{
	*second = strcmp(text, other) == 0;
	if (*second || strcmp(text, one) == 0)
		return 0;
	return console_error(-EINVAL, "%s %s: write %s or %s", option, text, one, other);
}

static int
set_count(const char *option, const char *text, int64_t most, uint32_t *count)
{
	int64_t value;
	int ret = parse_count(option, text, most, &value);

	if (ret == 0)
		*count = (uint32_t)value;
	return ret;
}

static int
set_rate(struct options *options, const char *text)
{
	int64_t value;
	int ret = parse_count("--rate", text, 1000000000, &value);

	if (ret == 0)
		options->rate = (uint64_t)value;
	options->has_rate = true;
	return ret;
}

/* Where an option goes that any text will do for; NULL: it is none of these. */
static const char **
text_option(struct options *options, int which)
{
	switch (which) {
	case OPT_COLOUR:
		return &options->colour;
	case OPT_NAME:
		return &options->name;
	case OPT_AUTHOR:
		return &options->author;
	case OPT_SECRET:
		return &options->secret;
	case OPT_ID:
		return &options->id;
	default:
		return NULL;
	}
}

static int
option_set(struct options *options, int which, const char *text, bool *decimal)
{
	const char **any = text_option(options, which);

	if (any) {
		*any = text;
		return 0;
	}
	switch (which) {
	case OPT_AT:
		options->has_at = true;
		return parse_point("--at", text, &options->at_x, &options->at_y);
	case OPT_FIT:
		return parse_size(
			"--fit", text, &options->fit_width, &options->fit_height);
	case OPT_SCALE:
		return parse_scale(text, &options->scale);
	case OPT_HEIGHT:
		return set_count("--height", text, 10000, &options->letters);
	case OPT_LOOP:
		options->loop = true;
		return 0;
	case OPT_RATE:
		return set_rate(options, text);
	case OPT_ORDER:
		return parse_choice("--order", text, "rows", "random", &options->random);
	case OPT_CONNECTIONS:
		return set_count("--connections", text, OPTIONS_CONNECTIONS_MAX,
			&options->connections);
	case OPT_SECONDS:
		return set_count("--seconds", text, 86400, &options->seconds);
	case OPT_SIZE:
		return parse_size("--size", text, &options->width, &options->height);
	case OPT_DIGITS:
		return parse_choice("--digits", text, "hex", "decimal", decimal);
	case OPT_ORIGIN:
		return parse_point(
			"--origin", text, &options->origin_x, &options->origin_y);
	default: /* getopt has printed why */
		fputs("muralctl: see muralctl --help\n", stderr);
		return -EINVAL;
	}
}

static const struct verb *
find_verb(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (strcmp(verbs->name, name) == 0)
			return verbs;
	return NULL;
}

/* A recording in a file is no target. */
static int
parse_target(struct options *options, const char *word, bool decimal)
{
	char why[TARGET_WHY_MAX];

	if (options->verb->takes_record && !strstr(word, "://")) {
		options->record = word;
		return 0;
	}
	if (target_parse(&options->target, word, decimal, why, sizeof(why)) < 0)
		return console_error(-EINVAL, "%s", why);
	return 0;
}

static int
words_error(const struct verb *verb, const char *order)
{
	return console_error(-EINVAL, "%s: write muralctl %s %s%sTARGET%s%s%s%s",
		verb->name, verb->name, verb->first ? verb->first : "",
		verb->first ? " " : "", verb->takes_record ? "|RECORDING" : "",
		verb->file ? " " : "", verb->file ? verb->file : "", order);
}

/* VERB [IMAGE] TARGET [FILE] */
static int
parse_words(struct options *options, const struct verb *verbs, int n, char *word[],
	bool decimal)
{
	const struct verb *verb;
	int target, wanted;

	if (n == 0)
		return console_error(-EINVAL,
			"a verb is missing: paint, text, fill, load, size, grab, "
			"watch, film, stats or wall; see muralctl --help");
	options->verb = verb = find_verb(verbs, word[0]);
	if (!verb)
		return console_error(-EINVAL,
			"%s is not a verb: paint, text, fill, load, size, grab, watch, "
			"film, stats or wall; see muralctl --help",
			word[0]);
	target = verb->first ? 2 : 1;
	wanted = target + 1 + (verb->file != NULL);
	if (n != wanted)
		return words_error(verb, "");
	if (verb->first || verb->file)
		options->file = word[verb->first ? 1 : 2];
	if (options->file && strstr(options->file, "://") && !strstr(word[target], ":"))
		return words_error(verb, ", in this order");
	if (options->seconds == 0)
		options->seconds = verb->seconds;
	return parse_target(options, word[target], decimal);
}

static const char *
env_or_default(const char *name, const char *otherwise)
{
	const char *text = getenv(name);

	return text && *text ? text : otherwise;
}

int
options_parse(struct options *options, const struct verb *verbs, int argc, char *argv[])
{
	bool decimal = false;
	int which, ret;

	*options = (struct options){
		.connections = 1,
		.letters = 24,
		.colour = "ffffff",
		.name = "muralctl",
		.author = env_or_default("USER", "somebody"),
		.secret = env_or_default("MURALCTL_SECRET", ""),
	};
	while ((which = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
		if (which == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (which == 'V') {
			puts("muralctl " VERSION);
			return 1;
		}
		if ((ret = option_set(options, which, optarg, &decimal)) < 0)
			return ret;
	}
	return parse_words(options, verbs, argc - optind, argv + optind, decimal);
}
