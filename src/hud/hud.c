/* SPDX-License-Identifier: MIT */
/* Keeps what the HUD says and how it looks, and draws it for those who ask. */
#include "hud/hud.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "hud/cards.h"
#include "hud/render.h"
#include "hud/wifi.h"
#include "hud/words.h"

struct hud {
	int fd;
	pthread_mutex_t lock;
	uint64_t version;       /* lock, like all until `qr` */
	uint64_t cards_version; /* the last that changed what lies on the picture */
	struct hud_text said;
	struct hud_qr qr; /* of said.url */
	struct logo film; /* its present picture */
	uint64_t film_version;
	uint32_t n_ripples;
	struct hud_ripple ripples[HUD_RIPPLES_MAX];

	/* Held while something is drawn, so never by setters of text and figures. */
	pthread_mutex_t drawing;
	struct hud_look look; /* drawing; its texts are empty but for the next two */
	char *title, *wifi;
	struct hud_qr wifi_qr;
	struct logo logo;
	struct text *text;
};

static const struct hud_look plain = { "", "", "", "", 0xff10141a, 0xffffffff, 0xffffc857,
	0xff9fd3ff, HUD_ENGLISH };

struct hud *
hud_new(void)
{
	struct hud *hud = calloc(1, sizeof(*hud));

	if (!hud)
		return NULL;
	hud->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	hud->text = text_open("");
	if (hud->fd < 0 || !hud->text) {
		if (hud->fd >= 0)
			close(hud->fd);
		text_close(hud->text);
		free(hud);
		return NULL;
	}
	hud->version = hud->cards_version = 1;
	hud->look = plain;
	pthread_mutex_init(&hud->lock, NULL);
	pthread_mutex_init(&hud->drawing, NULL);
	return hud;
}

static void
free_secret(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
hud_free(struct hud *hud)
{
	if (!hud)
		return;
	close(hud->fd);
	pthread_mutex_destroy(&hud->lock);
	pthread_mutex_destroy(&hud->drawing);
	logo_finish(&hud->logo);
	logo_finish(&hud->film);
	text_close(hud->text);
	free(hud->title);
	free_secret(hud->wifi);
	free(hud);
}

static bool
line_same(const struct hud_line *a, const struct hud_line *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->hint, b->hint) == 0 &&
	       a->is_words == b->is_words && strcmp(a->state, b->state) == 0;
}

static bool
lines_same(const struct hud_text *a, const struct hud_text *b)
{
	if (a->n_lines != b->n_lines)
		return false;
	for (uint32_t i = 0; i < a->n_lines; i++)
		if (!line_same(&a->lines[i], &b->lines[i]))
			return false;
	return true;
}

static bool
has_cards(const struct hud_text *said)
{
	return said->paused || said->n_frozen > 0 || *said->notice || said->invites;
}

/* A command is drawn in it where there is no block. */
static bool
invitations_same(const struct hud_text *a, const struct hud_text *b)
{
	return a->invites == b->invites &&
	       (!a->invites ||
		       (strcmp(a->url, b->url) == 0 && a->url_is_new == b->url_is_new &&
			       a->total == b->total && strcmp(a->block, b->block) == 0 &&
			       a->film_width == b->film_width &&
			       a->film_height == b->film_height &&
			       strcmp(a->film_since, b->film_since) == 0 &&
			       lines_same(a, b)));
}

/* What lies on the picture. */
static bool
cards_same(const struct hud_text *a, const struct hud_text *b)
{
	return a->paused == b->paused && a->n_frozen == b->n_frozen &&
	       memcmp(a->frozen, b->frozen, a->n_frozen * sizeof(*a->frozen)) == 0 &&
	       strcmp(a->notice, b->notice) == 0 && invitations_same(a, b);
}

static bool
text_same(const struct hud_text *a, const struct hud_text *b)
{
	if (strcmp(a->url, b->url) != 0 || a->rate != b->rate || a->total != b->total ||
		a->painting != b->painting || a->watching != b->watching ||
		a->quiet != b->quiet || a->url_is_new != b->url_is_new ||
		a->waits_for_network != b->waits_for_network || a->turn != b->turn ||
		!cards_same(a, b))
		return false;
	return lines_same(a, b);
}

static void
make_code(const char *url, struct hud_qr *qr)
{
	char scanned[sizeof(((struct hud_text *)0)->url)];

	words_scanned(url, scanned, sizeof(scanned));
	hud_qr_make(scanned, qr);
}

static void
signal_version(const struct hud *hud)
{
	const uint64_t one = 1;

	(void)!write(hud->fd, &one, sizeof(one)); /* a full eventfd is readable already */
}

void
hud_set_text(struct hud *hud, const struct hud_text *text)
{
	bool is_new;

	pthread_mutex_lock(&hud->lock);
	is_new = !text_same(&hud->said, text);
	if (is_new) {
		if (strcmp(hud->said.url, text->url) != 0)
			make_code(text->url, &hud->qr);
		hud->version++;
		if (!cards_same(&hud->said, text))
			hud->cards_version = hud->version;
		hud->said = *text;
	}
	pthread_mutex_unlock(&hud->lock);
	if (is_new)
		signal_version(hud);
}

/* ------------------------------------------------------------------ the look */

static void
make_wifi_code(const char *wifi, struct hud_qr *qr)
{
	char scanned[256] = "";

	if (*wifi && wifi_scanned(wifi, scanned, sizeof(scanned)) < 0)
		*scanned = '\0';
	hud_qr_make(scanned, qr);
	explicit_bzero(scanned, sizeof(scanned));
}

static void
report_missing(struct text *text, const char *title)
{
	uint32_t missing = text_missing(text, title);

	if (missing == 0)
		return;
	if (!text_is_scalable(text))
		log_warn("hud: display.title has letters for which there is no font: "
			 "apt-get install fonts-dejavu-core; shown without a title");
	else
		log_warn("hud: no font has U+%04X of display.title: apt-get install "
			 "fonts-droid-fallback, name a font in display.font, or show the "
			 "title as a picture, with display.logo",
			(unsigned)missing);
}

void
hud_set_look(struct hud *hud, const struct hud_look *look)
{
	struct text *text = text_open(look->font);
	char *title = strdup(look->title), *wifi = strdup(look->wifi);
	struct logo logo;

	if (!text || !title || !wifi) {
		log_error("hud: out of memory; its looks stay as they were");
		text_close(text);
		free(title);
		free_secret(wifi);
		return;
	}
	if (!text_is_scalable(text))
		log_info("hud: shown in a bitmap font, as there is no other: apt-get "
			 "install fonts-dejavu-core");
	report_missing(text, title);
	if (!text_is_scalable(text) && text_missing(text, title))
		*title = '\0';
	logo_load(&logo, look->logo);

	pthread_mutex_lock(&hud->drawing);
	text_close(hud->text);
	logo_finish(&hud->logo);
	free(hud->title);
	free_secret(hud->wifi);
	hud->text = text;
	hud->logo = logo;
	hud->title = title;
	hud->look = *look;
	hud->look.title = title;
	hud->look.wifi = hud->wifi = wifi;
	make_wifi_code(wifi, &hud->wifi_qr);
	hud->look.logo = hud->look.font = "";
	pthread_mutex_unlock(&hud->drawing);

	pthread_mutex_lock(&hud->lock);
	hud->version++;
	if (has_cards(&hud->said))
		hud->cards_version = hud->version;
	pthread_mutex_unlock(&hud->lock);
	signal_version(hud);
}

int
hud_fd(const struct hud *hud)
{
	return hud->fd;
}

/* ------------------------------------------------------------------ drawing */

bool
hud_is_hidden(struct hud *hud, const struct hud_room *room)
{
	bool quiet;

	pthread_mutex_lock(&hud->lock);
	quiet = hud->said.quiet;
	pthread_mutex_unlock(&hud->lock);
	return room->hides && !quiet;
}

uint64_t
hud_version(struct hud *hud)
{
	uint64_t version;

	pthread_mutex_lock(&hud->lock);
	version = hud->version;
	pthread_mutex_unlock(&hud->lock);
	return version;
}

uint64_t
hud_draw(struct hud *hud, uint32_t *pixels, const struct hud_room *room,
	const struct box *strip)
{
	struct hud_text said;
	struct hud_qr qr;
	uint64_t version;

	pthread_mutex_lock(&hud->drawing);
	pthread_mutex_lock(&hud->lock);
	said = hud->said;
	qr = hud->qr;
	version = hud->version;
	pthread_mutex_unlock(&hud->lock);
	render_strip(&(struct render){ &said, &hud->look, &qr, &hud->wifi_qr, &hud->logo,
			     hud->text },
		pixels, room, strip);
	pthread_mutex_unlock(&hud->drawing);
	return version;
}

bool
hud_draw_cards(struct hud *hud, const struct hud_room *room,
	const struct hud_picture *picture, struct hud_cards *cards)
{
	struct hud_text said;
	struct hud_qr qr;
	uint64_t version;

	pthread_mutex_lock(&hud->lock);
	said = hud->said;
	qr = hud->qr;
	version = hud->cards_version;
	pthread_mutex_unlock(&hud->lock);
	if (cards->version == version)
		return false;
	hud_cards_finish(cards);
	cards->version = version;
	pthread_mutex_lock(&hud->drawing);
	cards_draw(&(struct render){ &said, &hud->look, &qr, &hud->wifi_qr, &hud->logo,
			   hud->text },
		room, picture, cards);
	pthread_mutex_unlock(&hud->drawing);
	return true;
}

/* ------------------------------------------------------------------ the film */

static bool
copy_picture(struct logo *to, const uint32_t *pixels, uint32_t width, uint32_t height)
{
	const size_t size = (size_t)width * height * sizeof(*pixels);

	*to = (struct logo){ .pixels = malloc(MAX(size, 1)) };
	if (!to->pixels)
		return false;
	memcpy(to->pixels, pixels, size);
	to->width = width;
	to->height = height;
	return true;
}

/* Without memory the one before stays. */
void
hud_set_film(struct hud *hud, const uint32_t *pixels, uint32_t width, uint32_t height)
{
	struct logo next, before;

	if (!copy_picture(&next, pixels, width, height))
		return;
	pthread_mutex_lock(&hud->lock);
	before = hud->film;
	hud->film = next;
	hud->film_version++;
	pthread_mutex_unlock(&hud->lock);
	logo_finish(&before);
	signal_version(hud);
}

bool
hud_draw_film(struct hud *hud, struct hud_cards *cards)
{
	const struct box *place = &cards->film.place;
	const uint32_t width = place->right - place->left;
	const uint32_t height = place->bottom - place->top;
	const struct font_bitmap bitmap = { cards->film.pixels, width, width, height };
	struct logo film = { 0 };
	bool is_new;

	if (!cards->film.pixels)
		return false;
	pthread_mutex_lock(&hud->lock);
	is_new = cards->film_version != hud->film_version &&
		 copy_picture(&film, hud->film.pixels, hud->film.width, hud->film.height);
	cards->film_version = hud->film_version;
	pthread_mutex_unlock(&hud->lock);
	if (is_new)
		logo_draw(&film, &bitmap, 0, 0, width, height);
	logo_finish(&film);
	return is_new;
}

/* ------------------------------------------------------------------ ripples */

void
hud_set_ripples(struct hud *hud, const struct hud_ripple *ripples, uint32_t n)
{
	pthread_mutex_lock(&hud->lock);
	hud->n_ripples = MIN(n, HUD_RIPPLES_MAX);
	memcpy(hud->ripples, ripples, hud->n_ripples * sizeof(*ripples));
	pthread_mutex_unlock(&hud->lock);
	signal_version(hud);
}

uint32_t
hud_get_ripples(struct hud *hud, struct hud_ripple ripples[HUD_RIPPLES_MAX])
{
	uint32_t n;

	pthread_mutex_lock(&hud->lock);
	n = hud->n_ripples;
	memcpy(ripples, hud->ripples, n * sizeof(*ripples));
	pthread_mutex_unlock(&hud->lock);
	return n;
}

void
hud_cards_finish(struct hud_cards *cards)
{
	free(cards->film.pixels);
	for (uint32_t i = 0; i < cards->n; i++)
		free(cards->cards[i].pixels);
	*cards = (struct hud_cards){ 0 };
}
