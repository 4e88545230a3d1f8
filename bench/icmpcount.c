/* SPDX-License-Identifier: MIT */
/*
 * icmpcount: what the icmp plugin would cost if it did nothing: its capture and filter,
 * with a callback that counts; the baseline for `make bench`.
 *
 *   icmpcount INTERFACE
 *
 * Runs until SIGTERM, then prints "TAKEN DROPPED".
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
