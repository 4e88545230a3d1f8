/* SPDX-License-Identifier: MIT */
/* Follows a canvas of two bands as a viewer of /live?bands does. */
#include "http/viewers/sight.h"

#include <string.h>

#include "http/viewers/capture.h"
#include "http/viewers/codec-live.h"
#include "support/unit.h"

enum { WIDTH = 64, FRAMES = 5, NOW = 100000 };

static struct capture capture;
static struct sight sight;

/* A delta with a message for each band. */
static void
add_delta(void)
{
	struct frame *delta = frame_new(++capture.number);

	for (uint32_t band = 0; band < 2; band++) {
		const uint32_t first = band * LIVE_BAND * WIDTH;
		uint8_t *bytes = calloc(1, LIVE_HEAD_BYTES);

		for (int i = 0; i < 4; i++)
			bytes[8 + i] = first >> 8 * i;
		assert_int_equal(live_first_pixel(bytes), first);
		assert_int_equal(frame_add(delta, bytes, LIVE_HEAD_BYTES), 0);
	}
	delta->made_ms = NOW;
	delta_ring_add(&capture.deltas[DIALECT_LIVE], delta, 1 << 20);
	frame_release(delta);
}

/* It shows frame 1, and lacks those since then. */
static int
begin(__attribute__((unused)) void **state)
{
	if (sight_open(&sight, WIDTH, 2 * LIVE_BAND) < 0)
		return -1;
	for (int i = 0; i < FRAMES; i++)
		add_delta();
	for (int i = 0; i < 2; i++) {
		sight.bands[i].state = SIGHT_SHARP;
		sight.bands[i].shown = 1;
	}
	return 0;
}

static int
end(__attribute__((unused)) void **state)
{
	delta_ring_clear(&capture.deltas[DIALECT_LIVE]);
	sight_close(&sight);
	memset(&capture, 0, sizeof(capture));
	memset(&sight, 0, sizeof(sight));
	return 0;
}

static int
follow(uint32_t *numbers)
{
	struct frame *frame;
	size_t message;
	int n = 0;

	while (sight_next(&sight, &capture, NOW, &frame, &message)) {
		assert_int_equal(frame->messages[message].len, LIVE_HEAD_BYTES);
		numbers[message] += frame->number;
		n++;
	}
	return n;
}

TEST_WITH(every_delta_is_sent_once, begin, end)
{
	uint32_t numbers[2] = { 0 };

	assert_int_equal(follow(numbers), 2 * (FRAMES - 1));
	assert_int_equal(numbers[0], 2 + 3 + 4 + 5);
	assert_int_equal(numbers[1], 2 + 3 + 4 + 5);
	assert_true(sight_is_current(&sight, &capture));
	for (int i = 0; i < 2; i++)
		assert_int_equal(sight.bands[i].pending, 0);
	add_delta();
	assert_false(sight_is_current(&sight, &capture));
	assert_int_equal(follow(numbers), 2);
	assert_true(sight_is_current(&sight, &capture));
}

/* Each message of a frame would else cost all of the deltas that are kept: what these are
 * worth is looked at once, so a change to them meanwhile is not noticed. */
TEST_WITH(a_frame_is_surveyed_once, begin, end)
{
	struct frame *frame, *last;
	size_t message;

	assert_true(sight_next(&sight, &capture, NOW, &frame, &message));
	last = delta_ring_find(&capture.deltas[DIALECT_LIVE], FRAMES);
	last->messages[0].len += 1 << 20;
	assert_true(sight_next(&sight, &capture, NOW, &frame, &message));
	assert_int_equal(sight.bands[0].state, SIGHT_SHARP);
	last->messages[0].len -= 1 << 20;
}

/* What is no longer kept cannot be followed. */
TEST_WITH(who_is_far_behind_is_not_sent_deltas, begin, end)
{
	struct frame *frame;
	size_t message;

	for (int i = 0; i < DELTA_RING_MAX; i++)
		add_delta();
	assert_false(sight_next(&sight, &capture, NOW, &frame, &message));
	assert_true(sight.wants_coarse);
	assert_int_equal(sight.bands[0].state, SIGHT_COARSE);
}

UNIT_TESTS(NULL, NULL)
