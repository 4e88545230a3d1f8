/* SPDX-License-Identifier: MIT */
/* The card in the middle of a wall on which nobody has painted for a while: the page's
 * code and address in large, and a command for a block. */
#pragma once

#include "hud/render.h"

struct invitation {
	struct sheet sheet;
	struct box place; /* on the screen */
	bool has_film;
	bool is_portrait;    /* all below each other, without a command */
	double tile, column; /* units: of the code, and of what is right of it */
	uint32_t module;     /* 0: there is no code */
	char rows[2][320];   /* of the command, without prompts */
	uint32_t n_rows;     /* 0: there is none, or it does not fit */
	double capital;      /* of the command, pixels */
	struct box film;     /* on the screen; empty: there is none */
};

/* Decides what it shows and where.  False: there is nothing to invite with, or no room.
 */
bool invitation_place(struct invitation *invitation, const struct render *render,
	const struct hud_room *room, const struct hud_picture *picture);

/* Into a bitmap of that size, which has the ground's colour. */
void invitation_draw(struct invitation *invitation, const struct font_bitmap *bitmap);
