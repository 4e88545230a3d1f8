/* SPDX-License-Identifier: MIT */
/* muralctl stats: prints what a wall counts, a line each: instance, metric, value. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "driver.h"
#include "lib/utf8.h"

/* A sample of the Prometheus text format, taken apart in place. */
struct sample {
	const char *name;   /* without murald_ and _total */
	const char *plugin; /* the instance; "": the wall's own */
	const char *detail; /* the value of another label; "": none */
	const char *value;
};

/* Reads KEY="VALUE" with its escapes, and the comma behind it; what follows, or NULL. */
static char *
label_read(char *text, char **key, char **value)
{
	char *to;

	*key = text;
	text = strchr(text, '=');
	if (!text || text[1] != '"')
		return NULL;
	*text = '\0';
	*value = to = text += 2;
	for (; *text && *text != '"'; text++) {
		if (*text == '\\' && text[1])
			text++;
		*to++ = *text;
	}
	if (*text != '"')
		return NULL;
	*to = '\0';
	text++;
	return text + (*text == ',');
}

static char *
labels_read(char *text, struct sample *sample)
{
	while (*text && *text != '}') {
		char *key, *value;

		text = label_read(text, &key, &value);
		if (!text)
			return NULL;
		if (strcmp(key, "plugin") == 0)
			sample->plugin = value;
		else
			sample->detail = value;
	}
	return *text == '}' ? text + 1 : NULL;
}

/* False: the line is none. */
static bool
sample_read(char *line, struct sample *sample)
{
	static const char prefix[] = "murald_", suffix[] = "_total";
	size_t len = strcspn(line, "{ ");
	char *rest = line + len;
	bool has_labels = *rest == '{';

	*sample = (struct sample){ .name = line, .plugin = "", .detail = "" };
	if (len == 0 || *line == '#' || !*rest)
		return false;
	*rest++ = '\0';
	if (strncmp(line, prefix, sizeof(prefix) - 1) == 0) {
		sample->name += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
	}
	if (len >= sizeof(suffix) &&
		strcmp(sample->name + len - (sizeof(suffix) - 1), suffix) == 0)
		line[strlen(line) - (sizeof(suffix) - 1)] = '\0';
	if (has_labels && !(rest = labels_read(rest, sample)))
		return false;
	sample->value = rest + strspn(rest, " ");
	return *sample->value;
}

static void
sample_print(const struct sample *sample)
{
	const char *plugin = *sample->plugin ? sample->plugin : "wall";
	int width = printf("%-16s %s%s%s", plugin, sample->name,
		*sample->detail ? " " : "", sample->detail);

	printf("%*s %s\n", width < 56 ? 56 - width : 0, "", sample->value);
}

static int
stats_print(const struct connection *connection, char *text)
{
	size_t n = 0;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		struct sample sample;

		utf8_mask_controls(line);
		if (!sample_read(line, &sample))
			continue;
		sample_print(&sample);
		n++;
	}
	if (n > 0)
		return 0;
	return console_error(-EBADMSG, "%s: the answer has no metrics; is it a murald's?",
		connection->target->text);
}

int
verb_stats(const struct options *options)
{
	const struct driver *driver = driver_for(&options->target);
	struct connection connection;
	char *text = NULL;
	int ret;

	if (!driver->metrics)
		return console_error(-ENOTSUP, "%s: %s", options->target.text,
			driver->no_metrics ? driver->no_metrics
					   : "its protocol has no metrics; give the "
					     "http:// address of the same wall");
	ret = connection_open(&connection, options, 0, 0);
	if (ret == 0)
		ret = driver->metrics(&connection, &text);
	if (ret == 0)
		ret = stats_print(&connection, text);
	free(text);
	connection_close(&connection);
	return ret;
}
