/* SPDX-License-Identifier: MIT */
/* Draws rings row by row, since screen memory is never read. */
#include "display/ripple.h"

#include <math.h>

#define RIPPLE_NS (HUD_RIPPLE_MS * UINT64_C(1000000))
#define HEIGHT 180.0 /* of a screen, in units */

/* Units: of the ring at its end, what it is wider at the beginning, and the radius' parts
 * that are dark, white and dark again. */
#define LEAST 2.5
#define WIDER 11.5
#define DARK 0.5
#define WHITE 1.0

enum { INK_DARK = 0xff10141a, INK_WHITE = 0xffffffff, ROW_MAX = 256 };

/* One ring on the screen, as people see it. */
struct ring {
	const struct layout *layout;
	uint32_t buffer;
	struct box seen; /* where it may be drawn */
	double x, y, outer, inner, edge;
	uint32_t row[ROW_MAX];
};

bool
ripples_run(const struct hud_ripple *ripples, uint32_t n, uint64_t now_ns)
{
	for (uint32_t i = 0; i < n; i++)
		if (now_ns - MIN(ripples[i].began_ns, now_ns) < RIPPLE_NS)
			return true;
	return false;
}

/* Draws pixels of a row, which lie within `seen`. */
static void
draw_run(struct ring *ring, uint32_t y, uint32_t left, uint32_t right)
{
	const double down = y + 0.5 - ring->y;
	const struct layout *layout = ring->layout;
	const struct box box = { left, y, MIN(right, left + ROW_MAX), y + 1 };

	if (left >= right)
		return;
	for (uint32_t x = box.left; x < box.right; x++) {
		const double across = x + 0.5 - ring->x;
		const double radius = sqrt(across * across + down * down);
		const bool white = radius >= ring->inner + ring->edge &&
				   radius < ring->outer - ring->edge;

		ring->row[x - box.left] = white ? INK_WHITE : INK_DARK;
	}
	(void)scale_paste(&layout->scale, ring->row, &box,
		layout->surface.buffers[ring->buffer].pixels,
		layout->surface.buffers[ring->buffer].pitch);
}

/* Half of a row's chord, from the middle; 0: there is none. */
static double
half_chord(double radius, double down)
{
	return fabs(down) < radius ? sqrt(radius * radius - down * down) : 0;
}

static uint32_t
within(double at, uint32_t low, uint32_t high)
{
	return at <= low ? low : at >= high ? high : (uint32_t)lround(at);
}

static struct box
draw_ring(struct ring *ring)
{
	const struct box *seen = &ring->seen;
	const struct box box = {
		within(ring->x - ring->outer - 1, seen->left, seen->right),
		within(ring->y - ring->outer - 1, seen->top, seen->bottom),
		within(ring->x + ring->outer + 1, seen->left, seen->right),
		within(ring->y + ring->outer + 1, seen->top, seen->bottom),
	};

	if (box.left == box.right || box.top == box.bottom)
		return (struct box){ 0 };
	for (uint32_t y = box.top; y < box.bottom; y++) {
		const double outer = half_chord(ring->outer, y + 0.5 - ring->y);
		const double inner = half_chord(ring->inner, y + 0.5 - ring->y);
		const uint32_t left = within(ring->x - outer, box.left, box.right);
		const uint32_t right = within(ring->x + outer, box.left, box.right);
		const uint32_t from = within(ring->x - inner, left, right);
		const uint32_t to = within(ring->x + inner, left, right);

		draw_run(ring, y, left, from);
		draw_run(ring, y, to, right);
	}
	return scale_memory(&ring->layout->scale, &box);
}

/* False: the canvas pixel is not on this screen. */
static bool
place_ring(struct ring *ring, const struct hud_picture *picture,
	const struct hud_ripple *ripple, uint64_t age_ns)
{
	const struct box *of = &picture->canvas;
	const double unit = ring->layout->room.height / HEIGHT;
	const double left = 1 - (double)age_ns / RIPPLE_NS;
	const double most = ROW_MAX / 2.0 - 1;

	if (ripple->x < of->left || ripple->x >= of->right || ripple->y < of->top ||
		ripple->y >= of->bottom)
		return false;
	ring->seen = picture->seen;
	ring->x = (double)picture->left +
		  (ripple->x - of->left + 0.5) * picture->width / (of->right - of->left);
	ring->y = (double)picture->top +
		  (ripple->y - of->top + 0.5) * picture->height / (of->bottom - of->top);
	ring->outer = MIN((LEAST + WIDER * left * left * left) * unit, most);
	ring->edge = MAX(DARK * unit, 1);
	ring->inner = MAX(ring->outer - 2 * ring->edge - MAX(WHITE * unit, 1), 0);
	return true;
}

struct box
ripples_draw(const struct layout *layout, uint32_t buffer,
	const struct hud_ripple *ripples, uint32_t n, uint64_t now_ns,
	struct ripple_boxes *boxes)
{
	const struct hud_picture picture = layout_picture(layout);
	struct ring ring = { .layout = layout, .buffer = buffer };
	struct box all = { 0 };

	*boxes = (struct ripple_boxes){ 0 };
	for (uint32_t i = 0; i < n && layout->on_picture; i++) {
		const uint64_t age_ns = now_ns - MIN(ripples[i].began_ns, now_ns);
		struct box box = { 0 };

		if (age_ns < RIPPLE_NS &&
			place_ring(&ring, &picture, &ripples[i], age_ns))
			box = draw_ring(&ring);
		if (!box_is_empty(box))
			boxes->boxes[boxes->n++] = box;
		all = box_around(all, box);
	}
	return all;
}
