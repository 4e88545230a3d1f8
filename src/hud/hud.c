/* SPDX-License-Identifier: MIT */
/* Keeps the HUD's text, and computes its place on a screen. */
#include "hud/hud.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/util.h"
#include "hud/render.h"

/* Smaller screens have no HUD. */
enum { LEAST_WIDTH = 320, LEAST_HEIGHT = 200 };

struct hud {
	int fd;
	pthread_mutex_t lock;
	uint64_t version; /* lock */
	struct hud_text text;
	struct hud_qr qr; /* of text.url */
};

struct hud *
hud_new(void)
{
	struct hud *hud = calloc(1, sizeof(*hud));

	if (!hud)
		return NULL;
	hud->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hud->fd < 0) {
		free(hud);
		return NULL;
	}
	hud->version = 1;
	pthread_mutex_init(&hud->lock, NULL);
	return hud;
}

void
hud_free(struct hud *hud)
{
	if (!hud)
		return;
	close(hud->fd);
	pthread_mutex_destroy(&hud->lock);
	free(hud);
}

static bool
text_same(const struct hud_text *a, const struct hud_text *b)
{
	if (strcmp(a->url, b->url) != 0 || strcmp(a->notice, b->notice) != 0 ||
		a->n_lines != b->n_lines)
		return false;
	for (uint32_t i = 0; i < a->n_lines; i++)
		if (strcmp(a->lines[i].name, b->lines[i].name) != 0 ||
			strcmp(a->lines[i].hint, b->lines[i].hint) != 0 ||
			strcmp(a->lines[i].state, b->lines[i].state) != 0 ||
			a->lines[i].pixels != b->lines[i].pixels)
			return false;
	return true;
}

void
hud_set_text(struct hud *hud, const struct hud_text *text)
{
	const uint64_t one = 1;
	bool is_new;

	pthread_mutex_lock(&hud->lock);
	is_new = !text_same(&hud->text, text);
	if (is_new) {
		if (strcmp(hud->text.url, text->url) != 0)
			hud_qr_make(text->url, &hud->qr);
		hud->text = *text;
		hud->version++;
	}
	pthread_mutex_unlock(&hud->lock);
	if (is_new) /* a full eventfd is readable already */
		(void)!write(hud->fd, &one, sizeof(one));
}

bool
hud_copy_notice(struct hud *hud, char notice[HUD_NOTICE_MAX])
{
	pthread_mutex_lock(&hud->lock);
	memcpy(notice, hud->text.notice, HUD_NOTICE_MAX);
	pthread_mutex_unlock(&hud->lock);
	return *notice != '\0';
}

int
hud_fd(const struct hud *hud)
{
	return hud->fd;
}

uint64_t
hud_draw(struct hud *hud, uint32_t *pixels, uint32_t width, uint32_t height)
{
	struct hud_text text;
	struct hud_qr qr;
	uint64_t version;

	pthread_mutex_lock(&hud->lock);
	text = hud->text;
	qr = hud->qr;
	version = hud->version;
	pthread_mutex_unlock(&hud->lock);
	hud_render(&text, &qr, pixels, width, height);
	return version;
}

/* Rounded up, so that the HUD does not cost the picture even a fraction of a pixel. */
static uint64_t
side_of_fit(uint32_t other, uint32_t numerator, uint32_t denominator)
{
	return ((uint64_t)other * numerator + denominator - 1) / denominator;
}

/* A strip takes 7/30 of the height: six rows of text at twice the font's size with 720
 * pixels, at three times with 1080.  A letterbox of 1/6 is enough, because anything
 * larger would shrink the picture. */
void
hud_place(uint32_t width, uint32_t height, uint32_t canvas_width, uint32_t canvas_height,
	struct box *strip, struct box *picture)
{
	uint64_t picture_height = (uint64_t)height - height * 7 / 30;
	uint64_t picture_width = width;
	uint64_t least_column =
		MIN(width, height) * 4 / 9; /* 19 characters of that size */

	*strip = (struct box){ 0 };
	*picture = (struct box){ 0, 0, width, height };
	if (width < LEAST_WIDTH || height < LEAST_HEIGHT)
		return;
	if (canvas_width > 0) {
		uint64_t fit_width = side_of_fit(height, canvas_width, canvas_height);
		uint64_t fit_height = side_of_fit(width, canvas_height, canvas_width);

		fit_width = MIN(width, fit_width);
		fit_height = MIN(height, fit_height);

		if (height - fit_height >= height / 6) {
			picture_height = MAX(fit_height, height / 2);
		} else if (width - fit_width >= least_column) {
			picture_width = MAX(fit_width, width / 2);
			picture_height = height;
		}
	}
	picture->right = (uint32_t)picture_width;
	picture->bottom = (uint32_t)picture_height;
	if (picture_width < width)
		*strip = (struct box){ picture->right, 0, width, height };
	else
		*strip = (struct box){ 0, picture->bottom, width, height };
}
