/* SPDX-License-Identifier: MIT */
/*
 * The engine: a log with ids in one order, and a snapshot beside it.
 *
 * All that the walls want of it is here: append an entry, read from an id, get a
 * snapshot, and put one, which trims the log.  engine.c does that with Valkey or Redis;
 * another engine is another file.  It connects, and connects again, by itself.  Nothing
 * here waits: what was asked for comes through `events`, on the main loop's thread, and
 * what was on its way when the engine went down does not come at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mural/plugin.h>

/* Ids grow; the engine makes them of milliseconds since 1970 and a number. */
struct entry_id {
	uint64_t ms, seq;
};

/* The room for one as text, "ms-seq", and its final 0. */
#define ENTRY_ID_TEXT 44

static inline int
entry_id_compare(const struct entry_id *a, const struct entry_id *b)
{
	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void entry_id_format(const struct entry_id *id, char text[ENTRY_ID_TEXT]);

/* Bytes of somebody else's; data is NULL where there are none. */
struct blob {
	const void *data;
	size_t len;
};

/* Is it that text? */
static inline bool
blob_is(const struct blob *blob, const char *text)
{
	return blob->data && blob->len == strlen(text) &&
	       memcmp(blob->data, text, blob->len) == 0;
}

/* What stands in the log; which fields it has says what it is. */
struct entry {
	struct entry_id id; /* the engine's */
	struct blob writer; /* w: of pixels, NODE.SEQ */
	struct blob pixels; /* d */
	struct blob mark;   /* m: a wall asks which of its entries arrived */
	struct blob check;  /* x: an id */
	struct blob hash;   /* h: of the picture there, 16 hexadecimal digits */
};

/* A picture, exactly as the log has it at `id`.  A log that begins anew has another
 * `born`. */
struct snapshot {
	struct entry_id id;
	uint32_t width, height;
	struct blob born, region, format, picture;
};

/* What the engine has now. */
struct engine_state {
	struct entry_id tip; /* the last entry; 0-0: none */
	bool has_last;       /* the entry that was asked for */
	struct blob last_writer;
	bool has_snapshot;
	struct blob born;
	uint64_t walls;  /* that are linked, the asking one too */
	uint64_t now_ms; /* the engine's clock; 0: not known yet */
};

/* What an operator of a wall did. */
struct engine_act {
	struct entry_id id; /* the engine's */
	struct blob node;   /* whose wall; engine_act() sets it */
	struct blob verb, args, who;
	struct mural_rect rect; /* of the picture; width 0: all */
	uint64_t for_ms;        /* 0: no end */
};

/* What walls tell each other on a topic. */
struct parcel {
	struct entry_id id; /* the engine's; of one without data, where it begins */
	struct blob data;
	bool is_ours;
};

enum name_outcome { NAME_OURS, NAME_TAKEN, NAME_UNKNOWN };

struct engine;

struct engine_events {
	/* It may be asked; it went down, or could not be reached: why. */
	void (*on_up)(void *arg);
	void (*on_down)(void *arg, const char *why);

	/* It was up, and now has topics and names, too. */
	void (*on_shares)(void *arg);

	void (*on_state)(void *arg, const struct engine_state *state);

	/* An append is in the log, or was refused: why. */
	void (*on_appended)(void *arg, const char *refused);

	/* Entries after the id that was asked for; none: that was the last. */
	void (*on_entry)(void *arg, const struct entry *entry);
	void (*on_read)(void *arg, size_t n);

	/* Acts, in their order, from the oldest that there is on; before on_read.  all:
	 * there may be no more behind it now. */
	void (*on_act)(void *arg, const struct engine_act *act);
	void (*on_acts)(void *arg, bool all);

	/* An act is not in the log: why. */
	void (*on_act_refused)(void *arg, const char *why);

	void (*on_snapshot)(void *arg, const struct snapshot *snapshot); /* NULL: none */
	void (*on_put)(void *arg, bool done);
	void (*on_lease)(void *arg, bool granted);

	/* What is told on a topic; at first a parcel without data. */
	void (*on_parcel)(void *arg, const char *topic, const struct parcel *parcel);

	/* What was told is not there: why. */
	void (*on_tell_refused)(void *arg, const char *why);

	/* Whether a name was taken, or for how long somebody has it yet. */
	void (*on_name)(
		void *arg, void *lease, enum name_outcome outcome, uint64_t left_ms);
};

struct engine_config {
	const char *address;  /* with `sentinel`: one or more, separated by spaces */
	const char *sentinel; /* the name by which they know the engine; empty: none */
	const char *user, *password;
	const char *tls_ca; /* file of the authority to trust for TLS; NULL: no TLS */
	const char *wall, *region; /* whose log */
	const char *node;          /* who asks, among all walls */
	bool shares;               /* topics and names, by a connection more */
};

/* All strings must outlive it.  NULL: it says why in the log. */
struct engine *engine_start(struct mural_host *host, const struct engine_config *config,
	const struct engine_events *events, void *arg);

/* Calls stopped(arg) when nothing of it is left on the loop; it is freed then. */
void engine_stop(struct engine *engine, void (*stopped)(void *arg));

/* Goes down and connects anew. */
void engine_restart(struct engine *engine, const char *why);

/* Asks for the state, and whether the log still has the entry `last`. */
void engine_look(struct engine *engine, const struct entry_id *last);

void engine_append(struct engine *engine, const struct entry *entry);

/* Tells the other walls. */
void engine_act(struct engine *engine, const struct engine_act *act);

/* The engine has begun anew: acts are read from the oldest on again, as its clock may
 * have gone back. */
void engine_forget_acts(struct engine *engine);

/* Reads what comes after an id, and acts; waits for something to come, or not. */
void engine_read(struct engine *engine, const struct entry_id *after, bool wait);

void engine_get_snapshot(struct engine *engine);

/* Stores a snapshot and appends an entry to check it by, unless a newer one or one of
 * another birth is there; then trims the log to what follows the previous snapshot. */
void engine_put_snapshot(
	struct engine *engine, const struct snapshot *snapshot, uint64_t hash);

/* Asks to be the one wall that makes the snapshot that is due. */
void engine_lease(struct engine *engine);

/* With topics and names from now on, or without. */
void engine_share(struct engine *engine, bool shares);

/* Topics and names, of at most 160 bytes; what follows is gone when the engine is.  0 or
 * -errno. */

/* Reads what is told on a topic after an id; ms of UINT64_MAX: from now on. */
int engine_follow(struct engine *engine, const char *name, const struct entry_id *after);
void engine_unfollow(struct engine *engine, const char *name);

/* For how long the engine has owed its answer to a read of topics, which takes a second
 * at most; 0: it owes none. */
uint64_t engine_topics_wait_ms(const struct engine *engine);

/* The last `keep` are kept. */
int engine_tell(
	struct engine *engine, const char *name, const struct blob *data, uint64_t keep);

/* Takes a name unless somebody has it; on_name comes once, also if the engine is lost. */
int engine_take_name(
	struct engine *engine, const char *name, uint64_t for_ms, void *lease);
