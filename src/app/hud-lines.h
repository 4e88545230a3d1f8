/* SPDX-License-Identifier: MIT */
/*
 * What the HUD says of instances: the address of the web page, of each open one its hint
 * and what it says of its state, and a command for the invitation.
 *
 * The main thread's.
 */
#pragma once

#include "base/host-address.h"
#include "hud/hud.h"
#include "ingest/ingest.h"

struct hud_lines {
	const struct ingest *ingest; /* a reload gives it other plugins */
	enum hud_language language;
	char address4[ADDRESS_TEXT_MAX], address6[ADDRESS_TEXT_MAX]; /* or empty */
	char read_url[sizeof(((struct hud_text *)0)->url)]; /* the last that was shown */
	uint64_t new_until_ns; /* the page's address is marked as new */
};

/* Looks for this machine's addresses. */
void hud_lines_readdress(struct hud_lines *lines);

/* Sets the page's address and the lines; or, where nobody else can reach this machine,
 * what is missing in their place. */
void hud_lines_write(struct hud_lines *lines, struct hud_text *text);

/* Sets the block, from the first instance that has a command for one. */
void hud_lines_write_block(const struct hud_lines *lines, struct hud_text *text);
