/* SPDX-License-Identifier: MIT */
/* One viewer: a WebSocket of /ws or /live, and the frame it is being sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/websocket.h"
#include "http/viewers/capture.h"
#include "http/viewers/sight.h"
#include "http/viewers/yours.h"

struct viewers;

/* The longest command that is understood. */
#define COMMAND_MAX 512

struct viewer {
	struct websocket ws;
	struct viewers *viewers;
	struct viewer *next, **link;
	struct fair_member sending;
	enum dialect dialect;

	struct frame *frame;  /* being sent; NULL: none */
	size_t message, done; /* of it; bytes of the message that were sent */
	uint32_t shown;       /* number of the last frame it was sent */
	bool wants_key;       /* its next frame must be a key */
	uint32_t since;       /* captures begun when it asked for it */
	bool has_begun;       /* its first frame was begun, so text may follow */
	struct sight sight;   /* of /live?bands */

	/* set by commands of /ws; initially true */
	bool wants_deltas, wants_pps;
	bool asked_count, asked_nudity; /* and not answered yet */
	bool late_figures;              /* it was not sent the last ones */
	char yours[YOURS_TEXT_MAX];     /* of /live?bands, not sent yet; "": nothing */
	char command[COMMAND_MAX];
	size_t command_len; /* more than COMMAND_MAX: too long */

	size_t waiting;       /* bytes to be read or seen, at the last check */
	uint64_t progress_ms; /* when these last changed, or were none */
};

/* Answers a route of a WebSocket with an upgrade, or with 426; `bands`: the viewer says
 * what it has seen. */
enum MHD_Result viewer_answer(struct request *request, enum dialect dialect, bool bands);

/* Whether it has read everything that it was sent. */
bool viewer_is_idle(const struct viewer *viewer);

/* Has its answers and frames sent when its turn comes, as far as the socket takes them.
 */
void viewer_push(struct viewer *viewer);

/* viewers.c's: a piece of that. */
void viewer_serve(struct fair_member *sending);

/* Sends a text, unless it is busy or was sent no frame yet; false: not sent. */
bool viewer_send_text(struct viewer *viewer, const char *text, size_t len);

/* Has it sent a key frame that is captured from now on. */
void viewer_request_key(struct viewer *viewer);

/* Once a second: drops it when it has read or seen nothing for a
 * minute. */
void viewer_check(struct viewer *viewer, uint64_t now_ms);

/* Disconnects it now. */
void viewer_drop(struct viewer *viewer);
