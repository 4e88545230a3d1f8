/* SPDX-License-Identifier: MIT */
/*
 * icmpcount: what the icmp plugin would cost if it did nothing.  The same capture, the
 * same filter, and a callback that counts; the measure for `make bench`.
 *
 *   icmpcount INTERFACE
 *
 * Until SIGTERM; then prints "TAKEN DROPPED".
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>

/* Includes the plugin for its filter. */
#include "../plugins/icmp.c"

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
main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_signal };
	struct mural_host host = { .name = "icmpcount" };
	struct capture capture;
	struct pollfd poller = { .events = POLLIN };
	uint64_t taken = 0;
	int n = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: icmpcount INTERFACE\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	if ((poller.fd = capture_open(&capture, &host, argv[1], filter, false)) < 0)
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
		(unsigned long long)host.counts.kernel_drops);
	return n < 0;
}

/* The plugin's check() is never called here. */
void
mural_reject(struct mural_check *check, const char *option, const char *format, ...)
{
	(void)check;
	(void)option;
	(void)format;
}
