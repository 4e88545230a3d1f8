/* SPDX-License-Identifier: MIT */
/*
 * frames INTERFACE RATE LENGTH <FILE
 *
 * Sends the frames in FILE, LENGTH bytes each, again and again until it is killed, RATE a
 * second, as fast as one core can.
 */
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/measure.h"

#define BATCH 64
#define FILE_MAX (16 * 1024 * 1024)

static int
open_wire(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || address.sll_ifindex == 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", interface);
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

/* What the link does not take is lost. */
static void
send_all(int fd, uint8_t *frames, size_t n, size_t length, double rate)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	double start = now_s();

	for (size_t sent = 0, at = 0;; sent += BATCH) {
		for (size_t i = 0; i < BATCH; i++, at = (at + 1) % n) {
			vectors[i] = (struct iovec){ frames + at * length, length };
			messages[i].msg_hdr.msg_iov = &vectors[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		if (sendmmsg(fd, messages, BATCH, 0) < 0 && errno != ENOBUFS &&
			errno != EAGAIN)
			err(1, "sendmmsg");
		while ((double)sent / rate > now_s() - start)
			usleep(200);
	}
}

int
main(int argc, char *argv[])
{
	static uint8_t frames[FILE_MAX];
	size_t length, len;

	if (argc != 4) {
		fprintf(stderr, "usage: frames INTERFACE RATE LENGTH <FILE\n");
		return 2;
	}
	length = strtoul(argv[3], NULL, 10);
	len = fread(frames, 1, sizeof(frames), stdin);
	if (length == 0 || len < length)
		errx(1, "no frame");
	send_all(open_wire(argv[1]), frames, len / length, length, atof(argv[2]));
	return 0;
}
