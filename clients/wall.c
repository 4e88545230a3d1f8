/* SPDX-License-Identifier: MIT */
/* Reads the command line of muralctl wall, asks, and prints. */
#include "wall.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/digits.h"
#include "lib/wrap.h"
#include "options.h"

#define DEFAULT_SOCKET "/run/murald/control"
#define USAGE_MAX 300
#define HELP_COLUMNS 80

/* ------------------------------------------------------------------ help */

static void
print_help(void)
{
	char usage[USAGE_MAX];

	puts("usage: muralctl wall [-S SOCKET | -u URL -t TOKEN] [--json] VERB "
	     "[ARGUMENT]...\n");
	for (const struct wall_verb *verb = wall_verbs; verb->name; verb++) {
		wall_verb_usage(verb, usage, sizeof(usage));
		printf("  %s\n        %s\n", usage, verb->help);
	}
	puts("\n  -S SOCKET  the wall's control socket [" DEFAULT_SOCKET "]\n"
	     "  -u URL     ask over HTTP instead, such as http://HOST:8080\n"
	     "  -t TOKEN   its admin token, or @FILE [$MURALCTL_TOKEN]\n"
	     "  --json     print the answer as JSON\n"
	     "\nSee muralctl(1).");
}

/* In lines that fit a terminal, broken before what is optional. */
static void
print_usage(const char *usage)
{
	int at = printf("usage: muralctl wall ");

	while (*usage) {
		const char *rest = strstr(usage + 1, " [");
		const int len = (int)(rest ? (size_t)(rest - usage) : strlen(usage));

		if (at + len > HELP_COLUMNS)
			at = printf("\n%*s", (int)strlen("usage:"), "") - 1;
		at += printf("%.*s", len, usage);
		usage += len;
	}
}

/* Whether -h or --help follows the verb, which then is no argument, such as the text of a
 * notice. */
static bool
print_verb_help(const struct wall_verb *verb, char *words[])
{
	char usage[USAGE_MAX];

	for (; *words; words++) {
		if (strcmp(*words, "-h") != 0 && strcmp(*words, "--help") != 0)
			continue;
		wall_verb_usage(verb, usage, sizeof(usage));
		print_usage(usage);
		printf("\n\n%s\n\nSee muralctl(1).\n", verb->help);
		return true;
	}
	return false;
}

static int
usage_error(const struct wall_verb *verb)
{
	char usage[USAGE_MAX];

	wall_verb_usage(verb, usage, sizeof(usage));
	return console_error(-EINVAL, "write muralctl wall %s", usage);
}

/* ------------------------------------------------------------------ arguments */

static int
set_value(json_t *with, const struct wall_arg *arg, const char *text)
{
	uint64_t n;
	const char *end;
	json_t *value;

	if (arg->kind == WALL_FLAG) {
		value = json_true();
	} else if (arg->kind == WALL_NUMBER) {
		end = digits_read(text, INT64_MAX, &n);
		if (!end || *end)
			return console_error(-EINVAL, "%s: write a whole number", text);
		value = json_integer((json_int_t)n);
	} else {
		value = json_string(text);
	}
	if (json_object_set_new(with, arg->name, value) < 0)
		return console_error(-EINVAL, "%s: is not UTF-8", arg->name);
	return 0;
}

/* Whether a word looks like the argument that it may be the value of. */
static bool
looks_like(const struct wall_arg *arg, const char *word)
{
	switch (arg->kind) {
	case WALL_RECT:
		return word[strspn(word, "0123456789x+")] == '\0' && strchr(word, 'x');
	case WALL_COLOUR: /* a # begins a comment in a shell, and does not get here */
		return *word == '#' ||
		       word[strspn(word, "0123456789abcdefABCDEF")] == '\0';
	default:
		return true;
	}
}

/* The first argument without a value that is given by its place and fits. */
static int
set_by_place(json_t *with, const struct wall_verb *verb, const char *word)
{
	const char *at = verb->args;
	const struct wall_arg *arg;
	bool optional;

	while ((arg = wall_arg_next(&at, &optional)))
		if (!arg->option && arg->what && !json_object_get(with, arg->name) &&
			(!optional || looks_like(arg, word)))
			return set_value(with, arg, word);
	return usage_error(verb);
}

/* --option VALUE or --option=VALUE; *at moves on to the last word of it. */
static int
set_option(json_t *with, const struct wall_verb *verb, char *words[], int *at)
{
	const char *next = verb->args, *word = words[*at];
	size_t len = strcspn(word, "=");
	const struct wall_arg *arg;
	bool optional;

	while ((arg = wall_arg_next(&next, &optional)))
		if (arg->option && strlen(arg->option) == len &&
			strncmp(arg->option, word, len) == 0)
			break;
	if (!arg)
		return usage_error(verb);
	if (arg->kind == WALL_FLAG)
		return word[len] ? usage_error(verb) : set_value(with, arg, "");
	if (word[len])
		return set_value(with, arg, word + len + 1);
	if (!words[*at + 1])
		return console_error(-EINVAL, "%s needs a value", word);
	++*at;
	return set_value(with, arg, words[*at]);
}

/* Whether all that the verb cannot do without was given. */
static bool
is_complete(const struct wall_options *options, const struct wall_verb *verb,
	const json_t *with)
{
	const char *at = verb->args;
	const struct wall_arg *arg;
	bool optional;

	if (verb->saves && !options->file)
		return false;
	while ((arg = wall_arg_next(&at, &optional)))
		if (!optional && !json_object_get(with, arg->name))
			return false;
	return true;
}

static json_t *
parse_arguments(struct wall_options *options, const struct wall_verb *verb, char *words[])
{
	json_t *with = json_object();
	int ret = 0;

	for (int i = 0; words[i] && ret == 0; i++) {
		if (strcmp(words[i], "--json") == 0)
			options->json = true;
		else if (strncmp(words[i], "--", 2) == 0)
			ret = set_option(with, verb, words, &i);
		else if (verb->saves && !options->file)
			options->file = words[i];
		else
			ret = set_by_place(with, verb, words[i]);
	}
	if (ret == 0 && !is_complete(options, verb, with))
		ret = usage_error(verb);
	if (ret == 0)
		return with;
	json_decref(with);
	return NULL;
}

/* ------------------------------------------------------------------ asking */

static int
print_error(const struct wall_verb *verb, const json_t *with, const json_t *answer)
{
	const char *word = json_string_value(json_object_get(answer, "error"));
	const char *why = json_string_value(json_object_get(answer, "why"));
	bool usage = word && strcmp(word, "usage") == 0;

	if (usage && json_object_size(with) == 0)
		(void)usage_error(verb);
	else
		console_print("%s%s", why ? why : "the wall does not say why",
			json_object_get(answer, "again") ? " with --yes" : "");
	return usage ? EXIT_USAGE : EXIT_FAILED;
}

/* Returns the exit status. */
static int
print_answer(const struct wall_options *options, const struct wall_verb *verb,
	const json_t *with, const json_t *answer)
{
	const json_t *is = json_object_get(answer, "is");

	if (options->json) {
		/* plain ASCII: names may hold what terminals obey */
		json_dumpf(is ? is : answer, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		puts("");
	} else if (is) {
		wall_show(stdout, wrap_columns(stdout), is);
	}
	return is ? EXIT_DONE : print_error(verb, with, answer);
}

static int
run_verb(const struct wall_options *options, const struct wall_verb *verb, json_t *with)
{
	struct wall_link *link = wall_open(options);
	json_t *answer = NULL;
	int status = EXIT_FAILED, ret = -1;

	if (link && wall_is_live(options, verb))
		ret = wall_watch(link, verb, with, &answer);
	else if (link && options->file)
		ret = wall_grab(link, options, with, &answer);
	else if (link && json_object_get(with, "png"))
		ret = wall_send(link, verb->name, with, &answer);
	else if (link)
		ret = wall_ask(link, verb->name, json_incref(with), &answer);
	if (ret == 0 && json_object_get(answer, "is") && wall_is_piped(options))
		status = EXIT_DONE;
	else if (ret == 0)
		status = print_answer(options, verb, with, answer);
	json_decref(answer);
	json_decref(with);
	wall_close(link);
	return status;
}

/* ------------------------------------------------------------------ the beginning */

/* What precedes the verb.  The index of that; 0: help was printed; -EINVAL. */
static int
parse_options(struct wall_options *options, int argc, char *argv[])
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		const char **value = NULL;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return 0;
		}
		if (strcmp(argv[i], "-S") == 0)
			value = &options->socket;
		else if (strcmp(argv[i], "-u") == 0)
			value = &options->url;
		else if (strcmp(argv[i], "-t") == 0)
			value = &options->token;
		else if (strcmp(argv[i], "--json") == 0)
			options->json = true;
		else
			return console_error(-EINVAL,
				"%s: unknown; see muralctl wall --help", argv[i]);
		if (value && !argv[i + 1])
			return console_error(-EINVAL, "%s needs a value", argv[i]);
		if (value)
			*value = argv[++i];
	}
	if (i < argc)
		return i;
	return console_error(-EINVAL, "a verb is missing; see muralctl wall --help");
}

int
wall_run(int argc, char *argv[])
{
	struct wall_options options = { .socket = DEFAULT_SOCKET,
		.token = getenv("MURALCTL_TOKEN") };
	int at = parse_options(&options, argc, argv);
	const struct wall_verb *verb;
	json_t *with;

	if (at <= 0)
		return at < 0 ? EXIT_USAGE : EXIT_DONE;
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* the wall's text, for its width */
	verb = wall_verb_find(argv[at]);
	if (!verb) {
		console_print(
			"%s is not a verb of muralctl wall; see muralctl wall --help",
			argv[at]);
		return EXIT_USAGE;
	}
	if (print_verb_help(verb, argv + at + 1))
		return EXIT_DONE;
	with = parse_arguments(&options, verb, argv + at + 1);
	return with ? run_verb(&options, verb, with) : EXIT_USAGE;
}
