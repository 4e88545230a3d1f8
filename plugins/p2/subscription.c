/* SPDX-License-Identifier: MIT */
/* Keeps a client's area, and which blocks of it the client has missed. */
#include "p2/subscription.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Clips a range of p²'s axis to the shadow's, which starts at `origin`; its length, 0 if
 * nothing is left. */
static uint32_t
clip_range(int32_t least, int32_t most, int32_t origin, uint32_t length, uint32_t *start)
{
	int32_t first = least - origin, last = most - origin;

	if (first < 0)
		first = 0;
	if (last > (int32_t)length - 1)
		last = (int32_t)length - 1;
	if (first > last)
		return 0;
	*start = first;
	return last - first + 1;
}

static size_t
count_blocks(const struct subscription *subscription)
{
	return (size_t)subscription->blocks_x * subscription->blocks_y;
}

int
subscription_set(struct subscription *subscription, const struct shadow *shadow,
	int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
	struct mural_rect area = { 0 };

	subscription_finish(subscription);
	area.width = clip_range(x1, x2, shadow->left_x, shadow->width, &area.x);
	area.height = clip_range(y1, y2, shadow->top_y, shadow->height, &area.y);
	if (x1 > x2 || y1 > y2 || area.width == 0 || area.height == 0)
		return 0;
	subscription->blocks_x = (area.width + BLOCK_WIDTH - 1) / BLOCK_WIDTH;
	subscription->blocks_y = (area.height + BLOCK_HEIGHT - 1) / BLOCK_HEIGHT;
	subscription->words = (count_blocks(subscription) + 63) / 64;
	subscription->missed = calloc(subscription->words, sizeof(*subscription->missed));
	if (!subscription->missed)
		return -ENOMEM;
	subscription->area = area;
	return 0;
}

void
subscription_finish(struct subscription *subscription)
{
	free(subscription->missed);
	*subscription = (struct subscription){ 0 };
}

static void
mark_block_missed(struct subscription *subscription, size_t block)
{
	uint64_t *word = &subscription->missed[block / 64];
	uint64_t bit = UINT64_C(1) << block % 64;

	subscription->n_missed += !(*word & bit);
	*word |= bit;
}

bool
subscription_misses_all(const struct subscription *subscription)
{
	return subscription->n_missed == count_blocks(subscription);
}

void
subscription_mark_missed(struct subscription *subscription, const struct mural_rect *rect)
{
	const struct mural_rect *area = &subscription->area;
	uint32_t left = rect->x > area->x ? rect->x : area->x;
	uint32_t top = rect->y > area->y ? rect->y : area->y;
	uint32_t right = rect->x + rect->width, bottom = rect->y + rect->height;

	if (!rects_intersect(rect, area))
		return;
	if (right > area->x + area->width)
		right = area->x + area->width;
	if (bottom > area->y + area->height)
		bottom = area->y + area->height;
	for (uint32_t y = (top - area->y) / BLOCK_HEIGHT;
		y <= (bottom - 1 - area->y) / BLOCK_HEIGHT; y++)
		for (uint32_t x = (left - area->x) / BLOCK_WIDTH;
			x <= (right - 1 - area->x) / BLOCK_WIDTH; x++)
			mark_block_missed(
				subscription, (size_t)y * subscription->blocks_x + x);
}

void
subscription_mark_all_missed(struct subscription *subscription)
{
	size_t blocks = count_blocks(subscription);

	if (blocks == 0)
		return;
	memset(subscription->missed, 0xff,
		subscription->words * sizeof(*subscription->missed));
	if (blocks % 64)
		subscription->missed[blocks / 64] = (UINT64_C(1) << blocks % 64) - 1;
	subscription->n_missed = blocks;
}

static size_t
encode_block(const struct subscription *subscription, const struct shadow *shadow,
	size_t block, uint8_t *bytes)
{
	const struct mural_rect *area = &subscription->area;
	uint32_t x = block % subscription->blocks_x * BLOCK_WIDTH;
	uint32_t y = block / subscription->blocks_x * BLOCK_HEIGHT;
	uint32_t width = area->width - x, height = area->height - y;

	return shadow_encode_block(shadow, area->x + x, area->y + y,
		width < BLOCK_WIDTH ? width : BLOCK_WIDTH,
		height < BLOCK_HEIGHT ? height : BLOCK_HEIGHT, bytes);
}

size_t
subscription_catch_up(struct subscription *subscription, const struct shadow *shadow,
	uint8_t *bytes, size_t len)
{
	size_t used = 0;

	while (subscription->n_missed > 0) {
		uint64_t *word = &subscription->missed[subscription->next];

		if (*word == 0) {
			subscription->next =
				(subscription->next + 1) % subscription->words;
			continue;
		}
		if (len - used < BLOCK_BYTES)
			break;
		used += encode_block(subscription, shadow,
			subscription->next * 64 + __builtin_ctzll(*word), bytes + used);
		*word &= *word - 1;
		subscription->n_missed--;
	}
	return used;
}
