/* SPDX-License-Identifier: MIT */
/* The p2 plugin: the p² protocol over TCP and WebSocket; its options, start and stop. */
#include "p2/p2.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/server-options.h"
#include "lib/address.h"
#include "lib/digits.h"
#include "p2/transport-stream.h"

/* Unauthenticated clients may have a quarter of all descriptors, and no more than this.
 */
#define UNAUTHENTICATED_MAX 4096

/* Users whose pixels are counted at a time. */
#define USERS_AT_A_TIME 4096

static const struct mural_option options[] = {
	MURAL_ADDRESS(struct p2_config, websocket, "[::]:7063",
		"where WebSocket clients connect, on any path"),
	MURAL_PATH(struct p2_config, users, "",
		"file of NAME = static:DIGITS or NAME = totp:BASE32"),
	MURAL_CHOICE(struct p2_config, auth, "otp", "otp none",
		"none: any name and password is accepted"),
	MURAL_TEXT(struct p2_config, origin, "center",
		"center, top-left, or X,Y: the canvas pixel that is p2's 0,0"),
	MURAL_NUMBER(struct p2_config, put_rate, "10000", NULL, 0, 1000000000,
		"pixels a second of each user, 0: no limit"),
	MURAL_NUMBER(struct p2_config, put_burst, "1000", NULL, 1, 1000000000,
		"pixels that a user may send at once"),
	MURAL_DURATION(struct p2_config, idle, "2min",
		"how long a client may be silent, 0: any time"),
	MURAL_BOOL(struct p2_config, snapshot, "yes",
		"a Sub is answered with the present area"),
	{ 0 },
};

/* -------------------------------------------------------------------- origin */

/* What follows a whole number of at most ORIGIN_MAX, or NULL. */
static const char *
read_number(const char *text, int32_t *number)
{
	bool minus = *text == '-';
	uint64_t n;

	text = digits_read(text + minus, ORIGIN_MAX, &n);
	if (text)
		*number = minus ? -(int32_t)n : (int32_t)n;
	return text;
}

static bool
read_point(const char *text, int32_t *x, int32_t *y)
{
	text = read_number(text, x);
	if (!text || *text++ != ',')
		return false;
	text = read_number(text + strspn(text, " "), y);
	return text && !*text;
}

static bool
origin_is_word(const char *origin)
{
	return strcmp(origin, "center") == 0 || strcmp(origin, "top-left") == 0;
}

static void
origin_init(struct p2 *p2)
{
	const struct mural_host *host = p2->host;
	int32_t x, y;

	if (strcmp(p2->config->origin, "center") == 0) {
		p2->origin_x = host->width / 2;
		p2->origin_y = host->height / 2;
	} else if (read_point(p2->config->origin, &x, &y)) {
		p2->origin_x = x - (int32_t)host->left;
		p2->origin_y = y - (int32_t)host->top;
	}
}

/* --------------------------------------------------------------------- check */

static void
reject_users(void *check, const char *text)
{
	mural_reject(check, "users", "%s", text);
}

static void
p2_check(const void *p2_config, struct mural_check *check)
{
	const struct p2_config *config = p2_config;
	struct users users = { 0 };
	int32_t x, y;

	if (!origin_is_word(config->origin) && !read_point(config->origin, &x, &y))
		mural_reject(check, "origin",
			"is not an origin; write center, top-left, or X,Y with numbers "
			"from -%d to %d",
			ORIGIN_MAX, ORIGIN_MAX);
	if (*config->users)
		(void)users_load(&users, config->users, reject_users, check);
	else if (config->auth == AUTH_OTP)
		mural_reject(check, "users",
			"is empty, so nobody could log in; name a file with lines NAME = "
			"static:DIGITS or NAME = totp:BASE32, or set auth = none to "
			"accept "
			"anybody");
	if (!*mural_check_listen(check) && !*config->websocket)
		mural_reject(check, "listen",
			"is empty, and so is websocket; give one of them an address, "
			"such as [::]:7062");
	users_finish(&users);
}

/* --------------------------------------------------------------- start, stop */

static size_t
unauthenticated_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 ||
		files.rlim_cur / 4 > UNAUTHENTICATED_MAX)
		return UNAUTHENTICATED_MAX;
	return files.rlim_cur / 4;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	p2_release(handle->data);
}

static void
p2_stop(struct mural_host *host)
{
	struct p2 *p2 = host->state;

	p2->stopping = true;
	p2_websocket_stop(p2);
	for (struct peer *peer = p2->peers; peer; peer = peer->next) {
		peer_close(peer, PEER_CLOSE_SHUTDOWN);
		peer->transport->drop(peer);
	}
	broadcast_close(p2, on_handle_closed);
	uv_close((uv_handle_t *)&p2->sweep, on_handle_closed);
}

static int
p2_start(struct mural_host *host)
{
	const struct p2_config *config = host->config;
	struct p2 *p2 = host->state;
	int ret;

	p2->host = host;
	p2->config = config;
	p2->unauthenticated_max = unauthenticated_max();
	origin_init(p2);
	p2->put_rate = (struct mural_rate){
		.per_1000s = (uint64_t)config->put_rate * 1000,
		.burst = (uint64_t)config->put_burst,
	};
	p2->puts = mural_ratelimit_new(&p2->put_rate, USERS_AT_A_TIME);
	uv_timer_init(host->loop, &p2->sweep);
	p2->sweep.data = p2;
	p2->handles = 4; /* the sweep, and three of the broadcast */
	ret = broadcast_open(p2);
	if (ret < 0 || !p2->puts) {
		mural_log(host, MURAL_ERROR, "no memory for a canvas of %ux%u",
			host->width, host->height);
		ret = -ENOMEM;
	}
	if (ret == 0)
		ret = login_open(&p2->login, host,
			config->auth == AUTH_OTP ? config->users : NULL);
	if (ret == 0 && *config->websocket)
		ret = p2_websocket_start(p2);
	if (ret < 0)
		p2_stop(host);
	return ret;
}

/* -------------------------------------------------------------------- reload */

static void
p2_reload(struct mural_host *host)
{
	struct p2 *p2 = host->state;

	if (p2->config->auth == AUTH_NONE || login_reload(&p2->login) < 0)
		return;
	/* closing one may end others, to make room for the last bytes, but never itself
	 */
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (peer->state == PEER_OPEN &&
			!users_find(&p2->login.users, peer->name, peer->name_len))
			peer_close(peer, PEER_CLOSE_REFUSED);
}

/* -------------------------------------------------------------------- denied */

static void
p2_denied(struct mural_host *host)
{
	struct p2 *p2 = host->state;

	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (mural_consume(host, host->brush, peer->address, 0, 0) == -EACCES)
			peer_close(peer, PEER_CLOSE_REFUSED);
	mural_publish(host);
}

/* ---------------------------------------------------------------------- hint */

/* The first address of its streams that is no path; false: there is none. */
static bool
first_listen(const struct mural_host *host, char address[ADDRESS_WORD_MAX])
{
	const char *list = host->listen;

	while ((list = address_next(list, address, ADDRESS_WORD_MAX)))
		if (!address_unix_path(address))
			return true;
	return false;
}

static int
p2_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const struct p2_config *config = host->config;
	const char *user = config->auth == AUTH_NONE ? "ANYNAME:0" : "USER:OTP";
	char listen[ADDRESS_WORD_MAX], name[HOST_PART_MAX];
	bool has_stream = first_listen(host, listen);
	const char *reached = request->is_public ? "[::]:0"
			      : has_stream       ? listen
						 : config->websocket;

	if (host->port == 0 ||
		!host_part_format(reached, request->address, name, sizeof(name)))
		return -1;
	if (has_stream)
		return snprintf(text, len, "muralctl paint IMAGE p2://%s@%s:%u", user,
			name, host->port);
	return snprintf(text, len, "p2 over ws://%s:%u/", name, host->port);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "p2",
	.summary = "the p2 protocol over TCP and WebSocket: paint, and watch areas",
	.options = options,
	.config_size = sizeof(struct p2_config),
	.state_size = sizeof(struct p2),
	.conn_size = sizeof(struct stream_peer),
	.transports = MURAL_STREAM | MURAL_SERVICE,
	.flags = MURAL_ONE_THREAD | MURAL_OWN_LIMITS,
	.listen = "[::]:7062",
	.check = p2_check,
	.start = p2_start,
	.stop = p2_stop,
	.open = stream_peer_open,
	.feed = stream_peer_feed,
	.ready = stream_peer_ready,
	.close = stream_peer_close,
	.busy_message = "\xff\0",
	.busy_len = 2,
	.denied_message = "\xff\0",
	.denied_len = 2,
	.reload = p2_reload,
	.denied = p2_denied,
	.hint = p2_hint,
};
