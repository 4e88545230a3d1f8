/* SPDX-License-Identifier: MIT */
/* The icmp plugin: pingxelflut over IPv4 and IPv6.  It captures the pings that the kernel
 * receives and answers as usual. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <mural/plugin.h>

#include "lib/hex.h"
#include "ping/accelerate.h"
#include "ping/address-template.h"
#include "ping/capture.h"
#include "ping/kernel-replies.h"
#include "ping/pingxelflut.h"
#include "ping/raw-reply.h"

/* Sources whose size requests are counted at a time. */
#define SIZE_REPLIES_SOURCES 1024

/* Echo requests, and what may be a malformed one: a frame that ends before the ICMP type
 * (a load beyond the end would reject it), a fragment, one with IPv4 options or extension
 * headers.  The latter are rare outside of attacks, so ordinary traffic stays in the
 * kernel. */
static const char filter[] =
	"(icmp and (len <= 34 or ip[0] != 0x45 or icmp[0] == 8 or ip[6:2] & 0x1fff != 0))"
	" or (ip6[6] == 58 and (len <= 54 or ip6[40] == 128))"
	" or ((ip6[6] == 44 or ip6[6] == 51) and (len <= 54 or ip6[40] == 58))"
	" or (ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 60)";

enum { OUT_DISCARD, OUT_WRAP };
enum { ALPHA_MIX, ALPHA_IGNORE };

enum target_kind { TARGET_OWN, TARGET_ANY, TARGET_ADDRESS };

/* Whose pings paint. */
struct target {
	enum target_kind kind;
	int version;               /* 4 or 6, of the address */
	struct local_addr address; /* as local_addrs_number() */
};

struct icmp_config {
	const char *interface;
	const char *target;
	bool bsd_time;
	uint32_t out_of_bounds;
	uint32_t alpha;
	int64_t size_rate;
	uint32_t kernel_replies;
	uint32_t accelerate;
};

struct icmp_state {
	struct capture capture;
	struct accelerator accelerator;
	struct target target;
	struct kernel_replies replies;
	struct mural_ratelimit *size_replies;
	struct raw_reply raw;
};

/* Passed through the capture to on_packet(). */
struct icmp_drain {
	struct mural_host *host;
	struct mural_brush *brush;
};

static const struct mural_option options[] = {
	MURAL_TEXT(struct icmp_config, interface, "any",
		"network interface to listen on, or any"),
	MURAL_TEXT(struct icmp_config, target, "own",
		"whose pings paint: own, this machine's; any, also those to others that "
		"the interface sees; or those to that address"),
	MURAL_BOOL(struct icmp_config, bsd_time, "yes",
		"read a pixel behind the time that BSD's and Apple's ping write"),
	MURAL_CHOICE(struct icmp_config, out_of_bounds, "discard", "discard wrap",
		"pixels beyond the edge are discarded, or wrapped around"),
	MURAL_CHOICE(struct icmp_config, alpha, "mix", "mix ignore",
		"alpha is mixed with the pixel there, or ignored"),
	MURAL_NUMBER(struct icmp_config, size_rate, "10", NULL, 0, 1000000,
		"size requests answered a second for each source, 0: no limit"),
	MURAL_CHOICE(struct icmp_config, kernel_replies, "keep", "keep suppress",
		"suppress: while murald runs, the kernel answers no pings of its own"),
	ACCELERATE_OPTION(struct icmp_config),
	{ 0 },
};

static const struct mural_metric metrics[] = { ACCELERATE_METRICS{ 0 } };

static bool
target_parse(const char *text, struct target *target)
{
	uint8_t address[16];

	*target = (struct target){ .kind = TARGET_ADDRESS };
	if (strcmp(text, "own") == 0)
		target->kind = TARGET_OWN;
	else if (strcmp(text, "any") == 0)
		target->kind = TARGET_ANY;
	else if (inet_pton(AF_INET, text, address) == 1)
		target->version = 4;
	else if (inet_pton(AF_INET6, text, address) == 1)
		target->version = 6;
	else
		return false;
	if (target->kind == TARGET_ADDRESS)
		target->address = local_addrs_number(target->version, address);
	return true;
}

/* A ping that XDP takes reaches neither the kernel, which would answer it, nor the host
 * that it is for. */
static struct accelerate_wish
icmp_wish(const struct icmp_config *config)
{
	struct accelerate_wish wish = { .mode = config->accelerate, .role = XDP_PINGS };

	if (config->kernel_replies != REPLIES_SUPPRESS)
		wish.refusal = "kernel-replies = suppress";
	else if (strcmp(config->target, "own") != 0)
		wish.refusal = "target = own";
	return wish;
}

static void
icmp_check(const void *data, struct mural_check *check)
{
	const struct icmp_config *config = data;
	const struct accelerate_wish wish = icmp_wish(config);
	struct target target;

	accelerate_check(&wish, check);
	capture_check(config->interface, check);
	if (!target_parse(config->target, &target))
		mural_reject(check, "target",
			"must be own, any or an IP address, such as 192.0.2.1");
}

static void
icmp_prepare(const void *data)
{
	const struct accelerate_wish wish = icmp_wish(data);

	accelerate_prepare(&wish);
}

static uint64_t
icmp_capabilities(const void *data)
{
	const struct icmp_config *config = data;

	return capture_capabilities(config->kernel_replies == REPLIES_SUPPRESS &&
				    kernel_replies_can_be_written());
}

/* ------------------------------------------------------------------- replies */

static bool
source_is_unicast(const struct packet *packet)
{
	static const uint8_t unspecified[16];
	const uint8_t *source = packet->source;

	if (packet->version == 4)
		return source[0] != 0 && source[0] < 224;
	return source[0] != 0xff && memcmp(source, unspecified, 16) != 0;
}

/* An IPv4 address, or an IPv6 /64, because its owner has all of it; link-local addresses
 * share one, and count each by itself. */
static uint64_t
source_key(const struct packet *packet)
{
	struct local_addr source = local_addrs_number(packet->version, packet->source);

	if (packet->version == 4)
		return source.low;
	return source.high >> 54 == 0xfe80 >> 6 ? source.high ^ source.low : source.high;
}

static void
answer_size(const struct icmp_drain *drain, const struct packet *packet,
	const struct ping *ping)
{
	struct icmp_state *state = drain->host->state;
	uint8_t reply[PING_REPLY_LEN];

	/* the machine that others are sent to answers them itself */
	if (!local_addrs_contain(
		    &state->capture.local_addrs, packet->version, packet->destination))
		return;
	if (!source_is_unicast(packet)) {
		mural_discard(drain->brush, MURAL_MALFORMED, 1);
		return;
	}
	if (mural_ratelimit_consume(
		    state->size_replies, source_key(packet), mural_now_ms()) > 0) {
		mural_discard(drain->brush, MURAL_RATE_LIMITED, 1);
		return;
	}
	ping_size_reply(reply, ping, packet->version, (uint16_t)drain->brush->width,
		(uint16_t)drain->brush->height);
	raw_reply_send(&state->raw, packet, reply, sizeof(reply));
}

/* -------------------------------------------------------------------- pixels */

/* Whether an instance that paints by address claims the destination. */
static bool
is_claimed(const struct mural_host *host, const struct packet *packet)
{
	for (size_t i = 0; i < host->n_claims; i++)
		if (claim_contains(&host->claims[i], packet->destination))
			return true;
	return false;
}

static bool
target_contains(const struct icmp_state *state, const struct packet *packet)
{
	const struct target *target = &state->target;
	struct local_addr to;

	if (target->kind == TARGET_ANY)
		return true;
	if (target->kind == TARGET_OWN)
		return local_addrs_contain(&state->capture.local_addrs, packet->version,
			packet->destination);
	to = local_addrs_number(packet->version, packet->destination);
	return packet->version == target->version && to.high == target->address.high &&
	       to.low == target->address.low;
}

static bool
is_for_us(const struct mural_host *host, const struct packet *packet)
{
	const struct icmp_state *state = host->state;
	bool may_be_others = state->target.kind != TARGET_OWN;

	if (packet->version == 0 ||
		(packet->cast != CAST_UNICAST &&
			!(may_be_others && packet->cast == CAST_FOREIGN)))
		return false;
	if (!target_contains(state, packet))
		return false;
	return packet->version == 4 || !is_claimed(host, packet);
}

static void
icmp_paint(const struct icmp_drain *drain, const struct ping *ping)
{
	const struct icmp_config *config = drain->host->config;
	struct mural_brush *brush = drain->brush;
	uint32_t x = ping->x, y = ping->y, argb = ping->argb;

	if (config->alpha == ALPHA_IGNORE)
		argb |= 0xff000000;
	if (config->out_of_bounds == OUT_WRAP) {
		x %= brush->width;
		y %= brush->height;
	}
	mural_put(brush, x, y, argb);
}

static void
on_packet(void *user, const struct packet *packet, enum packet_fault fault)
{
	const struct icmp_drain *drain = user;
	const struct icmp_config *config = drain->host->config;
	enum ping_kind kind;
	struct ping ping;

	if (!is_for_us(drain->host, packet))
		return;
	kind = ping_read(&ping, packet, fault, config->bsd_time);
	if (kind == PING_NONE ||
		!capture_consume(drain->host, drain->brush, packet, kind == PING_PIXEL))
		return;
	switch (kind) {
	case PING_PIXEL:
		icmp_paint(drain, &ping);
		break;
	case PING_SIZE:
		answer_size(drain, packet, &ping);
		break;
	case PING_MALFORMED:
		mural_discard(drain->brush, MURAL_MALFORMED, 1);
		break;
	case PING_NONE:
		break;
	}
}

static void
on_accelerated(
	void *user, const struct packet *packet, const struct accelerated_pixel *pixel)
{
	const struct icmp_drain *drain = user;
	const struct ping ping = {
		.x = (uint16_t)pixel->x,
		.y = (uint16_t)pixel->y,
		.argb = pixel->argb,
	};

	if (capture_consume(drain->host, drain->brush, packet, 1))
		icmp_paint(drain, &ping);
}

/* ----------------------------------------------------------------- the plugin */

static struct mural_ratelimit *
size_replies_new(const struct icmp_config *config)
{
	const struct mural_rate rate = {
		.per_1000s = (uint64_t)config->size_rate * 1000,
		.burst = (uint64_t)config->size_rate,
	};

	return mural_ratelimit_new(&rate, SIZE_REPLIES_SOURCES);
}

static int
icmp_attach(struct mural_host *host)
{
	const struct icmp_config *config = host->config;
	const struct accelerate_wish wish = icmp_wish(config);
	struct icmp_state *state = host->state;
	int fd, ret;

	(void)target_parse(config->target, &state->target); /* icmp_check() did */
	state->size_replies = size_replies_new(config);
	if (!state->size_replies)
		return -ENOMEM;
	fd = capture_open(&state->capture, host, config->interface, filter,
		state->target.kind == TARGET_OWN ? CAPTURE_NO_OTHERS
						 : CAPTURE_OTHER_HOSTS);
	if (fd < 0) {
		mural_ratelimit_free(state->size_replies);
		return fd;
	}
	ret = accelerator_open(&state->accelerator, &state->capture, host, &wish);
	if (ret < 0) {
		capture_close(&state->capture, host);
		mural_ratelimit_free(state->size_replies);
		return ret;
	}
	raw_reply_open(&state->raw);
	if (config->kernel_replies == REPLIES_SUPPRESS)
		kernel_replies_suppress(&state->replies, host);
	return fd;
}

static int
icmp_drain(struct mural_host *host, struct mural_brush *brush)
{
	struct icmp_state *state = host->state;
	struct icmp_drain drain = { host, brush };
	int more = accelerator_drain(
		&state->accelerator, &state->capture, host, on_accelerated, &drain);
	int ret = capture_drain(&state->capture, host, on_packet, &drain);

	return ret < 0 ? ret : ret | more;
}

static void
icmp_detach(struct mural_host *host)
{
	struct icmp_state *state = host->state;

	kernel_replies_restore(&state->replies, host);
	accelerator_close(&state->accelerator);
	capture_close(&state->capture, host);
	mural_ratelimit_free(state->size_replies);
	raw_reply_close(&state->raw);
}

/* None for a link-local address, which is useless without the reader's own interface. */
static int
icmp_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const struct icmp_config *config = host->config;
	const struct icmp_state *state = host->state;
	const char *address =
		state->target.kind == TARGET_ADDRESS ? config->target : request->address;
	bool v6 = strchr(address, ':') != NULL;
	uint8_t data[8];
	char hex[2 * sizeof(data) + 1];

	if (strncmp(address, "fe80:", 5) == 0)
		return -EADDRNOTAVAIL;
	ping_pixel_write(data, request->x, request->y, request->colour);
	hex_write(hex, data, sizeof(data));
	switch (request->system) {
	case MURAL_BSD:
		return snprintf(text, len, "ping%s -c1 -s 16 -p %s %s", v6 ? "6" : "",
			hex, address);
	case MURAL_WINDOWS:
		return snprintf(text, len,
			"(New-Object Net.NetworkInformation.Ping).Send('%s',999,"
			"[byte[]](%u,%u,%u,%u,%u,%u,%u,%u)).Status",
			address, data[0], data[1], data[2], data[3], data[4], data[5],
			data[6], data[7]);
	case MURAL_PYTHON:
		return ping_python_command(text, len, address, data, sizeof(data));
	default:
		return snprintf(text, len, "ping -c1 -s 8 -p %s %s", hex, address);
	}
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "icmp",
	.summary = "pingxelflut: a pixel in the data of a ping",
	.options = options,
	.config_size = sizeof(struct icmp_config),
	.state_size = sizeof(struct icmp_state),
	.transports = MURAL_POLLER,
	.check = icmp_check,
	.attach = icmp_attach,
	.drain = icmp_drain,
	.detach = icmp_detach,
	.hint = icmp_hint,
	.capabilities = icmp_capabilities,
	.metrics = metrics,
	.prepare = icmp_prepare,
};
