/* SPDX-License-Identifier: MIT */
/* The last deltas. */
#include "http/viewers/delta-ring.h"

#include "http/viewers/frame.h"

static void
forget_first(struct recent *recent)
{
	struct frame *frame = recent->frames[recent->first % RECENT_MAX];

	recent->bytes -= frame->bytes;
	recent->first++;
	recent->n--;
	frame_release(frame);
}

void
recent_add(struct recent *recent, struct frame *frame, size_t bytes_max)
{
	while (recent->n == RECENT_MAX ||
		(recent->n > 0 && recent->bytes + frame->bytes > bytes_max))
		forget_first(recent);
	if (recent->n == 0)
		recent->first = frame->number;
	recent->frames[frame->number % RECENT_MAX] = frame_hold(frame);
	recent->bytes += frame->bytes;
	recent->n++;
}

struct frame *
recent_find(const struct recent *recent, uint32_t number)
{
	/* numbers begin again some day, differences do not care */
	return number - recent->first < recent->n ? recent->frames[number % RECENT_MAX]
						  : NULL;
}

bool
recent_leads(const struct recent *recent, uint32_t known, uint32_t number)
{
	return known == number || recent_find(recent, known + 1);
}

void
recent_clear(struct recent *recent)
{
	while (recent->n > 0)
		forget_first(recent);
}
