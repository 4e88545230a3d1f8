/* SPDX-License-Identifier: MIT */
/* muralctl, the client: its verbs, and muralctl size. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "console.h"
#include "driver.h"
#include "wall.h"

static int
verb_size(const struct options *options)
{
	struct connection connection;
	int ret = connection_open(&connection, options, 0, 0);

	if (ret == 0)
		ret = connection_require_size(&connection);
	if (ret == 0)
		printf("%ux%u\n", connection.wall.width, connection.wall.height);
	connection_close(&connection);
	return ret;
}

static const struct verb verbs[] = {
	{ .name = "paint", .first = "IMAGE", .run = verb_paint },
	{ .name = "text", .first = "TEXT", .run = verb_text },
	{ .name = "fill", .first = "COLOUR", .run = verb_fill },
	{ .name = "load", .seconds = 10, .run = verb_load },
	{ .name = "size", .run = verb_size },
	{ .name = "grab", .file = "FILE.png", .run = verb_grab },
	{ .name = "watch", .run = verb_watch },
	{ .name = "film",
		.file = "OUT",
		.takes_record = true,
		.seconds = 30,
		.run = verb_film },
	{ .name = "stats", .run = verb_stats },
	{ 0 },
};

/* If one of the three is closed, the first socket would get its number, and the server
 * would receive our messages. */
static void
fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	console_print("the answer cannot be written to stdout");
	return status ? status : EXIT_FAILED;
}

int
main(int argc, char *argv[])
{
	static struct options options;
	int ret;

	fill_standard_files();
	signal(SIGPIPE, SIG_IGN); /* reported as an error message instead */
	if (argc > 1 && strcmp(argv[1], "wall") == 0)
		return flush_stdout(wall_run(argc - 1, argv + 1));
	ret = options_parse(&options, verbs, argc, argv);
	if (ret != 0)
		return flush_stdout(ret < 0 ? EXIT_USAGE : EXIT_DONE);
	stop_catch_signals();
	return flush_stdout(options.verb->run(&options) < 0 ? EXIT_FAILED : EXIT_DONE);
}
