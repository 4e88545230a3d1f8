/* SPDX-License-Identifier: MIT */
/* muralctl wall top on a terminal: asks again every second, and shows the list anew. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "wall.h"

#define ROWS_DEFAULT 24

/* What takes room beside the list: its head, and the line below. */
#define ROWS_BESIDE 2

bool
wall_is_live(const struct wall_options *options, const struct wall_verb *verb)
{
	return strcmp(verb->name, "top") == 0 && !options->json && isatty(STDOUT_FILENO);
}

static size_t
rows_that_fit(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row <= ROWS_BESIDE)
		return ROWS_DEFAULT - ROWS_BESIDE;
	return size.ws_row - ROWS_BESIDE;
}

static void
show(const json_t *is)
{
	json_t *rows = json_object_get(is, "sources");
	const size_t fit = rows_that_fit();

	while (json_array_size(rows) > fit)
		(void)json_array_remove(rows, json_array_size(rows) - 1);
	fputs("\033[H\033[J", stdout); /* home, and clear what is below */
	wall_show(is);
	fflush(stdout);
}

int
wall_watch(struct wall_link *link, const struct wall_verb *verb, json_t *with,
	json_t **answer)
{
	const struct timespec second = { .tv_sec = 1 };
	json_t *is;
	int ret;

	while ((ret = wall_ask(link, verb->name, json_incref(with), answer)) == 0 &&
		(is = json_object_get(*answer, "is"))) {
		show(is);
		json_decref(*answer);
		*answer = NULL;
		nanosleep(&second, NULL);
	}
	return ret;
}
