/* SPDX-License-Identifier: MIT */
/*
 * What an operator of one wall does holds on all: freezes, protections, bans, notices.
 *
 * Such acts stand in a log of their own beside that of the pixels.  A wall asks itself to
 * do what others have done, as if by its control socket, which logs it with the operator
 * and the wall.  Without an engine each wall keeps its own acts, and publishes them
 * later.
 */
#pragma once

#include <mural/plugin.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "link/engine.h"
#include "link/window.h"

#define REINS_MAX 256    /* acts that wait, and that the engine keeps */
#define REIN_BYTES 4096  /* of one's arguments */
#define REIN_WHO_MAX 160 /* who it was */

/* An act, ours to be sent or another's to be done. */
struct rein {
	TAILQ_ENTRY(rein) next;
	char verb[12], who[REIN_WHO_MAX];
	struct mural_rect rect;     /* of the picture; width 0: all of a wall */
	uint64_t for_ms, at_ms;     /* of the engine's clock; 0: not known */
	uint64_t acted_at, sent_at; /* ours: ms of the loop; not sent: 0 */
	bool is_ours;               /* came back: nothing is to be done */
	char args[];                /* the others, a JSON object */
};

TAILQ_HEAD(rein_list, rein);

struct reins {
	struct mural_host *host;
	const struct window *window;
	const char *node;
	bool sends; /* else it follows only */
	struct rein_list ours, theirs;
	unsigned n_ours, n_theirs;
	LIST_HEAD(rein_calls, rein_call) calls;
};

void reins_start(struct reins *reins, struct mural_host *host,
	const struct window *window, const char *node, bool sends);
void reins_stop(struct reins *reins);

/* An operator of this wall did something. */
void reins_acted(struct reins *reins, const struct mural_act *act);

/* Sends what waits.  It is kept until it comes back, or is sent again. */
void reins_send(struct reins *reins, struct engine *engine);
void reins_unsent(struct reins *reins);

/* One from the engine.  False: it makes no sense. */
bool reins_read(struct reins *reins, const struct engine_act *act);

/* Does what was read, but of several about one thing the last only; while own ones are
 * on their way, which may be later ones, nothing. */
void reins_do(struct reins *reins, uint64_t now_ms);
