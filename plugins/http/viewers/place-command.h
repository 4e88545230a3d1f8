/* SPDX-License-Identifier: MIT */
/* What a viewer of /ws may ask for, as those of Place: IPv6 do. */
#pragma once

#include <stddef.h>

enum place_action {
	PLACE_IGNORE,
	PLACE_SEND_KEY,
	PLACE_SEND_COUNT,
	PLACE_SEND_NUDITY,
	PLACE_PPS_OFF,
	PLACE_PPS_ON,
	PLACE_DELTAS_OFF,
	PLACE_DELTAS_ON,
};

/* PLACE_IGNORE: it is none. */
enum place_action place_command_parse(const char *text, size_t len);
