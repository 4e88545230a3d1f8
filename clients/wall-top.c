/* SPDX-License-Identifier: MIT */
/* muralctl wall top on a terminal: asks again every second, and shows the list anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/wrap.h"
#include "wall.h"

#define ROWS_DEFAULT 24

bool
wall_is_live(const struct wall_options *options, const struct wall_verb *verb)
{
	return strcmp(verb->name, "top") == 0 && !options->json && isatty(STDOUT_FILENO);
}

static unsigned
terminal_rows(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return ROWS_DEFAULT;
	return size.ws_row;
}

/* As many of the lines as leave the terminal's last one free. */
static void
print_lines(const char *text)
{
	for (unsigned left = terminal_rows(); left > 1 && *text; left--) {
		const size_t len = strcspn(text, "\n") + 1;

		fwrite(text, 1, len, stdout);
		text += len;
	}
}

static void
show(const json_t *is)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return;
	wall_show(to, wrap_columns(stdout), is);
	fclose(to);
	fputs("\033[H\033[J", stdout); /* home, and clear what is below */
	print_lines(text);
	fflush(stdout);
	free(text);
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
