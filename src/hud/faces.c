/* SPDX-License-Identifier: MIT */
/* Draws text with FreeType, in the order and the forms that FriBidi finds. */
#include "hud/faces.h"

#include <fribidi.h>
#include <ft2build.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include FT_FREETYPE_H
#include FT_ADVANCES_H
#include FT_OUTLINE_H
#include FT_TRUETYPE_TABLES_H

#include "base/log.h"
#include "base/util.h"
#include "lib/utf8.h"

#define DEJAVU "/usr/share/fonts/truetype/dejavu/DejaVuSans"
#define TYPICAL_CAPITAL 0.729 /* of an em, where the font does not say */

enum { FACES_MAX = 16, CHARACTERS_MAX = 256 };

struct faces {
	FT_Library library;
	struct {
		FT_Face face;
		double capital; /* of an em */
	} all[FACES_MAX];
	size_t n;
	size_t order[TEXT_FACES][FACES_MAX]; /* which of all is asked first, next, ... */
	size_t n_order[TEXT_FACES];
};

/* A text as it is seen, from left to right. */
struct visual {
	FriBidiChar characters[CHARACTERS_MAX + 1];
	FriBidiStrIndex n;
};

/* ------------------------------------------------------------------ files */

static double
capital_of(FT_Face face)
{
	const TT_OS2 *os2 = FT_Get_Sfnt_Table(face, FT_SFNT_OS2);

	if (!os2 || os2->version < 2 || os2->sCapHeight <= 0)
		return TYPICAL_CAPITAL;
	return (double)os2->sCapHeight / face->units_per_EM;
}

/* Opens a file, and appends it to the order of those faces whose bits are set. */
static bool
add_face(struct faces *faces, const char *path, unsigned faces_mask)
{
	FT_Face face;

	if (faces->n == FACES_MAX || FT_New_Face(faces->library, path, 0, &face) != 0)
		return false;
	if (!FT_IS_SCALABLE(face) || face->units_per_EM == 0) {
		FT_Done_Face(face);
		return false;
	}
	faces->all[faces->n].face = face;
	faces->all[faces->n].capital = capital_of(face);
	for (size_t i = 0; i < TEXT_FACES; i++)
		if (faces_mask & 1U << i)
			faces->order[i][faces->n_order[i]++] = faces->n;
	faces->n++;
	return true;
}

/* As configured: before the others, but commands stay in a font of fixed width. */
static void
add_configured(struct faces *faces, const char *files)
{
	char path[4096];

	for (const char *at = files + strspn(files, " \t"); *at;
		at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t");

		snprintf(path, sizeof(path), "%.*s", (int)len, at);
		at += len;
		if (!add_face(faces, path, 1U << TEXT_SANS | 1U << TEXT_BOLD))
			log_error("hud: display.font: %s is not a scalable font that can "
				  "be read; left out: name a .ttf or .otf file",
				path);
	}
}

/* What has characters that DejaVu lacks. */
static void
add_fallbacks(struct faces *faces)
{
	static const char *const paths[] = {
		"/usr/share/fonts-droid-fallback/truetype/DroidSansFallbackFull.ttf",
		"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
	};
	const unsigned all = (1U << TEXT_FACES) - 1;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		(void)add_face(faces, paths[i], all);
	for (size_t face = 0; face < TEXT_FACES; face++)
		for (size_t i = 0; i < faces->n; i++) {
			bool asked = false;

			for (size_t k = 0; k < faces->n_order[face]; k++)
				asked = asked || faces->order[face][k] == i;
			if (!asked)
				faces->order[face][faces->n_order[face]++] = i;
		}
}

struct faces *
faces_open(const char *files)
{
	struct faces *faces = calloc(1, sizeof(*faces));

	if (!faces || FT_Init_FreeType(&faces->library) != 0) {
		free(faces);
		return NULL;
	}
	add_configured(faces, files);
	(void)add_face(faces, DEJAVU ".ttf", 1U << TEXT_SANS);
	(void)add_face(faces, DEJAVU "-Bold.ttf", 1U << TEXT_BOLD);
	(void)add_face(faces, DEJAVU "Mono.ttf", 1U << TEXT_MONO);
	add_fallbacks(faces);
	if (faces->n > 0)
		return faces;
	faces_close(faces);
	return NULL;
}

void
faces_close(struct faces *faces)
{
	if (!faces)
		return;
	for (size_t i = 0; i < faces->n; i++)
		FT_Done_Face(faces->all[i].face);
	FT_Done_FreeType(faces->library);
	free(faces);
}

/* ------------------------------------------------------------------ characters */

static FriBidiChar
decode(const char *text, size_t len)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	FriBidiChar c = (unsigned char)text[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

static void
reorder(struct visual *visual)
{
	FriBidiChar logical[CHARACTERS_MAX];
	FriBidiParType direction = FRIBIDI_PAR_ON;

	memcpy(logical, visual->characters, (size_t)visual->n * sizeof(*logical));
	if (!fribidi_log2vis(
		    logical, visual->n, &direction, visual->characters, NULL, NULL, NULL))
		memcpy(visual->characters, logical, (size_t)visual->n * sizeof(*logical));
}

static void
make_visual(struct visual *visual, const char *text)
{
	size_t left = strlen(text), step;
	bool is_ascii = true;

	visual->n = 0;
	for (; left > 0 && visual->n < CHARACTERS_MAX; text += step, left -= step) {
		size_t len = utf8_char_len(text, left);

		step = MAX(len, 1);
		visual->characters[visual->n++] = len > 0 ? decode(text, len) : 0xfffd;
		is_ascii = is_ascii && len == 1;
	}
	if (!is_ascii)
		reorder(visual);
}

/* The first face that has the character, and its glyph there; without one, that of the
 * first face for what is missing. */
static size_t
find_glyph(const struct faces *faces, enum text_face face, FriBidiChar c, FT_UInt *glyph)
{
	*glyph = 0;
	for (size_t i = 0; i < faces->n_order[face]; i++) {
		size_t which = faces->order[face][i];

		*glyph = FT_Get_Char_Index(faces->all[which].face, c);
		if (*glyph != 0)
			return which;
	}
	return faces->order[face][0];
}

/* Signs of direction, and what FriBidi leaves in place of a character that was joined. */
static bool
is_invisible(FriBidiChar c)
{
	return c == FRIBIDI_CHAR_FILL ||
	       FRIBIDI_IS_EXPLICIT_OR_BN(fribidi_get_bidi_type(c));
}

double
faces_measure(struct faces *faces, const char *text, enum text_face face)
{
	struct visual visual;
	double width = 0;

	make_visual(&visual, text);
	for (FriBidiStrIndex i = 0; i < visual.n; i++) {
		FT_Fixed advance;
		FT_UInt glyph;
		size_t which = find_glyph(faces, face, visual.characters[i], &glyph);
		FT_Face ft = faces->all[which].face;

		if (is_invisible(visual.characters[i]) ||
			FT_Get_Advance(ft, glyph, FT_LOAD_NO_SCALE, &advance) != 0)
			continue;
		width += (double)advance / ft->units_per_EM / faces->all[which].capital;
	}
	return width;
}

uint32_t
faces_missing(struct faces *faces, const char *text)
{
	struct visual visual;
	FT_UInt glyph;

	make_visual(&visual, text);
	for (FriBidiStrIndex i = 0; i < visual.n; i++) {
		(void)find_glyph(faces, TEXT_BOLD, visual.characters[i], &glyph);
		if (glyph == 0 && !is_invisible(visual.characters[i]))
			return visual.characters[i];
	}
	return 0;
}

/* ------------------------------------------------------------------ drawing */

/* The colours from ground to ink in 256 steps. */
static void
make_steps(uint32_t ground, uint32_t ink, uint32_t steps[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t colour = 0xff;

		for (int shift = 16; shift >= 0; shift -= 8)
			colour = colour << 8 | ((ground >> shift & 0xff) * (255 - i) +
						       (ink >> shift & 0xff) * i + 127) /
						       255;
		steps[i] = colour;
	}
}

static void
blend(const struct font_bitmap *bitmap, const FT_Bitmap *coverage, int left, int top,
	const uint32_t steps[256])
{
	for (int y = 0; y < (int)coverage->rows; y++) {
		const uint8_t *row = coverage->buffer + y * coverage->pitch;

		if (top + y < 0 || top + y >= (int)bitmap->height)
			continue;
		for (int x = 0; x < (int)coverage->width; x++)
			if (row[x] > 0 && left + x >= 0 && left + x < (int)bitmap->width)
				bitmap->pixels[(size_t)(top + y) * bitmap->stride +
					       (size_t)(left + x)] = steps[row[x]];
	}
}

void
faces_draw(struct faces *faces, const struct font_bitmap *bitmap,
	const struct text_style *style, double x, double base, const char *text)
{
	struct visual visual;
	uint32_t steps[256];

	make_steps(style->ground, style->ink, steps);
	make_visual(&visual, text);
	for (FriBidiStrIndex i = 0; i < visual.n; i++) {
		FT_UInt glyph;
		size_t which =
			find_glyph(faces, style->face, visual.characters[i], &glyph);
		FT_Face face = faces->all[which].face;
		double em = style->capital / faces->all[which].capital, whole = floor(x);

		if (is_invisible(visual.characters[i]) ||
			FT_Set_Char_Size(face, 0, lround(em * 64), 72, 72) != 0 ||
			FT_Load_Glyph(face, glyph,
				FT_LOAD_TARGET_LIGHT | FT_LOAD_NO_BITMAP) != 0)
			continue;
		FT_Outline_Translate(&face->glyph->outline, lround((x - whole) * 64), 0);
		if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) == 0)
			blend(bitmap, &face->glyph->bitmap,
				(int)whole + face->glyph->bitmap_left,
				(int)lround(base) - face->glyph->bitmap_top, steps);
		x += (double)face->glyph->linearHoriAdvance / 65536;
	}
}
