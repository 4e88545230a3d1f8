/* SPDX-License-Identifier: MIT */
/* Captures the packets of a ping plugin and only counts them. */
#include "count.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "ping/capture.h"

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void
count_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *frame)
{
	(void)header;
	(void)frame;
	++*(uint64_t *)(void *)user;
}

int
count_frames(const char *name, const char *interface, const char *filter, bool multicast)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct mural_counts counts = { .size = sizeof(counts) };
	struct mural_host host = {
		.size = sizeof(host), .counts = &counts, .name = name
	};
	struct capture capture;
	struct pollfd poller = { .events = POLLIN };
	uint64_t taken = 0;
	int n = 0;

	sigaction(SIGTERM, &action, NULL);
	poller.fd = capture_open(&capture, &host, interface, filter, multicast);
	if (poller.fd < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	while (n >= 0 && (!stopped || n > 0)) {
		if (n < CAPTURE_BATCH)
			poll(&poller, 1, stopped ? 0 : -1);
		n = pcap_dispatch(
			capture.pcap, CAPTURE_BATCH, count_frame, (u_char *)&taken);
	}
	capture_close(&capture, &host);
	printf("%llu %llu\n", (unsigned long long)taken,
		(unsigned long long)counts.kernel_drops);
	return n < 0;
}
