/* SPDX-License-Identifier: MIT */
/*
 * The XDP program: decodes pings as packet.c, pingxelflut.c and address-template.c do,
 * and appends their pixels to a log.
 *
 * It takes what is a pixel beyond doubt and passes everything else on, so that nothing is
 * lost by what it does not know: requests for the size, malformed packets, long chains of
 * extension headers.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ping/xdp/shared.h"

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	NEXT_HOP_BY_HOP = 0,
	NEXT_ICMP = 1,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_ESP = 50,
	NEXT_AH = 51,
	NEXT_ICMP6 = 58,
	NEXT_DESTINATION = 60,
	ECHO_REQUEST = 8,
	ECHO6_REQUEST = 128,
	NDP_SOLICITATION = 135,
	KIND_PIXEL = 0xcc,
};

enum { X, Y, R, G, B, A, S };

#define TAGS_MAX 2
#define EXTENSIONS_MAX 4
#define EXTENSION_LEN_MAX 256
#define PAYLOAD_MAX 1500 /* of packets whose address paints */

/* Set before the program is loaded. */
const volatile __u32 log_shift = 10;

struct xdp_control control = { 0 };

/* Values are as large as a log is; set before the program is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 65536);
} ping_logs SEC(".maps"), address_logs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ping_bell SEC(".maps"), address_bell SEC(".maps");

/* A packet that is a pixel. */
struct pixel {
	__u32 x, y, argb;
	__u32 flags; /* XDP_V4, XDP_SQUARE */
	__u32 bytes; /* of the payload */
	__u64 source[2];
};

/* ------------------------------------------------------------------ the log */

/* Wakes the reader.  Who sleeps sets `armed` and looks at the log again, here the log is
 * written and `armed` looked at, and both have a barrier between: one sees the other. */
static __always_inline void
ring(void *bell, enum xdp_role role)
{
	__u64 nothing = 0;

	if (!*(volatile __u32 *)&control.armed[role].is_set ||
		!__sync_lock_test_and_set(&control.armed[role].is_set, 0))
		return;
	bpf_ringbuf_output(bell, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}

static __always_inline int
append(struct xdp_md *ctx, void *logs, void *bell, enum xdp_role role,
	const struct pixel *pixel)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct xdp_log *log = bpf_map_lookup_elem(logs, &cpu);
	struct xdp_entry *entry;
	__u64 head, lap;

	if (!log)
		return XDP_PASS;
	head = log->head;
	log->packets++;
	log->bytes += ctx->data_end - ctx->data;
	if (head - *(volatile __u64 *)&log->tail >= 1ull << log_shift) {
		log->lost++;
		return XDP_DROP;
	}
	entry = &log->at[head & ((1ull << log_shift) - 1)];
	entry->paint = (__u64)ctx->ingress_ifindex << 32 | pixel->argb;
	entry->source[0] = pixel->source[0];
	entry->source[1] = pixel->source[1];
	lap = (head >> log_shift) + 1;
	__sync_lock_test_and_set(&entry->word,
		lap << XDP_LAP_SHIFT | (__u64)pixel->x << XDP_X_SHIFT |
			(__u64)pixel->y << XDP_Y_SHIFT |
			(__u64)pixel->bytes << XDP_BYTES_SHIFT | pixel->flags);
	log->head = head + 1;
	ring(bell, role);
	return XDP_DROP;
}

/* ------------------------------------------------------------------ checksums */

/* RFC 1071: over 32 bits at a time, in native order. */
static __always_inline int
sums_up(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static __always_inline __u64
sum_words(const __u8 *data, __u32 words)
{
	__u64 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < words; i++)
		sum += ((const __u32 *)data)[i];
	return sum;
}

/* ---------------------------------------------------------------- pingxelflut */

/* Reads a message of `len` bytes behind the IP headers; `sum` is that of a pseudo header,
 * and `type` a request's. */
static __always_inline int
read_ping(const __u8 *icmp, const __u8 *end, __u32 len, __u8 type, __u64 sum,
	struct pixel *pixel)
{
	__u32 alpha = 0xff;

	if ((len != 16 && len != 17) || icmp + 16 > end)
		return 0;
	if (icmp[0] != type || icmp[1] != 0 || icmp[8] != KIND_PIXEL)
		return 0;
	if (len == 17) {
		if (icmp + 17 > end)
			return 0;
		alpha = icmp[16];
		sum += bpf_htonl(alpha << 24);
	}
	if (!sums_up(sum + sum_words(icmp, 4)))
		return 0;
	pixel->x = (__u32)icmp[9] << 8 | icmp[10];
	pixel->y = (__u32)icmp[11] << 8 | icmp[12];
	pixel->argb =
		alpha << 24 | (__u32)icmp[13] << 16 | (__u32)icmp[14] << 8 | icmp[15];
	pixel->bytes = len;
	return 1;
}

static __always_inline int
is_own4(__u32 address)
{
#pragma unroll
	for (__u32 i = 0; i < XDP_OWN_MAX; i++)
		if (i < control.own[XDP_PINGS].n4 &&
			control.own[XDP_PINGS].four[i] == address)
			return 1;
	return 0;
}

static __always_inline int
is_own6(enum xdp_role role, __u64 high, __u64 low)
{
	const struct xdp_own *own = &control.own[role];

#pragma unroll
	for (__u32 i = 0; i < XDP_OWN_MAX; i++)
		if (i < own->n6 && own->six[i][0] == high && own->six[i][1] == low)
			return 1;
	return 0;
}

static __always_inline int
read_ip4(const __u8 *ip, const __u8 *end, struct pixel *pixel)
{
	__u32 head_len, len;
	__u64 sum;

	if (ip + 20 > end || ip[0] >> 4 != 4 || ip[9] != NEXT_ICMP)
		return 0;
	if (*(const __u16 *)(ip + 6) & bpf_htons(0x3fff)) /* a fragment */
		return 0;
	head_len = (ip[0] & 15) * 4;
	len = bpf_ntohs(*(const __u16 *)(ip + 2));
	if (head_len < 20 || len < head_len || !is_own4(*(const __u32 *)(ip + 16)))
		return 0;
	sum = sum_words(ip, 5);
	for (__u32 at = 20; at < 60; at += 4) {
		const __u8 *option = ip + at;

		/* clang 19 would leave out a check that it can prove, and the verifier
		 * cannot */
		barrier_var(option);
		if (at >= head_len)
			break;
		if (option + 4 > end)
			return 0;
		sum += *(const __u32 *)option;
	}
	if (!sums_up(sum))
		return 0;
	pixel->flags = XDP_V4;
	pixel->source[0] = *(const __u32 *)(ip + 12);
	pixel->source[1] = 0;
	return read_ping(ip + head_len, end, len - head_len, ECHO_REQUEST, 0, pixel);
}

/* ---------------------------------------------------------- addresses as pixels */

/* Of an address in host order. */
static __always_inline __u32
read_field(int field, __u64 high, __u64 low)
{
	const struct xdp_field *f = &control.template.fields[field];
	__u32 shift = f->shift & 127;
	__u64 word;

	if (shift >= 64)
		word = high >> (shift - 64);
	else if (shift == 0)
		word = low;
	else
		word = low >> shift | high << (64 - shift);
	return (__u32)(word & f->mask) * f->scale + f->add;
}

/* As in address-template.c. */
static __always_inline int
read_decimal(__u32 *number)
{
	__u64 n = *number, sixes = 0x66666666;

	if (((n + sixes) ^ n ^ sixes) & 0x111111110)
		return 0;
	n = (n & 0x0f0f0f0f) + 10 * (n >> 4 & 0x0f0f0f0f);
	n = (n & 0x00ff00ff) + 100 * (n >> 8 & 0x00ff00ff);
	*number = (__u32)((n & 0xffff) + 10000 * (n >> 16));
	return 1;
}

/* Beyond 16 bits there is no pixel either. */
static __always_inline __u32
saturate(__u32 at)
{
	return at > 0xffff ? 0xffff : at;
}

static __always_inline int
read_address(__u64 high, __u64 low, struct pixel *pixel)
{
	__u32 side, x, y;

	high = bpf_be64_to_cpu(high);
	low = bpf_be64_to_cpu(low);
	side = read_field(S, high, low);
	x = read_field(X, high, low);
	y = read_field(Y, high, low);
	if (side != 1 && side != 2)
		return 0;
	if (control.template.decimal && !(read_decimal(&x) && read_decimal(&y)))
		return 0;
	pixel->x = saturate(x);
	pixel->y = saturate(y);
	pixel->argb = read_field(A, high, low) << 24 | read_field(R, high, low) << 16 |
		      read_field(G, high, low) << 8 | read_field(B, high, low);
	pixel->flags = side == 2 ? XDP_SQUARE : 0;
	return 1;
}

/* The whole packet must be there. */
static __always_inline int
is_accepted(const __u8 *payload, const __u8 *end, __u32 next, __u32 len)
{
	__u32 accept = control.template.accept;

	if (len > PAYLOAD_MAX)
		return 0;
	barrier_var(len);
	if (payload + len > end)
		return 0;
	if (next != NEXT_ICMP6)
		return accept == XDP_ACCEPT_ANY;
	/* the verifier wants this check, which newer compilers know to hold */
	barrier_var(payload);
	if (len < 8 || payload + 8 > end || payload[0] == NDP_SOLICITATION)
		return 0;
	return accept != XDP_ACCEPT_ECHO || payload[0] == ECHO6_REQUEST;
}

/* ----------------------------------------------------------------------- IPv6 */

/* What is behind the extension headers. */
struct payload {
	const __u8 *at;
	__u32 next, len;
};

static __always_inline int
is_extension(__u32 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING ||
	       next == NEXT_DESTINATION || next == NEXT_FRAGMENT || next == NEXT_ESP ||
	       next == NEXT_AH;
}

static __always_inline int
skip_extensions(struct payload *payload, const __u8 *end)
{
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		const __u8 *head = payload->at;
		__u32 len;

		if (payload->next != NEXT_ROUTING && payload->next != NEXT_DESTINATION &&
			(payload->next != NEXT_HOP_BY_HOP || i != 0))
			break;
		if (head + 8 > end)
			return 0;
		if (payload->next == NEXT_ROUTING && head[3] != 0) /* stops left */
			return 0;
		len = head[1] * 8u + 8;
		if (len > EXTENSION_LEN_MAX || len > payload->len)
			return 0;
		payload->next = head[0];
		payload->len -= len;
		payload->at = head + len;
	}
	return !is_extension(payload->next);
}

/* The sources of IPv4 as an IPv6 address has them, which are another source there. */
static __always_inline int
is_mapped(const __u64 source[2])
{
	return source[0] == 0 && (__u32)source[1] == bpf_htonl(0xffff);
}

/* Whose pixel it is, of the roles in `roles`; or -1. */
static __always_inline int
read_ip6(const __u8 *ip, const __u8 *end, __u32 roles, struct pixel *pixel)
{
	const struct xdp_template *template = &control.template;
	struct payload payload;
	__u64 high, low;

	if (ip + 48 > end || ip[0] >> 4 != 6 || ip[24] == 0xff)
		return -1;
	__builtin_memcpy(pixel->source, ip + 8, 16);
	__builtin_memcpy(&high, ip + 24, 8);
	__builtin_memcpy(&low, ip + 32, 8);
	payload = (struct payload){ ip + 40, ip[6], bpf_ntohs(*(const __u16 *)(ip + 4)) };
	if (is_mapped(pixel->source) || !skip_extensions(&payload, end))
		return -1;
	pixel->bytes = payload.len;
	if (roles & 1 << XDP_ADDRESSES &&
		(high & template->mask[0]) == template->value[0] &&
		(low & template->mask[1]) == template->value[1])
		return control.own[XDP_ADDRESSES].n6 <= XDP_OWN_MAX &&
				       !is_own6(XDP_ADDRESSES, high, low) &&
				       is_accepted(payload.at, end, payload.next,
					       payload.len) &&
				       read_address(high, low, pixel)
			       ? XDP_ADDRESSES
			       : -1;
	if (!(roles & 1 << XDP_PINGS) || payload.next != NEXT_ICMP6 ||
		!is_own6(XDP_PINGS, high, low))
		return -1;
	pixel->flags = 0;
	return read_ping(payload.at, end, payload.len, ECHO6_REQUEST,
		       sum_words(ip + 8, 8) + bpf_htonl(payload.len) +
			       bpf_htonl(NEXT_ICMP6),
		       pixel)
		       ? XDP_PINGS
		       : -1;
}

/* ----------------------------------------------------------------------- link */

/* The roles that read pixels of frames for this interface's own address; 0: none. */
static __always_inline __u32
find_roles(struct xdp_md *ctx, const __u8 *frame)
{
#pragma unroll
	for (int i = 0; i < XDP_PORTS_MAX; i++) {
		const struct xdp_port *port = &control.ports[i];

		if (port->ifindex != ctx->ingress_ifindex)
			continue;
		return *(const __u32 *)frame == port->mac_low &&
				       *(const __u16 *)(frame + 4) == port->mac_high
			       ? port->roles
			       : 0;
	}
	return 0;
}

/* Skips tags of no VLAN, which only carry a priority. */
static __always_inline const __u8 *
skip_tags(const __u8 *frame, const __u8 *end, __u16 *type)
{
	const __u8 *at = frame + 14;

	*type = *(const __u16 *)(frame + 12);
	for (int i = 0; i < TAGS_MAX; i++) {
		if (*type != bpf_htons(ETHERTYPE_VLAN) &&
			*type != bpf_htons(ETHERTYPE_QINQ))
			break;
		if (at + 4 > end || *(const __u16 *)at & bpf_htons(0xfff)) {
			*type = 0;
			break;
		}
		*type = *(const __u16 *)(at + 2);
		at += 4;
	}
	return at;
}

/* Sees also the first buffer alone of a frame that has several: pixels lie in it. */
SEC("xdp.frags")
int
take_pings(struct xdp_md *ctx)
{
	const __u8 *frame = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct pixel pixel;
	const __u8 *ip;
	__u32 roles;
	__u16 type;
	int role = -1;

	if (frame + 14 > end || !(roles = find_roles(ctx, frame)))
		return XDP_PASS;
	ip = skip_tags(frame, end, &type);
	if (type == bpf_htons(ETHERTYPE_IP6))
		role = read_ip6(ip, end, roles, &pixel);
	else if (type == bpf_htons(ETHERTYPE_IP4) && roles & 1 << XDP_PINGS &&
		 read_ip4(ip, end, &pixel))
		role = XDP_PINGS;
	if (role == XDP_PINGS)
		return append(ctx, &ping_logs, &ping_bell, XDP_PINGS, &pixel);
	if (role == XDP_ADDRESSES)
		return append(ctx, &address_logs, &address_bell, XDP_ADDRESSES, &pixel);
	return XDP_PASS;
}

/* What a run costs by itself. */
SEC("xdp.frags")
int
take_nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

const char terms[] SEC("license") = "MIT";
