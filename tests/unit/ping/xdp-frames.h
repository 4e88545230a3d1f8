/* SPDX-License-Identifier: MIT */
/* Frames at random, for the tests of the XDP program. */
#pragma once

#include <stdbool.h>

#include "ping/address-template.h"
#include "unit/ping/ping-packets.h"

/* An echo request to `mac`, right or not, or a packet to an address of the template.
 * `plain`: beyond doubt, so that the program has to take it if it is a pixel. */
struct bytes random_frame(
	const struct address_template *template, const uint8_t mac[6], bool *plain);
