/* SPDX-License-Identifier: MIT */
/* Remembers of each source the second in which it last painted. */
#include "app/hud-people.h"

#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "lib/fnv.h"

enum { WINDOW_S = 10 };

/* Notes that the source paints now; a new one replaces the one that has been idle for
 * longest. */
static void
note(struct hud_people *people, uint64_t source)
{
	const size_t set = source % HUD_PEOPLE_SETS;
	size_t way = 0;

	for (size_t i = 0; i < HUD_PEOPLE_WAYS; i++) {
		if (people->seen[set][i].source == source) {
			way = i;
			break;
		}
		if (people->seen[set][i].second < people->seen[set][way].second)
			way = i;
	}
	people->seen[set][way].source = source;
	people->seen[set][way].second = people->second;
}

static uint32_t
count_recent(const struct hud_people *people)
{
	uint32_t n = 0;

	for (size_t set = 0; set < HUD_PEOPLE_SETS; set++)
		for (size_t i = 0; i < HUD_PEOPLE_WAYS; i++)
			n += people->seen[set][i].second > 0 &&
			     people->seen[set][i].second + WINDOW_S > people->second;
	return n;
}

static void
on_top(struct top_watch *watch, const struct top_entry *entries, size_t n)
{
	struct hud_people *people = container_of(watch, struct hud_people, watch);

	people->second++;
	for (size_t i = 0; i < n; i++)
		if (entries[i].pixels > 0 || entries[i].at_least)
			note(people, fnv1a(FNV_START, entries[i].source,
					     strlen(entries[i].source)));
	people->painting = count_recent(people);
	if (people->somebody > 0 && people->somebody + WINDOW_S > people->second)
		people->painting = MAX(people->painting, 1);
}

void
hud_people_somebody(struct hud_people *people)
{
	if (!people->watching)
		return;
	people->somebody = MAX(people->second, 1);
	people->painting = MAX(people->painting, 1);
}

void
hud_people_start(struct hud_people *people, struct ingest *ingest)
{
	if (people->watching)
		return;
	*people = (struct hud_people){ .ingest = ingest, .watch.top = on_top };
	people->watching = top_watch(ingest, &people->watch) == 0;
	if (!people->watching)
		log_error("hud: out of memory; those who paint are not counted");
}

void
hud_people_stop(struct hud_people *people)
{
	if (people->watching)
		top_unwatch(people->ingest, &people->watch);
	people->watching = false;
	people->painting = 0;
}
