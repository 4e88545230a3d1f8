/* SPDX-License-Identifier: MIT */
/* Parses the command line. */
#include "config/config-private.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/libraries.h"
#include "base/log.h"
#include "base/util.h"
#include "config/option.h"

/* Verbs have no short option; their values follow the characters'. */
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

static const char help[] =
	"usage: murald [-c FILE] [-s SECTION.KEY=VALUE]... [-v|-q]\n"
	"       murald --check-config | --print-config | --doctor | --test-card\n"
	"       murald --list-plugins | --list-displays\n"
	"\n"
	"Lets a network paint a wall.  Runs in the foreground and logs to stderr.\n"
	"\n"
	"  -c, --config FILE    read FILE and nothing else; the default is\n"
	"                       " SYSCONFDIR "/murald/murald.conf\n"
	"                       and its drop-ins murald.conf.d/*.conf\n"
	"  -s, --set SECTION.KEY=VALUE\n"
	"                       override one value; may be repeated\n"
	"  -v, --verbose        log details too\n"
	"  -q, --quiet          log errors and warnings only\n"
	"      --check-config   load config and plugins, print \"ok\" or all errors\n"
	"      --list-plugins   list the installed plugins and their options\n"
	"      --list-displays  list graphics cards, connectors and modes\n"
	"      --print-config   print the effective values and their origins\n"
	"      --doctor         check the machine: what is wrong, and what to do\n"
	"      --test-card      show lines, corners and colours until a signal\n"
	"  -h, --help           print this help\n"
	"  -V, --version        print the version\n"
	"Exit status: 0 stopped, 1 failed, 2 bad command line, 78 bad config.\n"
	"See murald(8) and murald.conf(5).\n";

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

/* Explains what getopt rejected; `word` is the argument it stopped at. */
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
			"unknown option --%s (did you mean --%s?)", name, nearest);
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

/* The first line is murald's own version, and nothing else. */
static void
print_version(void)
{
	struct library library;

	printf("murald %s\n", VERSION);
	for (size_t i = 0; i < library_count; i++)
		if (library_query(i, NULL, &library))
			printf("%s %s\n", library.name, library.version);
		else if (*library.built_for)
			printf("%s, built for %s\n", library.name, library.built_for);
}

/* Applies one option; -1: go on, else the exit status. */
static int
take_option(struct config_args *args, int option)
{
	switch (option) {
	case 'c':
		if (args->file)
			return usage_error("-c was given twice; name one file, and set "
					   "the rest with -s");
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
			return usage_error("-v or -q was given more than once; give one "
					   "of them once");
		args->level = option == 'v' ? MURAL_DEBUG : MURAL_WARN;
		return -1;
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		print_version();
		return 0;
	}
	if (args->verb != VERB_RUN)
		return usage_error(
			"only one action at a time; give one of --check-config, "
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
	optind = 0; /* start over, also in a second call */
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
		return usage_error(
			"\"%s\" is not an option; -c names a config", argv[optind]);
	return -1;
}
