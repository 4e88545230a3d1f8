/* SPDX-License-Identifier: MIT */
/* murald lets a network paint a wall: reads the config and does what the command line
 * asks for. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/doctor/doctor.h"
#include "app/test-card.h"
#include "app/wall.h"

/* Larger blocks are given back to the system as soon as they are freed.  Left to itself
 * glibc raises this with each block that is freed, up to 32 MiB. */
#define MMAP_THRESHOLD (1024 * 1024)

static int
run_verb(struct generation *loaded, int argc, char *argv[])
{
	const struct config *config = &loaded->config;

	if (config->verb == VERB_DOCTOR)
		return doctor_run(config, &loaded->plugins, stdout) > 0 ? EXIT_RUNTIME
									: 0;
	if (config->errors > 0)
		return EXIT_BAD_CONFIG;
	switch (config->verb) {
	case VERB_CHECK_CONFIG:
		config_print_overruled(config, stdout);
		puts("ok");
		return EXIT_SUCCESS;
	case VERB_PRINT_CONFIG:
		config_print(config, stdout);
		plugins_print(&loaded->plugins, config, stdout);
		return EXIT_SUCCESS;
	case VERB_TEST_CARD:
		return test_card_run(config) < 0 ? EXIT_RUNTIME : EXIT_SUCCESS;
	case VERB_LIST_DISPLAYS:
		return display_list(&config->display, stdout) < 0 ? EXIT_RUNTIME
								  : EXIT_SUCCESS;
	default:
		return wall_run(loaded, argc, argv);
	}
}

int
main(int argc, char *argv[])
{
	struct generation loaded = { 0 };
	struct config *config = &loaded.config;
	int status;

	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* until the wall starts */
	signal(SIGUSR2, SIG_IGN); /* a slip of the pen should not end a wall */
	status = config_load(config, argc, argv);
	if (status < 0 && config->verb == VERB_LIST_PLUGINS)
		status = plugins_list(config, stdout) < 0 ? EXIT_RUNTIME : EXIT_SUCCESS;
	if (status < 0 && plugins_load(&loaded.plugins, config) < 0)
		status = EXIT_RUNTIME;
	if (status < 0)
		status = run_verb(&loaded, argc, argv);
	plugins_unload(&loaded.plugins);
	config_finish(config);
	return status;
}
