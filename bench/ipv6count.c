/* SPDX-License-Identifier: MIT */
/*
 * ipv6count: what the ipv6 plugin would cost if it did nothing: its capture and filter,
 * with a callback that counts; the baseline for `make bench`.
 *
 *   ipv6count INTERFACE TEMPLATE
 *
 * Runs until SIGTERM, then prints "TAKEN DROPPED".
 */
#include "count.h"

#include <stdio.h>

/* Includes the plugin for its filter. */
#include "ping/ipv6.c"

int
main(int argc, char *argv[])
{
	struct ipv6_config config = { 0 };
	struct mural_claim claim;
	char filter[FILTER_MAX];

	if (argc == 3)
		config.template = argv[2];
	if (argc != 3 || !ipv6_claim(&config, &claim)) {
		fprintf(stderr, "usage: ipv6count INTERFACE TEMPLATE\n");
		return 2;
	}
	filter_write(&config, &claim, filter);
	return count_frames("ipv6count", argv[1], filter, false);
}
