/* SPDX-License-Identifier: MIT */
/* One viewer: a WebSocket, and what is on its way there. */
#ifndef HTTP_VIEWERS_VIEWER_H
#define HTTP_VIEWERS_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/websocket.h"

struct frame;
struct request;
struct viewers;

/* Which of the two protocols it speaks. */
enum dialect {
	DIALECT_PLACE, /* /ws */
	DIALECT_LIVE,  /* /live */
	DIALECTS,
};

/* The longest command that is understood. */
#define COMMAND_MAX 512

struct viewer {
	struct websocket ws;
	struct viewers *viewers;
	struct viewer *next, **link;
	enum dialect dialect;

	struct frame *frame;  /* on its way; NULL: none */
	size_t message, done; /* of it; bytes of the message that the socket has */
	uint32_t shown;       /* number of the last frame it was sent */
	bool wants_key;       /* it is to be shown the picture */
	uint32_t since;       /* looks begun when it wished that */
	bool has_begun;       /* its first picture is on its way, so text may follow */

	/* what it asked for, of the Place: at first both are true */
	bool wants_deltas, wants_pps;
	bool asked_count, asked_nudity;
	char command[COMMAND_MAX];
	size_t command_len; /* more than COMMAND_MAX: too long */

	size_t waiting;       /* bytes, when last seen */
	uint64_t progress_ms; /* when these were others, or none */
};

/* The route of a WebSocket: answers with an upgrade, or says what is wrong. */
enum MHD_Result viewer_answer(struct request *request, enum dialect dialect);

/* Whether it took all that it was sent. */
bool viewer_is_idle(const struct viewer *viewer);

/* Sends what there is for it, as far as the socket takes it. */
void viewer_push(struct viewer *viewer);

/* Sends a text; who is busy, or was not shown anything yet, misses it.  False: missed. */
bool viewer_send_text(struct viewer *viewer, const char *text, size_t len);

/* It is to be shown the picture as it is from now on. */
void viewer_request_key(struct viewer *viewer);

/* Once a second: lets go of it when it takes nothing for a minute. */
void viewer_check(struct viewer *viewer, uint64_t now_ms);

/* Ends it now. */
void viewer_drop(struct viewer *viewer);

/* ---- place-commands.c: the commands of the Place (doc/protocols.md, 1.4) */

void place_command(struct viewer *viewer, const char *text, size_t len);

/* The answers that it waits for. */
void place_answer(struct viewer *viewer);

#endif
