/* SPDX-License-Identifier: MIT */
/*
 * icmpcount: what the icmp plugin would cost if it did nothing.  The same capture, the
 * same filter, and a callback that counts; the measure for `make bench`.
 *
 *   icmpcount INTERFACE
 *
 * Until SIGTERM; then prints "TAKEN DROPPED".
 */
#include "count.h"

#include <stdio.h>

/* Includes the plugin for its filter. */
#include "ping/icmp.c"

int
main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: icmpcount INTERFACE\n");
		return 2;
	}
	return count_frames("icmpcount", argv[1], filter, false);
}
