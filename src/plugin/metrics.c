/* SPDX-License-Identifier: MIT */
/* Checks the metrics that plugins declare. */
#include "plugin/metrics.h"

#include <string.h>

#include "base/util.h"
#include "config/option.h"
#include "lib/metric-name.h"

#define NAME_MAX_BYTES 48

/* OpenMetrics adds these to the names of families, or reserves them. */
static const char *const suffixes[] = { "_total", "_created", "_info", "_bucket",
	"_count", "_sum" };

static bool
has_suffix(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && strcmp(name + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_metric_name(const char *name)
{
	return *name >= 'a' && *name <= 'z' && strlen(name) < NAME_MAX_BYTES &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool
is_one_line(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			return false;
	return *text;
}

size_t
metrics_count(const struct mural_metric *metrics)
{
	size_t n = 0;

	while (metrics && metrics[n].name)
		n++;
	return n;
}

static int
check_metric(const struct mural_metric *metrics, const struct mural_metric *metric,
	char *why, size_t len)
{
	if (!is_metric_name(metric->name))
		return error_set(why, len,
			"metric %s: a name is 1 to %d of a-z, 0-9 and _, a letter first",
			metric->name, NAME_MAX_BYTES - 1);
	if (has_suffix(metric->name))
		return error_set(why, len,
			"metric %s: ends in a suffix that OpenMetrics has a meaning for; "
			"leave it out",
			metric->name);
	if (metric->kind != MURAL_COUNTER && metric->kind != MURAL_GAUGE)
		return error_set(why, len, "metric %s: is neither counter nor gauge",
			metric->name);
	if (!metric->help || !is_one_line(metric->help))
		return error_set(
			why, len, "metric %s: has no help of one line", metric->name);
	for (const struct mural_metric *m = metrics; m != metric; m++)
		if (strcmp(m->name, metric->name) == 0)
			return error_set(
				why, len, "metric %s: is declared twice", metric->name);
	return 0;
}

int
metrics_check(const struct mural_metric *metrics, char *why, size_t len)
{
	int ret;

	for (const struct mural_metric *m = metrics; m && m->name; m++) {
		if (m - metrics == MURAL_METRICS_MAX)
			return error_set(
				why, len, "has more than %d metrics", MURAL_METRICS_MAX);
		if ((ret = check_metric(metrics, m, why, len)) < 0)
			return ret;
	}
	return 0;
}

static const struct mural_metric *
find_name(const struct module *module, const char *name)
{
	char other[METRIC_NAME_MAX];

	for (const struct mural_metric *m = module->plugin.metrics; m && m->name; m++) {
		metric_name_write(other, module->plugin.name, m->name);
		if (strcmp(other, name) == 0)
			return m;
	}
	return NULL;
}

bool
metrics_clash(
	const struct module *modules, const struct module *module, char *why, size_t len)
{
	char name[METRIC_NAME_MAX];

	for (const struct mural_metric *m = module->plugin.metrics; m && m->name; m++) {
		metric_name_write(name, module->plugin.name, m->name);
		for (const struct module *other = modules; other; other = other->next)
			if (other != module && find_name(other, name)) {
				error_set(why, len,
					"%s has a metric %s, and so has %s; use one of "
					"the two plugins",
					module->path, name, other->path);
				return true;
			}
	}
	return false;
}
