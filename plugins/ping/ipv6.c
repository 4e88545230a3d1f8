/* SPDX-License-Identifier: MIT */
/*
 * The ipv6 plugin: the destination address of a packet is a pixel.
 *
 * Any packet to an address that the template matches paints; its contents do not matter.
 * Nothing is answered, and the host needs neither the addresses nor a route for them:
 * packets are captured as they arrive.  They do so by a prefix that a router sends here,
 * or, on the local link, because ndp.c answers for their addresses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <mural/plugin.h>

#include "ping/accelerate.h"
#include "ping/address-template.h"
#include "ping/capture.h"
#include "ping/kernel-replies.h"
#include "ping/ndp.h"
#include "ping/packet.h"
#include "ping/pingxelflut.h"

enum { DIGITS_HEX, DIGITS_DECIMAL };
enum { ACCEPT_ICMP6, ACCEPT_ECHO, ACCEPT_ANY };

#define ECHO_REQUEST 128

/* Four comparisons of 32 bits, and as many again for NDP. */
#define FILTER_MAX 768

struct ipv6_config {
	const char *interface;
	const char *template;
	uint32_t digits;
	uint32_t accept;
	bool ndp;
	uint32_t kernel_replies;
	uint32_t accelerate;
};

static const struct mural_option options[] = {
	MURAL_TEXT(struct ipv6_config, interface, "any",
		"network interface to listen on, or any"),
	MURAL_TEXT(struct ipv6_config, template, "2a06:a003:d040:SXXX:YYY:RR:GG:BB",
		"the address of a pixel: fields X Y R G B A S, hex digits, ? for any"),
	MURAL_CHOICE(struct ipv6_config, digits, "hex", "hex decimal",
		"how X and Y are written"),
	MURAL_CHOICE(struct ipv6_config, accept, "icmp6", "icmp6 echo any",
		"what paints: any ICMPv6 message, echo requests only, any packet"),
	MURAL_BOOL(struct ipv6_config, ndp, "no",
		"answer neighbour solicitations for every address of the template"),
	MURAL_CHOICE(struct ipv6_config, kernel_replies, "keep", "keep suppress",
		"suppress: while murald runs, the kernel answers no pings of its own"),
	ACCELERATE_OPTION(struct ipv6_config),
	{ 0 },
};

static const struct mural_metric metrics[] = { ACCELERATE_METRICS{ 0 } };

struct ipv6_state {
	struct address_template template;
	struct capture capture;
	struct accelerator accelerator;
	struct kernel_replies replies;
	struct ndp ndp;
	uint32_t accept;
	uint64_t random;
};

/* Passed through the capture to on_packet(). */
struct ipv6_drain {
	struct mural_host *host;
	struct ipv6_state *ipv6;
	struct mural_brush *brush;
};

static int
template_from_config(const struct ipv6_config *config, struct address_template *template,
	char *why, size_t len)
{
	return template_compile(
		template, config->template, config->digits == DIGITS_DECIMAL, why, len);
}

_Static_assert(
	ACCEPT_ICMP6 == (int)XDP_ACCEPT_ICMP6 && ACCEPT_ECHO == (int)XDP_ACCEPT_ECHO &&
		ACCEPT_ANY == (int)XDP_ACCEPT_ANY && TEMPLATE_LETTERS == XDP_FIELDS,
	"the XDP program has the same");

/* `to` is set if the template has a place, and must live as long as the wish. */
static struct accelerate_wish
ipv6_wish(const struct ipv6_config *config, const struct address_template *template,
	struct xdp_template *to)
{
	struct accelerate_wish wish = {
		.mode = config->accelerate,
		.role = XDP_ADDRESSES,
		.addresses = to,
	};

	if (config->kernel_replies != REPLIES_SUPPRESS)
		wish.refusal = "kernel-replies = suppress";
	else if (!template->has_position)
		wish.refusal = "a template with X and Y";
	*to = (struct xdp_template){ .accept = config->accept,
		.decimal = template->decimal };
	memcpy(to->mask, template->claim.mask, sizeof(to->mask));
	memcpy(to->value, template->claim.value, sizeof(to->value));
	for (int i = 0; i < TEMPLATE_LETTERS; i++) {
		const struct template_field *field = &template->fields[i];

		/* from the right of the eight bytes, and of the address */
		to->fields[i] = (struct xdp_field){ field->shift + 64 - 8 * field->offset,
			field->mask, field->scale, field->add };
	}
	return wish;
}

static void
ipv6_check(const void *data, struct mural_check *check)
{
	const struct ipv6_config *config = data;
	struct address_template template;
	struct xdp_template addresses;
	struct accelerate_wish wish;
	char why[TEMPLATE_WHY_MAX];

	capture_check(config->interface, check);
	if (template_from_config(config, &template, why, sizeof(why)) < 0) {
		mural_reject(check, "template", "%s", why);
		return;
	}
	wish = ipv6_wish(config, &template, &addresses);
	accelerate_check(&wish, check);
}

static void
ipv6_prepare(const void *data)
{
	const struct ipv6_config *config = data;
	struct address_template template;
	struct xdp_template addresses;
	struct accelerate_wish wish;
	char why[TEMPLATE_WHY_MAX];

	if (template_from_config(config, &template, why, sizeof(why)) < 0)
		return;
	wish = ipv6_wish(config, &template, &addresses);
	accelerate_prepare(&wish);
}

static uint64_t
ipv6_capabilities(const void *data)
{
	const struct ipv6_config *config = data;

	return capture_capabilities(config->kernel_replies == REPLIES_SUPPRESS &&
				    kernel_replies_can_be_written());
}

static bool
ipv6_claim(const void *config, struct mural_claim *claim)
{
	struct address_template template;
	char why[TEMPLATE_WHY_MAX];

	if (template_from_config(config, &template, why, sizeof(why)) < 0)
		return false;
	*claim = template.claim;
	return true;
}

/* ------------------------------------------------------------------ painting */

/* Beyond the largest coordinate there is no pixel. */
static uint32_t
add_saturating(uint32_t at, uint32_t by)
{
	return at + by < at ? UINT32_MAX : at + by;
}

/* xorshift64: a place for a colour without one; nothing depends on its secrecy. */
static uint32_t
random_below(struct ipv6_state *ipv6, uint32_t below)
{
	ipv6->random ^= ipv6->random << 13;
	ipv6->random ^= ipv6->random >> 7;
	ipv6->random ^= ipv6->random << 17;
	return (uint32_t)((ipv6->random >> 32) * below >> 32);
}

static void
ipv6_paint(struct ipv6_state *ipv6, struct mural_brush *brush,
	const struct template_pixel *pixel)
{
	uint32_t left = pixel->x, top = pixel->y;

	if (!ipv6->template.has_position) {
		left = random_below(ipv6, brush->width);
		top = random_below(ipv6, brush->height);
	}
	mural_put(brush, left, top, pixel->argb);
	for (uint32_t i = 1; i < pixel->side * pixel->side; i++)
		mural_put(brush, add_saturating(left, i % 2), add_saturating(top, i / 2),
			pixel->argb);
}

static bool
is_accepted(uint32_t accept, const struct packet_icmp *icmp)
{
	switch (accept) {
	case ACCEPT_ECHO:
		return icmp && icmp->type == ECHO_REQUEST;
	case ACCEPT_ICMP6:
		return icmp;
	default:
		return true;
	}
}

static void
on_accelerated(
	void *user, const struct packet *packet, const struct accelerated_pixel *pixel)
{
	const struct ipv6_drain *drain = user;
	const struct template_pixel square = { pixel->x, pixel->y, pixel->side,
		pixel->argb };

	if (capture_consume(drain->host, drain->brush, packet, pixel->side * pixel->side))
		ipv6_paint(drain->ipv6, drain->brush, &square);
}

static void
on_solicitation(struct ipv6_drain *drain, const struct packet *packet,
	const struct packet_icmp *icmp)
{
	struct ipv6_state *ipv6 = drain->ipv6;

	if (!ipv6->ndp.is_open)
		return;
	switch (ndp_answer(&ipv6->ndp, &ipv6->capture.local_addrs, &ipv6->template.claim,
		packet, icmp)) {
	case NDP_MALFORMED:
		mural_discard(drain->brush, MURAL_MALFORMED, 1);
		break;
	case NDP_RATE_LIMITED:
		mural_discard(drain->brush, MURAL_RATE_LIMITED, 1);
		break;
	case NDP_ANSWERED:
	case NDP_IGNORED:
		break;
	}
}

static void
on_packet(void *user, const struct packet *packet, enum packet_fault fault)
{
	struct ipv6_drain *drain = user;
	struct ipv6_state *ipv6 = drain->ipv6;
	struct template_pixel pixel;
	struct packet_icmp icmp;
	enum template_match match;
	bool has_icmp;

	if (packet->version != 6)
		return;
	match = template_decode(&ipv6->template, packet->destination, &pixel);
	if (packet->vlan != PACKET_NO_VLAN && packet->vlan != 0) {
		/* another network; not all of these passed the filter */
		if (match != TEMPLATE_OTHER)
			mural_discard(drain->brush, MURAL_MALFORMED, 1);
		return;
	}
	if (fault != PACKET_OK) {
		mural_discard(drain->brush, MURAL_MALFORMED, 1);
		return;
	}
	has_icmp = packet_icmp_parse(packet, &icmp);
	if (has_icmp && icmp.type == NDP_SOLICITATION) {
		/* Never paints, whatever is accepted: hosts repeat solicitations, by
		 * unicast too, for addresses that they painted long ago. */
		on_solicitation(drain, packet, &icmp);
		return;
	}
	if (match == TEMPLATE_OTHER || packet->cast != CAST_UNICAST)
		return;
	if (match == TEMPLATE_MALFORMED ||
		!is_accepted(ipv6->accept, has_icmp ? &icmp : NULL))
		mural_discard(drain->brush, MURAL_MALFORMED, 1);
	else if (capture_consume(
			 drain->host, drain->brush, packet, pixel.side * pixel.side))
		ipv6_paint(ipv6, drain->brush, &pixel);
}

/* ------------------------------------------------------------------ receiving */

static void __attribute__((format(printf, 2, 3)))
filter_append(char *filter, const char *format, ...)
{
	size_t used = strlen(filter);
	va_list args;

	va_start(args, format);
	vsnprintf(filter + used, FILTER_MAX - used, format, args);
	va_end(args);
}

/* Compares the address at `offset` of the IPv6 header, 32 bits at a time as the kernel
 * can.  Not with a mask of all ones: libpcap's optimizer (1.10.3) takes
 * `& 0xffffffff = 0` for always false. */
static void
filter_append_claim(char *filter, const struct mural_claim *claim, unsigned offset)
{
	for (unsigned i = 0; i < 16; i += 4) {
		uint32_t mask, value;

		memcpy(&mask, claim->mask + i, 4);
		memcpy(&value, claim->value + i, 4);
		if (mask == UINT32_MAX)
			filter_append(filter, " and ip6[%u:4] = 0x%08x", offset + i,
				ntohl(value));
		else if (mask != 0)
			filter_append(filter, " and ip6[%u:4] & 0x%08x = 0x%08x",
				offset + i, ntohl(mask), ntohl(value));
	}
}

/* Keeps traffic for other addresses in the kernel. */
static void
filter_write(const struct ipv6_config *config, const struct mural_claim *claim,
	char filter[FILTER_MAX])
{
	filter[0] = '\0';
	filter_append(filter, "(ip6");
	filter_append_claim(filter, claim, 24);
	filter_append(filter, ")");
	if (!config->ndp)
		return;
	filter_append(filter, " or (ip6 and ip6[6] = %d and ip6[40] = %d",
		PACKET_PROTO_ICMP6, NDP_SOLICITATION);
	filter_append_claim(filter, claim, 48);
	filter_append(filter, ")");
}

static void
ipv6_detach(struct mural_host *host)
{
	struct ipv6_state *ipv6 = host->state;

	kernel_replies_restore(&ipv6->replies, host);
	if (ipv6->ndp.is_open)
		mural_log(host, MURAL_INFO, "ndp: answered %llu neighbour solicitations",
			(unsigned long long)ipv6->ndp.answered);
	ndp_close(&ipv6->ndp);
	accelerator_close(&ipv6->accelerator);
	capture_close(&ipv6->capture, host);
}

static int
ipv6_attach(struct mural_host *host)
{
	const struct ipv6_config *config = host->config;
	struct ipv6_state *ipv6 = host->state;
	char why[TEMPLATE_WHY_MAX], filter[FILTER_MAX];
	struct xdp_template addresses;
	struct accelerate_wish wish;
	struct timespec now;
	int fd, ret;

	*ipv6 = (struct ipv6_state){ .accept = config->accept };
	if ((ret = template_from_config(config, &ipv6->template, why, sizeof(why))) < 0) {
		mural_log(host, MURAL_ERROR, "template: %s", why);
		return ret;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	ipv6->random = (uint64_t)now.tv_sec << 32 | now.tv_nsec | 1;
	filter_write(config, &ipv6->template.claim, filter);
	fd = capture_open(&ipv6->capture, host, config->interface, filter,
		config->ndp ? CAPTURE_GROUPS : CAPTURE_NO_OTHERS);
	if (fd < 0)
		return fd;
	wish = ipv6_wish(config, &ipv6->template, &addresses);
	ret = accelerator_open(&ipv6->accelerator, &ipv6->capture, host, &wish);
	if (ret == 0 && config->ndp &&
		(ret = ndp_open(&ipv6->ndp, host, ipv6->capture.ifindex)) < 0)
		accelerator_close(&ipv6->accelerator);
	if (ret < 0) {
		capture_close(&ipv6->capture, host);
		return ret;
	}
	if (config->kernel_replies == REPLIES_SUPPRESS)
		kernel_replies_suppress(&ipv6->replies, host);
	return fd;
}

static int
ipv6_drain(struct mural_host *host, struct mural_brush *brush)
{
	struct ipv6_state *ipv6 = host->state;
	struct ipv6_drain drain = { host, ipv6, brush };
	int more = accelerator_drain(
		&ipv6->accelerator, &ipv6->capture, host, on_accelerated, &drain);
	int ret = capture_drain(&ipv6->capture, host, on_packet, &drain);

	if (ipv6->ndp.is_open)
		ndp_update_interfaces(&ipv6->ndp, &ipv6->capture.local_addrs, host);
	return ret < 0 ? ret : ret | more;
}

/* ------------------------------------------------------------------ hint */

static int
ping_command(uint32_t system, const char *to, char *text, size_t len)
{
	switch (system) {
	case MURAL_BSD:
		return snprintf(text, len, "ping6 -c1 %s", to);
	case MURAL_WINDOWS:
		return snprintf(text, len, "ping -n 1 %s", to);
	case MURAL_PYTHON:
		return ping_python_command(text, len, to, (const uint8_t *)"", 0);
	default:
		return snprintf(text, len, "ping -c1 %s", to);
	}
}

static int
ipv6_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const struct ipv6_config *config = host->config;
	struct template_pixel pixel = { request->x, request->y, 1, request->colour };
	struct address_template template;
	char why[TEMPLATE_WHY_MAX], example[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN + 8];
	struct in6_addr address;
	struct in_addr v4;
	const char *zone = "", *whose = "";

	if (inet_pton(AF_INET, request->address, &v4) == 1 ||
		template_from_config(config, &template, why, sizeof(why)) < 0)
		return -EAFNOSUPPORT;
	if (template_encode(&template, &pixel, address.s6_addr) < 0) {
		pixel.x = pixel.y = 0; /* the fields are narrower than the canvas */
		if (template_encode(&template, &pixel, address.s6_addr) < 0)
			return -ERANGE;
	}
	inet_ntop(AF_INET6, &address, example, sizeof(example));
	/* a link-local address is useless without the reader's own interface */
	if (IN6_IS_ADDR_LINKLOCAL(&address)) {
		zone = "%eth0";
		whose = ", eth0 is your own interface";
	}
	snprintf(to, sizeof(to), "%s%s", example, zone);
	if (request->system != MURAL_ANY_SYSTEM)
		return ping_command(request->system, to, text, len);
	/* the words belong to a command that does nothing, so that the whole line can be
	 * copied; zsh has no comments on its command line */
	if (!template.has_position)
		return snprintf(text, len,
			"ping -c1 %s; : '%s%s, no answer needed: paints #%06x "
			"somewhere'",
			to, config->template, whose, pixel.argb & 0xffffff);
	return snprintf(text, len,
		"ping -c1 %s; : '%s, X and Y in %s%s, no answer needed: paints %u,%u "
		"#%06x'",
		to, config->template, template.decimal ? "decimal" : "hex", whose,
		pixel.x, pixel.y, pixel.argb & 0xffffff);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "ipv6",
	.summary = "a pixel in the destination address of a ping",
	.options = options,
	.config_size = sizeof(struct ipv6_config),
	.state_size = sizeof(struct ipv6_state),
	.transports = MURAL_POLLER,
	.check = ipv6_check,
	.attach = ipv6_attach,
	.drain = ipv6_drain,
	.detach = ipv6_detach,
	.claim = ipv6_claim,
	.hint = ipv6_hint,
	.capabilities = ipv6_capabilities,
	.metrics = metrics,
	.prepare = ipv6_prepare,
};
