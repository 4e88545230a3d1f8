/* SPDX-License-Identifier: MIT */
/* The operator's verbs that keep networks out: ban, unban, bans. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "base/log.h"
#include "control/values.h"
#include "ingest/instance.h"

/* ------------------------------------------------------------------ in force */

static int
keep_out(struct wall *wall)
{
	struct ingest *ingest = &wall->ingest;
	struct cidr_list networks;
	int ret;

	if (!ingest->plugins) /* it begins with those that are out */
		return 0;
	ret = bans_networks(&wall->operators.bans, true, &networks);
	if (ret < 0)
		return ret;
	ratelimit_ban(&ingest->ratelimit, &networks);
	instances_end_denied(ingest, ingest->plugins->instances);
	return 0;
}

static void
on_applied(void *arg, const struct reins_done *done)
{
	(void)arg;
	if (done->error < 0 && done->error != -ECANCELED)
		log_error("control: bans: %s", strerror(-done->error));
}

int
bans_apply(struct wall *wall, reins_cb *done, void *arg)
{
	struct cidr_list networks;
	int ret = keep_out(wall);

	if (ret == 0)
		ret = bans_networks(&wall->operators.bans, false, &networks);
	if (ret < 0)
		return ret;
	ret = reins_ban(wall->reins, &networks, done ? done : on_applied, arg);
	cidr_list_finish(&networks);
	return ret;
}

static void
on_bans_over(uv_timer_t *timer)
{
	struct wall *wall = container_of(timer, struct wall, operators.bans_over);

	bans_schedule(wall);
}

void
bans_schedule(struct wall *wall)
{
	struct operators *operators = &wall->operators;
	struct timespec now;
	int64_t next_s;

	clock_gettime(CLOCK_REALTIME, &now);
	if (bans_expire(&operators->bans, now.tv_sec, &next_s)) {
		log_info("control: a ban is over");
		if (bans_apply(wall, NULL, NULL) < 0)
			log_error("control: bans: out of memory");
		control_state_save(&operators->state, NULL, NULL);
	}
	operators_wake_at(&operators->bans_over, on_bans_over, next_s);
}

/* ------------------------------------------------------------------ as JSON */

void
json_set_time(json_t *object, const char *name, int64_t seconds)
{
	char text[VALUE_TIME_MAX];

	value_time_text((struct timespec){ .tv_sec = seconds }, text);
	(void)json_object_set_new(object, name, json_string(text));
}

json_t *
ban_json(const struct ban *ban)
{
	json_t *json = json_pack("{s:s, s:b}", "net", ban->net, "out", ban->out);

	json_set_time(json, "since", ban->since_s);
	if (ban->until_s > 0)
		json_set_time(json, "until", ban->until_s);
	if (*ban->why)
		(void)json_object_set_new(json, "why", json_string(ban->why));
	(void)json_object_set_new(json, "who", json_string(ban->who));
	return json;
}

int64_t
json_get_time(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct timespec time = { 0 };

	if (text)
		(void)value_time(text, time, &time);
	return time.tv_sec;
}

bool
ban_from_json(struct operators *operators, const json_t *line)
{
	struct ban ban = {
		.net = (char *)json_string_value(json_object_get(line, "net")),
		.why = (char *)json_string_value(json_object_get(line, "why")),
		.who = (char *)json_string_value(json_object_get(line, "who")),
		.since_s = json_get_time(line, "since"),
		.until_s = json_get_time(line, "until"),
		.out = json_is_true(json_object_get(line, "out")),
	};

	return ban.net && cidr_parse(ban.net, &ban.network) &&
	       bans_set(&operators->bans, &ban) == 0;
}

/* ------------------------------------------------------------------ verbs */

static bool
holds(const struct cidr *network, const struct sockaddr *peer)
{
	const struct cidr_list one = { (struct cidr *)network, 1 };
	struct ip_key address;

	return ip_key_of(peer, 128, &address) && cidr_list_contains(&one, &address);
}

static bool
holds_loopback(const struct cidr *network)
{
	const struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = in6addr_loopback };

	return holds(network, (const struct sockaddr *)&four) ||
	       holds(network, (const struct sockaddr *)&six);
}

/* Whether it has an address of this machine: then it is probably the local network, from
 * which most people paint. */
static bool
holds_host(const struct cidr *network)
{
	uv_interface_address_t *all;
	bool any = false;
	int n;

	if (uv_interface_addresses(&all, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		any |= holds(network, (const struct sockaddr *)&all[i].address);
	uv_free_interface_addresses(all, n);
	return any;
}

/* Shorter than /8, or in IPv6 than /32. */
static bool
is_wide(const struct cidr *network)
{
	const struct ip_key *first = &network->first, *last = &network->last;

	if (first->v4)
		return last->low - first->low >= UINT64_C(1) << 24;
	return last->high - first->high >= UINT64_C(1) << 32;
}

/* Keeps operators from locking themselves or everybody out by mistake.  NULL: no doubt.
 */
static const char *
doubt(const struct control_call *call, const struct cidr *network)
{
	if (holds(network, &call->peer.any))
		return "you are in that network yourself";
	if (holds_loopback(network) || holds_host(network))
		return "this machine is in that network";
	if (is_wide(network))
		return "that network is a large part of the Internet";
	return NULL;
}

static void
on_banned(void *arg, const struct reins_done *done)
{
	struct control_call *call = arg;
	json_t *is = call->data;

	if (done->error == 0) {
		(void)json_object_set_new(is, "waited_ms",
			json_integer((json_int_t)(done->wait_ns / 1000000)));
		operators_keep(call, is);
		return;
	}
	json_decref(is);
	control_fail(call, CONTROL_FAILED, "%s", strerror(-done->error));
}

/* The list has changed: puts it in force, writes it down and answers. */
static void
apply(struct control_call *call, json_t *is)
{
	int ret;

	call->data = is;
	bans_schedule(operators_wall(call));
	ret = bans_apply(operators_wall(call), on_banned, call);
	if (ret < 0)
		on_banned(call, &(struct reins_done){ .error = ret });
}

void
verb_ban(struct control_call *call)
{
	struct operators *operators = &operators_wall(call)->operators;
	struct ban ban = {
		.net = (char *)control_text(call, "net"),
		.why = (char *)control_text(call, "why"),
		.who = call->who,
		.out = control_flag(call, "out"),
	};
	struct timespec now;
	const char *why;
	uint64_t ms;
	int ret;

	control_network(call, "net", &ban.network);
	why = control_flag(call, "really") ? NULL : doubt(call, &ban.network);
	if (why) {
		control_refuse(call, "%s; confirm it", why);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	ban.since_s = now.tv_sec;
	if (control_duration(call, "for", &ms) && ms > 0)
		ban.until_s = now.tv_sec + (int64_t)MIN((ms + 999) / 1000, INT32_MAX);
	ret = bans_set(&operators->bans, &ban);
	if (ret == -ENOSPC)
		control_fail(call, CONTROL_FAILED,
			"there are %d bans already; a wider network covers several",
			BANS_MAX);
	else if (ret < 0)
		control_fail(call, CONTROL_FAILED, "out of memory");
	else
		apply(call, json_pack("{s:s}", "banned", ban.net));
}

/* A ban of which the network is a part; NULL: there is none. */
static const struct ban *
find_wider(const struct bans *bans, const struct cidr *network)
{
	for (size_t i = 0; i < bans->n; i++) {
		const struct cidr_list one = { &bans->all[i].network, 1 };

		if (cidr_list_contains(&one, &network->first) &&
			cidr_list_contains(&one, &network->last))
			return &bans->all[i];
	}
	return NULL;
}

void
verb_unban(struct control_call *call)
{
	struct bans *bans = &operators_wall(call)->operators.bans;
	struct cidr network = { 0 };
	const struct ban *wider;
	bool removed;
	json_t *is;

	control_network(call, "net", &network);
	removed = bans_remove(bans, &network);
	wider = find_wider(bans, &network);
	if (!removed) {
		control_fail(call, CONTROL_UNKNOWN,
			"there is no ban of just that network; %s%s",
			wider ? "it is a part of " : "\"bans\" lists them",
			wider ? wider->net : "");
		return;
	}
	is = json_pack("{s:s}", "unbanned", control_text(call, "net"));
	if (wider)
		(void)json_object_set_new(is, "still_banned", json_string(wider->net));
	apply(call, is);
}

void
verb_bans(struct control_call *call)
{
	const struct bans *bans = &operators_wall(call)->operators.bans;
	json_t *all = json_array();

	for (size_t i = 0; i < bans->n; i++)
		(void)json_array_append_new(all, ban_json(&bans->all[i]));
	control_done(call, json_pack("{s:o}", "bans", all));
}
