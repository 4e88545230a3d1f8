/* SPDX-License-Identifier: MIT */
/* muralctl: paints on walls from outside. */
#include <stdlib.h>

#include "clock.h"
#include "options.h"
#include "verbs.h"

static const struct verb verbs[] = {
	{ .name = "paint", .has_image = true, .run = paint },
	{ .name = "load", .run = load },
	{ .name = "size", .run = tell_size },
	{ .name = "grab", .has_file = true, .run = grab },
	{ 0 },
};

int
main(int argc, char *argv[])
{
	static struct options options;
	int ret = options_parse(&options, verbs, argc, argv);

	if (ret != 0)
		return ret < 0 ? EXIT_USAGE : EXIT_DONE;
	stop_catch();
	return options.verb->run(&options) < 0 ? EXIT_FAILED : EXIT_DONE;
}
