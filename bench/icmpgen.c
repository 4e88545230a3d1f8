/* SPDX-License-Identifier: MIT */
/*
 * icmpgen: paints a picture with pings, as fast as one core can send them.
 *
 *   icmpgen INTERFACE TO-MAC FROM-IP TO-IP WIDTHxHEIGHT SECONDS [RATE]
 *
 * TO-IP may be a template of the ipv6 plugin: then the pixel is the destination.
 *
 * Sends the picture repeatedly, in scattered order, at least once and until the time is
 * up, at most RATE pings a second if given.  Pixel x,y has the colour
 * ((x * 7 + y * 13) % 256, (x ^ y) % 256, (x + y * 3) % 256).  Prints "SENT SECONDS".
 *
 * Both addresses IPv4 or both IPv6.  Load belongs into a network namespace of its own.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "measure.h"
#include "ping/address-template.h"
#include "ping/packet.h"

#define BATCH 64
#define FRAME_MAX 80

struct ping_generator {
	int fd;
	uint8_t frame[FRAME_MAX]; /* what all frames have in common */
	size_t len, icmp;         /* of the frame; where the ICMP message begins */
	uint32_t sum;             /* of everything the checksum covers but the pixel */
	bool by_address;          /* the pixel is the destination, and nothing else */
	struct address_template template;
	uint8_t frames[BATCH][FRAME_MAX];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
};

static void
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t
sum_words(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return sum;
}

/* Headers, an echo request and the byte that says "pixel". */
static void
make_frame(struct ping_generator *generator, const char *from, const char *to)
{
	uint8_t *ip = generator->frame + 14;
	bool is6 = strchr(to, ':') != NULL;
	size_t ip_len = is6 ? 40 : 20;

	put16(generator->frame + 12, is6 ? 0x86dd : 0x0800);
	if (is6) {
		ip[0] = 0x60;
		put16(ip + 4, 16);
		ip[6] = PACKET_PROTO_ICMP6;
		ip[7] = 64;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, 36);
		ip[8] = 64;
		ip[9] = PACKET_PROTO_ICMP;
	}
	errno = EINVAL;
	if (inet_pton(is6 ? AF_INET6 : AF_INET, from, is6 ? ip + 8 : ip + 12) != 1)
		err(1, "%s", from);
	generator->by_address = strchr(to, 'X') != NULL;
	if (generator->by_address) {
		char why[TEMPLATE_WHY_MAX];

		if (template_compile(&generator->template, to, false, why, sizeof(why)) <
			0)
			err(1, "%s", why);
	} else if (inet_pton(is6 ? AF_INET6 : AF_INET, to, is6 ? ip + 24 : ip + 16) !=
		   1) {
		err(1, "%s", to);
	}
	if (!is6)
		put16(ip + 10, packet_checksum(ip, 20, 0));
	generator->icmp = 14 + ip_len;
	generator->len = generator->icmp + 16;
	generator->frame[generator->icmp] = is6 ? 128 : 8;
	generator->frame[generator->icmp + 8] = 0xcc;
	generator->sum = sum_words(generator->frame + generator->icmp, 16);
	if (is6)
		generator->sum += sum_words(ip + 8, 32) + 16 + PACKET_PROTO_ICMP6;
}

/* The ipv6 plugin does not look at the checksum, so it stays as it is. */
static void
set_address(const struct ping_generator *generator, uint8_t *frame, uint32_t x,
	uint32_t y, const uint8_t rgb[3])
{
	struct template_pixel pixel = { x, y, 1,
		0xff000000 | (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2] };

	if (template_encode(&generator->template, &pixel, frame + 14 + 24) < 0) {
		errno = ERANGE;
		err(1, "the template has no room for the picture");
	}
}

static void
set_pixel(const struct ping_generator *generator, uint8_t *frame, uint32_t x, uint32_t y)
{
	uint8_t *icmp = frame + generator->icmp;
	const uint8_t rgb[3] = { (uint8_t)(x * 7 + y * 13), (uint8_t)(x ^ y),
		(uint8_t)(x + y * 3) };
	uint32_t sum;

	if (generator->by_address) {
		set_address(generator, frame, x, y, rgb);
		return;
	}
	put16(icmp + 9, x);
	put16(icmp + 11, y);
	memcpy(icmp + 13, rgb, sizeof(rgb));
	sum = generator->sum + (x >> 8) + ((x & 255) << 8 | y >> 8) +
	      ((y & 255) << 8 | icmp[13]) + (uint32_t)(icmp[14] << 8 | icmp[15]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(icmp + 2, ~sum);
}

static void
open_socket(struct ping_generator *generator, const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct ifreq request = { 0 };
	int one = 1;

	if (address.sll_ifindex == 0)
		err(1, "%s", interface);
	if ((generator->fd = socket(AF_PACKET, SOCK_RAW, 0)) < 0)
		err(1, "packet socket");
	if (bind(generator->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "bind");
	if (setsockopt(generator->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		    sizeof(one)) < 0)
		err(1, "PACKET_QDISC_BYPASS");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(generator->fd, SIOCGIFHWADDR, &request) < 0)
		err(1, "%s", interface);
	memcpy(generator->frame + 6, request.ifr_hwaddr.sa_data, 6);
}

static void
prepare_batch(struct ping_generator *generator)
{
	for (int i = 0; i < BATCH; i++) {
		memcpy(generator->frames[i], generator->frame, FRAME_MAX);
		generator->vectors[i] =
			(struct iovec){ generator->frames[i], generator->len };
		generator->messages[i].msg_hdr.msg_iov = &generator->vectors[i];
		generator->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

/* All of the batch: what does not go now goes at once again. */
static void
send_batch(struct ping_generator *generator)
{
	for (unsigned done = 0; done < BATCH;) {
		int n = sendmmsg(
			generator->fd, generator->messages + done, BATCH - done, 0);

		if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
			err(1, "sendmmsg");
		done += n > 0 ? (unsigned)n : 0;
	}
}

static uint32_t
greatest_common_divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The picture, and again, every pixel once and a prime's distance from the one before.
 * Returns how many were sent. */
static uint64_t
flood(struct ping_generator *generator, uint32_t width, uint32_t height, double seconds,
	double rate)
{
	uint32_t pixels = width * height, step = 7919 % pixels, at = 0;
	double start = now_s();
	uint64_t sent = 0;

	while (greatest_common_divisor(step, pixels) != 1)
		step++;
	while (sent < pixels || now_s() - start < seconds) {
		for (int i = 0; i < BATCH; i++, at = (at + step) % pixels)
			set_pixel(
				generator, generator->frames[i], at % width, at / width);
		send_batch(generator);
		sent += BATCH;
		while (rate > 0 && (double)sent / rate > now_s() - start)
			;
	}
	return sent;
}

int
main(int argc, char *argv[])
{
	static struct ping_generator generator;
	uint32_t width, height;
	double start, rate = argc > 7 ? atof(argv[7]) : 0;
	uint64_t sent;

	if (argc < 7 || sscanf(argv[5], "%ux%u", &width, &height) != 2 || width < 1 ||
		height < 1 || width > 8192 || height > 8192) {
		fprintf(stderr, "usage: icmpgen INTERFACE TO-MAC FROM-IP TO-IP "
				"WIDTHxHEIGHT SECONDS [RATE]\n");
		return 2;
	}
	for (int i = 0; i < 6; i++)
		generator.frame[i] = (uint8_t)strtoul(argv[2] + 3 * i, NULL, 16);
	open_socket(&generator, argv[1]);
	make_frame(&generator, argv[3], argv[4]);
	prepare_batch(&generator);
	start = now_s();
	sent = flood(&generator, width, height, atof(argv[6]), rate);
	printf("%llu %.6f\n", (unsigned long long)sent, now_s() - start);
	return 0;
}
