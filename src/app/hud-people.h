/* SPDX-License-Identifier: MIT */
/* How many people paint: sources with a pixel in the last ten seconds.  The main
 * thread's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ingest/top.h"

/* More people than this are counted as fewer. */
#define HUD_PEOPLE_SETS 1024
#define HUD_PEOPLE_WAYS 4

struct hud_people {
	struct top_watch watch;
	struct ingest *ingest;
	bool watching;
	uint64_t second;   /* of watching, from 1 on */
	uint64_t somebody; /* the second in which whoever painted last; 0: never */
	uint32_t painting;
	struct {
		uint64_t source; /* a hash */
		uint64_t second; /* when it last painted; 0: never */
	} seen[HUD_PEOPLE_SETS][HUD_PEOPLE_WAYS];
};

/* Begins to count; nothing happens if it counts already.  What came before is
 * forgotten. */
void hud_people_start(struct hud_people *people, struct ingest *ingest);

/* Somebody paints, perhaps before this began to count who. */
void hud_people_somebody(struct hud_people *people);

/* Accepts one that does not count. */
void hud_people_stop(struct hud_people *people);
