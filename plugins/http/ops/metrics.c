/* SPDX-License-Identifier: MIT */
/* Answers /metrics: what murald counts, as OpenMetrics 1.0 or as Prometheus text. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/ops/ops.h"
#include "lib/macros.h"
#include "lib/metric-name.h"

#define OPENMETRICS "application/openmetrics-text"

/* The page being written. */
struct metrics_page {
	FILE *out;
	bool openmetrics;
	struct mural_host *host;
	const struct family *family; /* whose samples are being written */
};

/* A metric family.  In OpenMetrics its name lacks the suffix of its samples, such as
 * _total; in Prometheus text it has it. */
struct family {
	const char *name, *suffix, *type, *help;
	const char *unit;    /* NULL: none */
	size_t counter;      /* offset in struct mural_counts; 0: the pixels painted */
	uint32_t transports; /* only instances with one of these; 0: all */
};

/* -------------------------------------------------------------------- one sample */

/* A label's value, quoted and escaped. */
static void
put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			putc(*text, out);
	}
	putc('"', out);
}

static void
put_head(struct metrics_page *page, const struct family *family)
{
	const char *suffix = page->openmetrics ? "" : family->suffix;
	const char *type = family->type;

	if (!page->openmetrics && strcmp(type, "info") == 0)
		type = "gauge";
	page->family = family;
	fprintf(page->out, "# TYPE %s%s %s\n", family->name, suffix, type);
	if (page->openmetrics && family->unit)
		fprintf(page->out, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(page->out, "# HELP %s%s ", family->name, suffix);
	for (const char *p = family->help; *p; p++) {
		if (*p == '\\' || (*p == '"' && page->openmetrics))
			putc('\\', page->out);
		putc(*p, page->out);
	}
	putc('\n', page->out);
}

static void
put_sample(
	struct metrics_page *page, const char *plugin, const char *reason, uint64_t value)
{
	fprintf(page->out, "%s%s", page->family->name, page->family->suffix);
	if (plugin) {
		fputs("{plugin=", page->out);
		put_quoted(page->out, plugin);
		if (reason)
			fprintf(page->out, ",reason=\"%s\"", reason);
		putc('}', page->out);
	}
	fprintf(page->out, " %" PRIu64 "\n", value);
}

/* -------------------------------------------------------------------- operators */

static const struct family asked_family = { "murald_control", "_total", "counter",
	"Questions of operators.", NULL, 0, 0 };

static void
put_verb(const struct mural_verb *verb, void *arg)
{
	const struct metrics_page *page = arg;

	fprintf(page->out, "%s%s{verb=\"%s\"} %" PRIu64 "\n", asked_family.name,
		asked_family.suffix, verb->name, verb->asked);
}

static void
put_verbs(struct metrics_page *page)
{
	put_head(page, &asked_family);
	mural_each_verb(page->host, put_verb, page);
}

/* -------------------------------------------------------------------- instances */

#define COUNTER(member) offsetof(struct mural_counts, member)

static const struct family families[] = {
	{ "murald_pixels", "_total", "counter", "Pixels painted.", NULL, 0, 0 },
	{ "murald_connections", "", "gauge", "Open connections.", NULL,
		COUNTER(connections), 0 },
	{ "murald_received_bytes", "_total", "counter", "Bytes received.", "bytes",
		COUNTER(received_bytes), 0 },
	{ "murald_kernel_drops", "_total", "counter",
		"Packets lost before the plugin saw them.", NULL, COUNTER(kernel_drops),
		MURAL_POLLER },
	{ "murald_viewers", "", "gauge", "Clients that watch the canvas.", NULL,
		COUNTER(viewers), 0 },
};

static void
put_instance(const struct mural_instance *instance, void *arg)
{
	struct metrics_page *page = arg;
	const struct family *family = page->family;
	uint64_t value = instance->painted;

	if (family->transports && !(instance->plugin->transports & family->transports))
		return;
	if (family->counter > 0)
		memcpy(&value, (const char *)instance->counts + family->counter,
			sizeof(value));
	put_sample(page, instance->host->name, NULL, value);
}

static void
put_discarded(const struct mural_instance *instance, void *arg)
{
	for (uint32_t i = 0; i < instance->n_reasons; i++)
		put_sample(arg, instance->host->name, mural_reason_label(i),
			instance->discarded[i]);
}

static void
put_instances(struct metrics_page *page)
{
	static const struct family discarded = { "murald_discarded", "_total", "counter",
		"Input that did not become a pixel, by reason.", NULL, 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		put_head(page, &families[i]);
		mural_each_instance(page->host, put_instance, page);
	}
	put_head(page, &discarded);
	mural_each_instance(page->host, put_discarded, page);
}

/* -------------------------------------------------------------------- plugins */

/* The samples of one metric of a plugin: one for each of its instances. */
struct plugin_samples {
	struct metrics_page *page;
	const struct mural_plugin *plugin;
	const struct mural_host *first; /* of the instances of `plugin` */
	size_t metric;
};

static void
find_first(const struct mural_instance *instance, void *arg)
{
	struct plugin_samples *samples = arg;

	if (!samples->first && instance->plugin == samples->plugin)
		samples->first = instance->host;
}

static void
put_plugin_sample(const struct mural_instance *instance, void *arg)
{
	const struct plugin_samples *samples = arg;
	struct metrics_page *page = samples->page;

	if (instance->plugin != samples->plugin)
		return;
	fprintf(page->out, "%s%s{plugin=", page->family->name, page->family->suffix);
	put_quoted(page->out, instance->host->name);
	fprintf(page->out, "} %" PRId64 "\n", instance->metrics[samples->metric]);
}

/* A family's samples come together, so the first instance of a plugin writes those of the
 * others too. */
static void
put_plugin(const struct mural_instance *instance, void *arg)
{
	const struct mural_plugin *plugin = instance->plugin;
	struct plugin_samples samples = { .page = arg, .plugin = plugin };
	char name[METRIC_NAME_MAX];

	if (!plugin->metrics)
		return;
	mural_each_instance(samples.page->host, find_first, &samples);
	if (samples.first != instance->host)
		return;
	for (; plugin->metrics[samples.metric].name; samples.metric++) {
		const struct mural_metric *metric = &plugin->metrics[samples.metric];
		bool counts = metric->kind == MURAL_COUNTER;
		const struct family family = { name, counts ? "_total" : "",
			counts ? "counter" : "gauge", metric->help, NULL, 0, 0 };

		metric_name_write(name, plugin->name, metric->name);
		put_head(samples.page, &family);
		mural_each_instance(samples.page->host, put_plugin_sample, &samples);
	}
}

/* --------------------------------------------------------------------- the wall */

static void
put_one(struct metrics_page *page, const char *name, const char *suffix, const char *help,
	uint64_t value)
{
	const struct family family = { name, suffix, *suffix ? "counter" : "gauge", help,
		NULL, 0, 0 };

	put_head(page, &family);
	put_sample(page, NULL, NULL, value);
}

static void
put_wall(struct metrics_page *page)
{
	static const struct family build = { "murald_build", "_info", "info",
		"The version of murald.", NULL, 0, 0 };
	struct mural_display display = { .size = sizeof(display) };

	mural_display_counters(page->host, &display);
	put_one(page, "murald_display_frames", "_total", "Frames shown on the screen.",
		display.frames);
	put_one(page, "murald_display_late_frames", "_total",
		"Frames shown more than one refresh late.", display.late_frames);
	put_one(page, "murald_canvas_width", "", "Width of the canvas in pixels.",
		page->host->canvas_width);
	put_one(page, "murald_canvas_height", "", "Height of the canvas in pixels.",
		page->host->canvas_height);
	put_head(page, &build);
	fputs("murald_build_info{version=", page->out);
	put_quoted(page->out, mural_version());
	fputs("} 1\n", page->out);
	if (page->openmetrics)
		fputs("# EOF\n", page->out);
}

/* ------------------------------------------------------------- content negotiation */

/* The quality value (RFC 9110, 12.4.2) of one range of an Accept field, in thousandths;
 * 1000 if it has none. */
static int
quality(const char *range, size_t len)
{
	const char *end = range + len, *p = range;
	int value = 0, place = 1000;

	for (; p < end &&
		!(*p == ';' && strncasecmp(p + 1 + strspn(p + 1, " \t"), "q=", 2) == 0);
		p++)
		;
	if (p == end)
		return 1000;
	for (p = strchr(p, '=') + 1; p < end && place > 0; p++) {
		if (*p == '.')
			continue;
		if (*p < '0' || *p > '9')
			break;
		value += (*p - '0') * place;
		place /= 10;
	}
	return value;
}

/* The quality of a type in an Accept field; -1: not in it. */
static int
accept_quality(const char *accept, const char *type)
{
	size_t type_len = strlen(type);
	int best = -1;

	while (*accept) {
		size_t len, name_len;

		accept += strspn(accept, ", \t");
		len = strcspn(accept, ",");
		name_len = strcspn(accept, ",; \t");
		if (name_len == type_len && strncasecmp(accept, type, type_len) == 0) {
			int value = quality(accept, len);

			best = value > best ? value : best;
		}
		accept += len;
	}
	return best;
}

/* Whether a client with this Accept field (NULL: none) gets OpenMetrics rather than
 * Prometheus text. */
static bool
wants_openmetrics(const char *accept)
{
	int text, open;

	if (!accept)
		return true;
	open = accept_quality(accept, OPENMETRICS);
	text = accept_quality(accept, "text/plain");
	if (text < 0)
		text = accept_quality(accept, "text/*");
	/* a browser, which would download OpenMetrics instead of showing it */
	if (open < 0 && accept_quality(accept, "text/html") > 0)
		return false;
	if (open < 0)
		open = accept_quality(accept, "*/*");
	return open >= text;
}

enum MHD_Result
metrics_answer(struct request *request)
{
	bool openmetrics =
		wants_openmetrics(request_header(request, MHD_HTTP_HEADER_ACCEPT));
	char *text = NULL;
	size_t len = 0;
	struct metrics_page page = { .out = open_memstream(&text, &len),
		.openmetrics = openmetrics,
		.host = request->web->host };
	struct MHD_Response *response = NULL;

	if (page.out) {
		mural_publish(page.host);
		put_instances(&page);
		mural_each_instance(page.host, put_plugin, &page);
		put_verbs(&page);
		put_wall(&page);
		if (fclose(page.out) == 0)
			response = response_new(text, len, MHD_RESPMEM_MUST_FREE,
				openmetrics ? OPENMETRICS "; version=1.0.0; charset=utf-8"
					    : "text/plain; version=0.0.4; charset=utf-8");
		else
			free(text);
	}
	request_holds(request, HOLDING_ANSWERS, request, len);
	return reply_send(request, MHD_HTTP_OK, response);
}
