/* SPDX-License-Identifier: MIT */
/* A plugin with one defect, which $ODD names when it is loaded; without that, a good one.
 * Its table is not const, against the rules, so that it can be many plugins. */
#include <mural/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct odd_config {
	bool flag, reject, claim;
	int64_t number;
	uint32_t choice;
	const char *text;
};

static struct mural_option options[] = {
	MURAL_BOOL(struct odd_config, flag, "no", "a flag"),
	MURAL_BOOL(struct odd_config, reject, "no", "have check() reject things"),
	MURAL_BOOL(struct odd_config, claim, "no", "claim an address"),
	MURAL_NUMBER(struct odd_config, number, "5", NULL, 1, 9, "a number"),
	MURAL_CHOICE(struct odd_config, choice, "keep", "keep suppress", "a choice"),
	MURAL_TEXT(struct odd_config, text, "", "a text"),
	{ 0 },
};

static void
odd_check(const void *data, struct mural_check *check)
{
	const struct odd_config *config = data;

	if (!config->reject)
		return;
	mural_reject(check, "number", "%d is not odd enough; write %d",
		(int)config->number, 7);
	mural_reject(check, "text", "is dull; write more");
	mural_reject(
		check, NULL, "number and text do not go together; write one of them");
}

static ssize_t
odd_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)conn, (void)brush, (void)data;
	return (ssize_t)len;
}

/* Four times what came; after a ! at the front that is the end. */
static ssize_t
odd_echo(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)brush;
	for (int i = 0; i < 4; i++)
		(void)mural_reply(conn, data, len);
	return len > 0 && data[0] == '!' ? -EPROTO : (ssize_t)len;
}

/* As much as it may reply at once, and a line feed; after an s into a small buffer. */
static ssize_t
odd_fill(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	static const char piece[4096];

	(void)brush;
	if (data[0] == 's')
		mural_send_buffer(conn, 1);
	while (mural_reply(conn, piece, sizeof(piece)) == 0)
		continue;
	(void)mural_reply(conn, "\n", 1);
	return (ssize_t)len;
}

static int
odd_attach(struct mural_host *host)
{
	(void)host;
	return -1;
}

static int
odd_drain(struct mural_host *host, struct mural_brush *brush)
{
	(void)host, (void)brush;
	return 0;
}

static void
odd_detach(struct mural_host *host)
{
	(void)host;
}

static void
odd_painted_over(struct mural_host *host, const struct mural_rect *rects, size_t n)
{
	(void)host, (void)rects, (void)n;
}

static void
odd_acted(struct mural_host *host, const struct mural_act *act)
{
	(void)host, (void)act;
}

static int
odd_ready(struct mural_conn *conn, struct mural_brush *brush)
{
	(void)conn, (void)brush;
	return 0;
}

static int
odd_open(struct mural_conn *conn)
{
	(void)mural_reply(conn, "no\n", 3);
	return -EACCES;
}

static void
on_tick(uv_timer_t *timer)
{
	struct mural_host *host = timer->data;

	mural_put(host->brush, 0, 0, 0xffffffff);
	mural_publish(host);
}

static int
odd_start(struct mural_host *host)
{
	uv_timer_t *timer = host->state;

	uv_timer_init(host->loop, timer);
	timer->data = host;
	return uv_timer_start(timer, on_tick, 0, 1);
}

/* Never gets as far as mural_stopped(). */
static void
odd_stay(struct mural_host *host)
{
	(void)host;
}

static bool
odd_claim(const void *data, struct mural_claim *claim)
{
	const struct odd_config *config = data;

	if (config->claim)
		*claim = (struct mural_claim){ .value = { (uint8_t)config->number },
			.mask = { 255 } };
	return config->claim;
}

/* As a later murald might know it. */
struct later_plugin {
	struct mural_plugin plugin;
	void *more[2];
};

extern struct later_plugin table __asm__("mural_plugin");
MURAL_EXPORT struct later_plugin table = {
	.plugin = {
		MURAL_PLUGIN,
		.name = "odd",
		.summary = "wrong in a way of its own",
		.version = "1.2",
		.transports = MURAL_STREAM | MURAL_DATAGRAM,
		.listen = "[::]:7",
		.options = options,
		.config_size = sizeof(struct odd_config),
		.check = odd_check,
		.feed = odd_feed,
		.claim = odd_claim,
	},
};

static bool
is(const char *oddity)
{
	const char *odd = getenv("ODD");

	return odd && strcmp(odd, oddity) == 0;
}

static void
vary_table(struct mural_plugin *plugin)
{
	if (is("abi newer"))
		plugin->abi = MURAL_ABI + 1;
	if (is("abi older"))
		plugin->abi = MURAL_ABI - 1;
	if (is("tiny"))
		plugin->size = offsetof(struct mural_plugin, check) - 1;
	if (is("huge"))
		plugin->size = 4097;
	if (is("older")) {
		/* what lies behind an old table may be anything */
		plugin->size = offsetof(struct mural_plugin, attach);
		memset(&plugin->attach, 0x5a,
			sizeof(*plugin) - offsetof(struct mural_plugin, attach));
	}
	if (is("first")) {
		/* the first table of this ABI ended with capabilities() */
		plugin->size = offsetof(struct mural_plugin, init);
		memset(&plugin->init, 0x5a,
			sizeof(*plugin) - offsetof(struct mural_plugin, init));
	}
	if (is("later") || is("later and used"))
		plugin->size = sizeof(table);
	if (is("later and used"))
		table.more[1] = plugin;
	if (is("nameless"))
		plugin->name = NULL;
	if (is("no summary"))
		plugin->summary = NULL;
	if (is("reserved"))
		plugin->reserved = 1;
	if (is("reserved too"))
		plugin->reserved2 = 1;
	if (is("strange flag"))
		plugin->flags = MURAL_ONE_THREAD | 1 << 9;
}

static void
vary_sizes(struct mural_plugin *plugin)
{
	if (is("endless config"))
		plugin->config_size = SIZE_MAX;
	if (is("endless state"))
		plugin->state_size = SIZE_MAX;
	if (is("endless client"))
		plugin->conn_size = SIZE_MAX;
	if (is("busy with nothing"))
		plugin->busy_len = 1;
	if (is("denied with nothing"))
		plugin->denied_len = 1;
	if (is("off with nothing"))
		plugin->off_len = 1;
	if (is("only notice"))
		plugin->notice = odd_detach;
	if (is("only denied"))
		plugin->denied = odd_detach;
	if (is("only painted over"))
		plugin->painted_over = odd_painted_over;
	if (is("only acted"))
		plugin->acted = odd_acted;
}

static void
vary_transports(struct mural_plugin *plugin)
{
	if (is("no transports"))
		plugin->transports = 0;
	if (is("strange transport"))
		plugin->transports |= 1 << 10;
	if (is("poller and service"))
		plugin->transports |= MURAL_POLLER | MURAL_SERVICE;
	if (is("no feed"))
		plugin->feed = NULL;
	if (is("only feed") || is("a poller"))
		plugin->transports = MURAL_POLLER;
	if (is("no detach"))
		plugin->transports |= MURAL_POLLER;
	if (is("no poller") || is("no detach") || is("a poller")) {
		plugin->attach = odd_attach;
		plugin->drain = odd_drain;
	}
	if (is("a poller")) {
		plugin->detach = odd_detach;
		plugin->feed = NULL;
		plugin->listen = NULL;
	}
	if (is("no stop")) {
		plugin->transports |= MURAL_SERVICE;
		plugin->start = odd_attach;
	}
	if (is("no service"))
		plugin->stop = odd_detach;
	if (is("only ready")) {
		plugin->transports = MURAL_POLLER;
		plugin->attach = odd_attach;
		plugin->drain = odd_drain;
		plugin->detach = odd_detach;
		plugin->feed = NULL;
		plugin->ready = odd_ready;
	}
	if (is("only finish"))
		plugin->finish = odd_detach;
	if (is("bad listen udp"))
		plugin->listen_udp = "[::]:7 somewhere";
	if (is("bad listen"))
		plugin->listen = "somewhere";
}

static struct mural_metric metrics[MURAL_METRICS_MAX + 2] = {
	{ "dots", MURAL_COUNTER, "Dots." },
	{ "queue", MURAL_GAUGE, "What waits." },
};

static void
crowd_metrics(size_t n)
{
	static char names[MURAL_METRICS_MAX + 1][8];

	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "m%zu", i);
		metrics[i] = (struct mural_metric){ names[i], MURAL_GAUGE, "One." };
	}
}

static void
vary_metrics(struct mural_plugin *plugin)
{
	const char *odd = getenv("ODD");

	if (!odd || strncmp(odd, "metric ", 7) != 0)
		return;
	plugin->metrics = metrics;
	if (is("metric loud"))
		metrics[0].name = "Dots";
	if (is("metric empty"))
		metrics[0].name = "";
	if (is("metric digit"))
		metrics[0].name = "2dots";
	if (is("metric long"))
		metrics[0].name = "a23456789012345678901234567890123456789012345678";
	if (is("metric total"))
		metrics[0].name = "dots_total";
	if (is("metric kind"))
		metrics[0].kind = 3;
	if (is("metric no help"))
		metrics[1].help = NULL;
	if (is("metric two lines"))
		metrics[1].help = "One\ntwo.";
	if (is("metric twice"))
		metrics[1].name = "dots";
	if (is("metric most"))
		crowd_metrics(MURAL_METRICS_MAX);
	if (is("metric too many"))
		crowd_metrics(MURAL_METRICS_MAX + 1);
}

static void
vary_life(struct mural_plugin *plugin)
{
	if (is("refuses"))
		plugin->open = odd_open;
	if (is("echoes"))
		plugin->feed = odd_echo;
	if (is("fills"))
		plugin->feed = odd_fill;
	if (is("stays")) {
		plugin->transports = MURAL_SERVICE;
		plugin->feed = NULL;
		plugin->listen = NULL;
		plugin->state_size = sizeof(uv_timer_t);
		plugin->start = odd_start;
		plugin->stop = odd_stay;
	}
}

static void
vary_options(struct mural_option *option)
{
	if (is("bad default"))
		option->initial = "nope";
	if (is("no default"))
		option->initial = NULL;
	if (is("no help"))
		option->help = NULL;
	if (is("unknown type"))
		option->type = 77;
	if (is("outside"))
		option->offset = sizeof(struct odd_config);
	if (is("twice"))
		option->name = "reject";
	if (is("taken"))
		option->name = "listen_udp";
	if (is("shouting"))
		option->name = "FLAG";
	if (is("empty name"))
		option->name = "";
	if (is("no choices"))
		option->type = MURAL_TYPE_CHOICE;
	if (is("open secret"))
		option->type = MURAL_TYPE_SECRET;
	if (is("empty range"))
		option->least = 1;
	if (is("crooked")) {
		option->type = MURAL_TYPE_TEXT;
		option->offset = 1;
	}
	if (is("overlapping"))
		option->type = MURAL_TYPE_NUMBER;
}

static void __attribute__((constructor)) vary(void)
{
	vary_table(&table.plugin);
	vary_sizes(&table.plugin);
	vary_transports(&table.plugin);
	vary_life(&table.plugin);
	vary_metrics(&table.plugin);
	vary_options(&options[0]);
}
