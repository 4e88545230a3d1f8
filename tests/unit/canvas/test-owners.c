/* SPDX-License-Identifier: MIT */
/* Ids of sources: what they are called, and that forged ones displace nobody. */
#include "canvas/owners.h"

#include <errno.h>
#include <string.h>

#include "unit/canvas/owned-canvas.h"

TEST_WITH(sources_have_names, set_up, tear_down)
{
	struct fixture *f = *state;
	struct owners *owners = f->canvas.owners;
	const struct ip_key address = { .v4 = true, .low = 0xc0000207 };
	const struct owner_key forgeable = { .address = &address };
	const struct owner_key proven = { .address = &address, .proven = true };
	uint64_t ids[65536 / 64] = { 0 };
	struct owner who;
	uint16_t id;

	owners_describe(owners, f->ids[ANNA], &who);
	assert_string_equal(who.source, "p2:anna");
	assert_string_equal(who.instance, "p2");
	assert_false(who.forgeable);
	assert_int_equal(owners_find(owners, &forgeable, CROWD), CROWD);
	id = owners_find(owners, &forgeable, CROWD);
	assert_true(id >= OWNER_FIRST);
	owners_describe(owners, id, &who);
	assert_string_equal(who.source, "192.0.2.7");
	assert_true(who.forgeable);
	assert_int_not_equal(owners_find(owners, &proven, CROWD), id);
	assert_int_equal(owners_match(owners, "192.0.2.0/24", ids), 2);
	assert_int_equal(owners_match(owners, "192.0.2.7", ids), 2);
	assert_int_equal(owners_match(owners, "p2:ben", ids), 1);
	assert_int_equal(owners_match(owners, "p2:crowd", ids), 1);
	assert_int_equal(owners_match(owners, "p2:nobody", ids), 0);
	assert_int_equal(owners_match(owners, "nonsense", ids), -EINVAL);
	assert_true(ids[id / 64] >> id % 64 & 1);
	owners_describe(owners, OWNER_OPERATOR, &who);
	assert_string_equal(who.source, "operator");
}

/* As the reins do it, with nobody else painting. */
static void
make_room(struct fixture *f)
{
	if (!owners_is_full(f->canvas.owners) || !owners_forget(f->canvas.owners))
		return;
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint64_t word = pixel_load(&f->canvas, x, y);
			uint16_t id = word_id(word);
			uint16_t heir = owners_heir(f->canvas.owners, id);

			pixel_swap(
				&f->canvas, x, y, &word, word ^ owner_word(id ^ heir, 0));
		}
	owners_reuse(f->canvas.owners);
}

/* Each forged source is heard twice; a colour says who painted it. */
TEST_WITH(forgers_displace_nobody, set_up, tear_down)
{
	struct fixture *f = *state;
	struct owners *owners = f->canvas.owners;
	const uint64_t forged = getenv("MURALD_LONG") ? 10000000 : 200000;
	const struct ip_key honest = { .v4 = true, .low = 7 };
	const struct owner_key pinger = { .address = &honest };
	uint64_t wrong = 0, named = 0;

	owners_crowd(owners, "icmp");
	for (uint64_t i = 0; i < forged * 2; i++) {
		const struct ip_key address = { .low = 1000 + i / 2, .high = 1 };
		const struct owner_key key = { .address = &address };
		struct canvas_painter as = { .id = owners_find(owners, &key, CROWD + 1) };

		canvas_brush_paint_as(&f->brush, &as);
		mural_put(&f->brush, i * 7 % (WIDTH - 1), i / 7 % HEIGHT,
			0xff000000 | (uint32_t)(1000 + i / 2));
		if (i % 16 == 0) {
			as.id = owners_find(owners, &pinger, CROWD + 1);
			canvas_brush_paint_as(&f->brush, &as);
			mural_put(&f->brush, WIDTH - 1, i / 16 % HEIGHT, 0xff000007);
		}
		if (i % 4096 == 0)
			make_room(f);
	}
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint16_t id = owner(f, x, y);
			struct owner who;

			owners_describe(owners, id, &who);
			if (x == WIDTH - 1)
				assert_string_equal(who.source, "0.0.0.7");
			if (x == WIDTH - 1 || id < OWNER_FIRST)
				continue;
			named++;
			wrong += !strrchr(who.source, ':') ||
				 strtoul(strrchr(who.source, ':') + 1, NULL, 16) !=
					 (colour(f, x, y) & 0xffff);
		}
	assert_int_equal(wrong, 0);
	assert_true(named > 100);
	owners_describe(owners, f->ids[ANNA], &(struct owner){ 0 });
	assert_int_equal(name_id(f, "anna"), f->ids[ANNA]);
}

UNIT_TESTS(NULL, NULL)
