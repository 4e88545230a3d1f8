/* SPDX-License-Identifier: MIT */
/* The command line. */
#include "config/config-private.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "config/option.h"

/* Verbs have no letter; their number tells them from those that have. */
enum { FIRST_VERB = 256 };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "set", required_argument, NULL, 's' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "check-config", no_argument, NULL, FIRST_VERB + VERB_CHECK_CONFIG },
	{ "list-plugins", no_argument, NULL, FIRST_VERB + VERB_LIST_PLUGINS },
	{ "list-displays", no_argument, NULL, FIRST_VERB + VERB_LIST_DISPLAYS },
	{ "print-config", no_argument, NULL, FIRST_VERB + VERB_PRINT_CONFIG },
	{ "doctor", no_argument, NULL, FIRST_VERB + VERB_DOCTOR },
	{ "test-card", no_argument, NULL, FIRST_VERB + VERB_TEST_CARD },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(void)
{
	printf("usage: murald [-c FILE] [-s SECTION.KEY=VALUE]... [-v|-q]\n"
	       "       murald --check-config | --list-plugins | --list-displays | "
	       "--print-config\n"
	       "       murald --doctor | --test-card\n"
	       "\n"
	       "Lets a network paint a wall.  Runs in the foreground and logs to "
	       "standard "
	       "error.\n"
	       "\n"
	       "  -c, --config FILE    read FILE and nothing else; without it\n"
	       "                       %s/murald/murald.conf\n"
	       "                       and its drop-ins murald.conf.d/*.conf\n"
	       "  -s, --set SECTION.KEY=VALUE\n"
	       "                       set one value, whatever the files say; again for "
	       "more\n"
	       "  -v, --verbose        log details too\n"
	       "  -q, --quiet          log errors and warnings only\n"
	       "      --check-config   load the config and every plugin it names, open "
	       "nothing,\n"
	       "                       say ok or every error\n"
	       "      --list-plugins   the plugins that are there, and their options\n"
	       "      --list-displays  cards, connectors, modes\n"
	       "      --print-config   the effective values, and where each comes from\n"
	       "      --doctor         what is there, what is wrong, what to do about "
	       "it\n"
	       "      --test-card      lines, corners and colours on the display, until "
	       "a "
	       "signal\n"
	       "  -h, --help           this\n"
	       "  -V, --version        the version\n"
	       "Exit status: 0 stopped, 1 failed, 2 bad command line, 78 bad config.\n"
	       "See murald(8) and murald.conf(5).\n",
		SYSCONFDIR);
}

static int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
usage_error(const char *format, ...)
{
	va_list args;

	fputs("murald: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("; see murald --help\n", stderr);
	return EXIT_USAGE;
}

static const char *
next_option(void *arg)
{
	const struct option **option = arg;

	return (*option)->name ? (*option)++->name : NULL;
}

/* Says what getopt did not understand; `word` is the argument it stopped at. */
static int
refuse_option(const char *word)
{
	const struct option *option = long_options;
	char name[64];
	const char *nearest;

	if (strncmp(word, "--", 2) != 0)
		return usage_error("unknown option -%c", optopt);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (; option->name; option++)
		if (option->val == optopt)
			return usage_error("--%s takes no value", option->name);
	option = long_options;
	nearest = suggest_word(name, next_option, &option);
	if (nearest)
		return usage_error(
			"unknown option --%s, did you mean --%s?", name, nearest);
	return usage_error("unknown option --%s", name);
}

/* "SECTION.KEY=VALUE" */
static bool
is_assignment(const char *text)
{
	const char *equals = strchr(text, '=');
	const char *dot = equals ? memchr(text, '.', equals - text) : NULL;

	return dot && dot > text && dot + 1 < equals;
}

/* Takes one option; -1: go on. */
static int
take_option(struct config_args *args, int option)
{
	switch (option) {
	case 'c':
		if (args->file)
			return usage_error(
				"-c is there twice; give one file, and put more "
				"settings in -s");
		args->file = optarg;
		return -1;
	case 's':
		if (!is_assignment(optarg))
			return usage_error("-s %s: write -s SECTION.KEY=VALUE, such as "
					   "-s canvas.size=640x480",
				optarg);
		args->sets[args->n_sets++] = optarg;
		return -1;
	case 'v':
	case 'q':
		if (args->level != MURAL_INFO)
			return usage_error(
				"-v and -q are there more than once; give one");
		args->level = option == 'v' ? MURAL_DEBUG : MURAL_WARN;
		return -1;
	case 'h':
		print_help();
		return 0;
	case 'V':
		printf("murald %s\n", VERSION);
		return 0;
	}
	if (args->verb != VERB_RUN)
		return usage_error(
			"more than one thing to do; give one of --check-config, "
			"--list-plugins, --list-displays, --print-config, --doctor, "
			"--test-card");
	args->verb = option - FIRST_VERB;
	return -1;
}

int
config_args_parse(struct config_args *args, int argc, char *argv[])
{
	int option, status;

	*args = (struct config_args){ .verb = VERB_RUN, .level = MURAL_INFO };
	args->sets = calloc(argc + 1, sizeof(*args->sets));
	if (!args->sets) {
		log_error("config: out of memory");
		return EXIT_RUNTIME;
	}
	optind = 0; /* from the start, also when this was called before */
	opterr = 0;
	for (;;) {
		int at = MAX(optind, 1);

		option = getopt_long(argc, argv, "+:c:s:vqhV", long_options, NULL);
		if (option == -1)
			break;
		if (option == ':')
			return usage_error("%s needs a value", argv[optind - 1]);
		if (option == '?')
			return refuse_option(argv[at]);
		if ((status = take_option(args, option)) >= 0)
			return status;
	}
	if (optind < argc)
		return usage_error("\"%s\" is no option", argv[optind]);
	return -1;
}
