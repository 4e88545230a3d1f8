/* SPDX-License-Identifier: MIT */
/* What the program that makes pings is told. */
#pragma once

#include <linux/types.h>

struct generator {
	__u32 ifindex;
	__u32 width, pixels, step; /* of the picture; step and pixels have no factor */
	__u32 at;
	__u32 icmp; /* where the ICMP message begins */
	__u32 sum;  /* of all that its checksum covers but the pixel */
	__u32 pad;
	__u64 sent;
};
