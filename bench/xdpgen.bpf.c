/* SPDX-License-Identifier: MIT */
/* Makes each frame that it runs over another ping of the picture, and sends it out of an
 * interface; and two that drop and pass on all frames. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench/xdpgen.h"

struct generator generator = { 0 };

static __always_inline __u16
checksum(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int
generate(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *icmp;
	__u32 offset = generator.icmp, x, y, red, words[4];

	if (offset > 100)
		return XDP_ABORTED;
	icmp = data + offset;
	if (icmp + 16 > end)
		return XDP_ABORTED;
	x = generator.at % generator.width;
	y = generator.at / generator.width;
	generator.at += generator.step;
	if (generator.at >= generator.pixels)
		generator.at -= generator.pixels;
	red = (x * 7 + y * 13) & 255;
	words[0] = 0xcc00 | x >> 8;
	words[1] = (x & 255) << 8 | y >> 8;
	words[2] = (y & 255) << 8 | red;
	words[3] = ((x ^ y) & 255) << 8 | ((x + y * 3) & 255);
	*(__u32 *)(icmp + 8) = bpf_htonl(words[0] << 16 | words[1]);
	*(__u32 *)(icmp + 12) = bpf_htonl(words[2] << 16 | words[3]);
	*(__u16 *)(icmp + 2) = bpf_htons(
		checksum(generator.sum + words[0] + words[1] + words[2] + words[3]));
	generator.sent++;
	return bpf_redirect(generator.ifindex, 0);
}

SEC("xdp")
int
drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp")
int
pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

const char terms[] SEC("license") = "MIT";
