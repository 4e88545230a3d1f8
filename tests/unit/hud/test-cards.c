/* SPDX-License-Identifier: MIT */
/* What lies on the picture, and when it changes.  test_hud_cards.py sees it drawn. */
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "hud/hud.h"
#include "support/unit.h"

static const struct hud_room room = { .width = 1920, .height = 1080, .strip = true };

/* A canvas of 960x450, doubled. */
static const struct hud_picture picture = {
	.seen = { 0, 0, 1920, 900 },
	.canvas = { 0, 0, 960, 450 },
	.width = 1920,
	.height = 900,
};

static void
place_is(const struct hud_card *card, struct box wanted)
{
	assert_memory_equal(&card->place, &wanted, sizeof(wanted));
}

TEST(they_are_drawn_when_they_change)
{
	struct hud_text text = { .rate = 7 };
	struct hud *hud = hud_new();
	struct hud_cards cards = { 0 };

	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 0);
	text.rate = 8;
	hud_set_text(hud, &text);
	assert_false(hud_draw_cards(hud, &room, &picture, &cards));

	text.paused = true;
	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 1);
	strcpy(text.notice, "the doors close at 23:00");
	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 2);
	assert_false(hud_draw_cards(hud, &room, &picture, &cards));

	text.paused = false;
	*text.notice = '\0';
	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 0);
	hud_cards_finish(&cards);
	hud_free(hud);
}

/* In the middle of the picture, within its edges, on any screen. */
TEST(the_invitation_is_in_the_middle)
{
	static const struct {
		uint32_t width, height;
	} sizes[] = { { 320, 240 }, { 640, 480 }, { 1024, 768 }, { 1080, 1920 },
		{ 1920, 1080 }, { 3840, 2160 } };
	struct hud_text text = { .invites = true, .url = "http://192.0.2.10:8080/" };
	struct hud *hud = hud_new();

	strcpy(text.block, "for y in {500..539}; do seq -f \"PX %g $y ff8000\" 900 1019; "
			   "done | nc -w1 192.0.2.10 1234");
	hud_set_text(hud, &text);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct hud_room any = {
			.width = sizes[i].width, .height = sizes[i].height, .strip = true
		};
		struct hud_picture all = { .canvas = { 0 } };
		struct hud_cards cards = { 0 };
		struct box strip, place;

		hud_place(&any, 0, 0, &strip, &all.seen);
		assert_true(hud_draw_cards(hud, &any, &all, &cards));
		assert_int_equal(cards.n, 1);
		place = cards.cards[0].place;
		assert_true(place.left < place.right && place.top < place.bottom);
		assert_in_range(place.left + place.right, any.width - 1, any.width);
		assert_in_range(
			place.top + place.bottom, all.seen.bottom - 1, all.seen.bottom);
		hud_cards_finish(&cards);
	}
	hud_free(hud);
}

/* On the card, with the canvas's shape, and not below a notice. */
TEST(the_film_has_a_window_on_the_invitation)
{
	static const struct {
		uint32_t width, height;
		const char *url;
	} sizes[] = { { 640, 480, "http://192.0.2.10/" },
		{ 1024, 768, "http://192.0.2.10:8080/" },
		{ 1080, 1920, "http://192.0.2.10/" },
		{ 1920, 1080, "http://192.0.2.10/" }, { 1920, 1080, "" },
		{ 3840, 2160, "http://192.0.2.10/" } };
	static const uint32_t film[] = { 0xff112233, 0xff445566 };
	struct hud_text text = { .invites = true, .film_width = 336, .film_height = 150 };
	struct hud *hud = hud_new();

	strcpy(text.block, "ping 192.0.2.10");
	strcpy(text.film_since, "18:02");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct hud_room any = {
			.width = sizes[i].width, .height = sizes[i].height, .strip = true
		};
		struct hud_picture all = { .canvas = { 0 } };
		struct hud_cards cards = { 0 };
		const struct box *place = &cards.film.place, *card;
		struct box strip;
		double width, height;

		strcpy(text.url, sizes[i].url);
		*text.notice = '\0';
		hud_set_text(hud, &text);
		hud_set_film(hud, film, 2, 1);
		hud_place(&any, 0, 0, &strip, &all.seen);
		assert_true(hud_draw_cards(hud, &any, &all, &cards));
		assert_int_equal(cards.n, 1);
		card = &cards.cards[0].place;
		assert_true(place->left > card->left && place->right < card->right &&
			    place->top > card->top && place->bottom < card->bottom);
		width = place->right - place->left;
		height = place->bottom - place->top;
		assert_in_range((int)(1000 * width / height), 2100, 2400);
		assert_in_range((int)(100 * height / any.height), 5, 20);
		assert_true(hud_draw_film(hud, &cards));
		assert_int_equal(cards.film.pixels[0], film[0]);
		assert_false(hud_draw_film(hud, &cards));

		strcpy(text.notice,
			"a a a a a a a a a a a a a a a a a a a a a a a a a a a a");
		any.height = any.height / 2; /* where there is little room above */
		hud_place(&any, 0, 0, &strip, &all.seen);
		hud_set_text(hud, &text);
		assert_true(hud_draw_cards(hud, &any, &all, &cards));
		if (cards.film.pixels)
			assert_true(cards.film.place.top >=
				    cards.cards[cards.n - 1].place.bottom);
		hud_cards_finish(&cards);
	}
	hud_free(hud);
}

/* Nor where there is nothing to invite to. */
TEST(nobody_is_invited_to_a_paused_wall)
{
	struct hud_text text = { .invites = true };
	struct hud *hud = hud_new();
	struct hud_cards cards = { 0 };

	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 0);
	strcpy(text.url, "http://192.0.2.10:8080/");
	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 1);
	text.paused = true;
	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 1); /* "Paused" */
	assert_int_equal(cards.cards[0].place.top, 27);
	hud_cards_finish(&cards);
	hud_free(hud);
}

TEST(without_a_picture_there_is_the_notice_alone)
{
	struct hud_text text = { .paused = true, .notice = "the doors close at 23:00" };
	const struct hud_room bare = { .width = 1920, .height = 1080, .safe = 5 };
	struct hud *hud = hud_new();
	struct hud_cards cards = { 0 };
	struct box place;

	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &bare, NULL, &cards));
	assert_int_equal(cards.n, 1);
	place = cards.cards[0].place;
	assert_int_equal(place.top, 54 + 27);
	assert_in_range(place.left + place.right, 1919, 1921);
	hud_cards_finish(&cards);
	hud_free(hud);
}

static bool
overlap(const struct box *a, const struct box *b)
{
	return a->left < b->right && b->left < a->right && a->top < b->bottom &&
	       b->top < a->bottom;
}

TEST(a_notice_is_above_and_hides_no_half_of_a_word)
{
	struct hud_text text = { .paused = true,
		.notice = "Food is served in hall 2. The wall goes on at 20:30 sharp." };
	struct hud *hud = hud_new();
	struct hud_cards cards = { 0 };

	hud_set_text(hud, &text);
	hud_draw_cards(hud, &room, &picture, &cards);
	assert_int_equal(cards.n, 2);
	assert_true(cards.cards[0].place.top > cards.cards[1].place.bottom);

	text.paused = false;
	text.n_frozen = 1;
	text.frozen[0] = (struct box){ 10, 10, 950, 440 };
	hud_set_text(hud, &text);
	hud_draw_cards(hud, &room, &picture, &cards);
	assert_int_equal(cards.n, 6);
	assert_int_equal(cards.cards[5].place.top, 27);
	assert_false(overlap(&cards.cards[4].place, &cards.cards[5].place));
	hud_cards_finish(&cards);
	hud_free(hud);
}

TEST(an_outline_is_where_people_see_the_part)
{
	struct hud_text text = {
		.n_frozen = 1,
		.frozen = { { 100, 50, 400, 250 } },
	};
	struct hud *hud = hud_new();
	struct hud_cards cards = { 0 };
	struct hud_picture part = picture;

	hud_set_text(hud, &text);
	assert_true(hud_draw_cards(hud, &room, &picture, &cards));
	assert_int_equal(cards.n, 5);
	place_is(&cards.cards[0], (struct box){ 200, 100, 800, 108 });
	place_is(&cards.cards[1], (struct box){ 200, 492, 800, 500 });
	place_is(&cards.cards[2], (struct box){ 200, 108, 208, 492 });
	place_is(&cards.cards[3], (struct box){ 792, 108, 800, 492 });
	assert_true(cards.cards[4].place.left > 208 && cards.cards[4].place.top > 108);
	assert_true(
		cards.cards[4].place.right < 792 && cards.cards[4].place.bottom < 492);
	hud_cards_finish(&cards);

	/* cut to a view, and to what is seen of one that is larger than the screen */
	part.canvas = (struct box){ 200, 0, 680, 225 };
	part.left = -100;
	assert_true(hud_draw_cards(hud, &room, &part, &cards));
	place_is(&cards.cards[0], (struct box){ 0, 200, 700, 208 });
	hud_cards_finish(&cards);

	/* elsewhere */
	part.canvas = (struct box){ 500, 300, 600, 400 };
	assert_true(hud_draw_cards(hud, &room, &part, &cards));
	assert_int_equal(cards.n, 0);
	hud_cards_finish(&cards);
	hud_free(hud);
}

/* Whatever is said on whatever screen: on the screen, and nothing beside its pixels. */
TEST(they_stay_on_the_screen)
{
	struct hud_text text = { .n_frozen = HUD_FROZEN_MAX };
	struct hud *hud = hud_new();

	memset(text.notice, 'M', sizeof(text.notice) - 1);
	for (uint32_t i = 0; i < HUD_FROZEN_MAX; i++)
		text.frozen[i] = (struct box){ i, i, (1U << i) + i, (2U << i) + i };
	for (uint32_t i = 0; i < 40; i++) {
		const uint32_t width = 1 + i * 37, height = 1 + (39 - i) * 23;
		const struct hud_room small = { .width = width, .height = height };
		const struct hud_picture all = { .seen = { 0, 0, width, height },
			.canvas = { 0, 0, 256, 256 },
			.width = width,
			.height = height };
		struct hud_cards cards = { 0 };

		text.notice[i * 6] = ' ';
		text.paused = i % 4 == 3;
		hud_set_text(hud, &text);
		assert_true(hud_draw_cards(hud, &small, &all, &cards));
		for (uint32_t k = 0; k < cards.n; k++) {
			const struct box *place = &cards.cards[k].place;

			assert_true(place->left < place->right && place->right <= width);
			assert_true(
				place->top < place->bottom && place->bottom <= height);
		}
		hud_cards_finish(&cards);
	}
	hud_free(hud);
}

UNIT_TESTS(NULL, NULL)
