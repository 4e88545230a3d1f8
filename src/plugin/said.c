/* SPDX-License-Identifier: MIT */
/* Keeps what an instance says of itself. */
#include "plugin/said.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "base/misuse.h"
#include "base/util.h"
#include "lib/utf8.h"
#include "plugin/metrics.h"
#include "plugin/registry.h"

int
said_init(struct said *said, const struct mural_metric *metrics)
{
	size_t n = metrics_count(metrics);
	uint64_t *values = calloc(n + 1, sizeof(*values));

	if (!values)
		return -ENOMEM;
	*said = (struct said){ .metrics = values, .n_metrics = n };
	pthread_mutex_init(&said->lock, NULL);
	return 0;
}

void
said_finish(struct said *said)
{
	if (!said->metrics)
		return;
	pthread_mutex_destroy(&said->lock);
	free(said->metrics);
	said->metrics = NULL;
}

/* ------------------------------------------------------------------ state */

/* Bytes that are not UTF-8 are left out as well. */
static void
copy_clean(char state[MURAL_STATE_MAX], const char *text)
{
	size_t used = 0, left = strlen(text), len;

	for (; left > 0; text += MAX(len, 1), left -= MAX(len, 1)) {
		len = utf8_char_len(text, left);
		if (len == 0 || utf8_control_len(text) > 0)
			continue;
		if (used + len >= MURAL_STATE_MAX)
			break;
		memcpy(state + used, text, len);
		used += len;
	}
	state[used] = '\0';
}

static bool
set_line(struct said *said, char line[MURAL_STATE_MAX], const char *text)
{
	char clean[MURAL_STATE_MAX];
	bool differs;

	copy_clean(clean, text ? text : "");
	pthread_mutex_lock(&said->lock);
	differs = strcmp(line, clean) != 0;
	memcpy(line, clean, strlen(clean) + 1);
	pthread_mutex_unlock(&said->lock);
	return differs;
}

bool
said_set_state(struct said *said, const char *text)
{
	return set_line(said, said->state, text);
}

bool
said_set_trouble(struct said *said, const char *text)
{
	return set_line(said, said->trouble, text);
}

void
said_copy_state(struct said *said, char state[MURAL_STATE_MAX])
{
	pthread_mutex_lock(&said->lock);
	memcpy(state, *said->trouble ? said->trouble : said->state, MURAL_STATE_MAX);
	pthread_mutex_unlock(&said->lock);
}

/* ------------------------------------------------------------------ metrics */

static uint64_t *
metric_of(struct mural_host *host, uint32_t metric, const char *function)
{
	struct said *said = &container_of(host, struct instance, host)->said;

	if (metric >= said->n_metrics)
		misuse_end(host->name,
			"called %s() with a metric that is not in its table", function);
	return &said->metrics[metric];
}

void
mural_metric_set(struct mural_host *host, uint32_t metric, int64_t value)
{
	counter_store(metric_of(host, metric, __func__), (uint64_t)value);
}

void
mural_metric_add(struct mural_host *host, uint32_t metric, int64_t n)
{
	counter_add(metric_of(host, metric, __func__), (uint64_t)n);
}

void
said_copy_metrics(const struct said *said, int64_t values[MURAL_METRICS_MAX])
{
	for (size_t i = 0; i < said->n_metrics; i++)
		values[i] = (int64_t)counter_load(&said->metrics[i]);
}
