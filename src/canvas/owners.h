/* SPDX-License-Identifier: MIT */
/*
 * Owners: which source the 16-bit id of a pixel stands for, on a canvas with owners.  One
 * MiB, however many sources are forged.
 *
 * An id is looked up without a lock, through an index that is replaced as a whole, and
 * assigned under one.  It is assigned to another source only after the index has
 * forgotten it, every thread that paints has begun another callback since (rules.h), and
 * one pass over the canvas has given its remaining pixels to the crowd of its instance.
 * So an id never means two sources.
 *
 * Sources that may be forged (pings, datagrams) get an id when they are seen for the
 * second time, and make room by halves, those that painted least first.  Those that are
 * proven, by a connection or a login, never make room for forged ones, nor while they are
 * connected.  A source without an id belongs to the crowd of its instance.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"

enum {
	OWNER_NOBODY,
	OWNER_OPERATOR,
	OWNER_CROWD, /* the first of them; one for each instance */
	OWNER_CROWDS = 64,
	OWNER_FIRST = OWNER_CROWD + OWNER_CROWDS, /* of a source of its own */
	OWNER_IDS = 20480,
};

struct owners;
struct canvas;

/* A source: an address or a name. */
struct owner_key {
	const struct ip_key *address; /* NULL: it has a name */
	const char *name;
	bool proven;
};

/* NULL: out of memory. */
struct owners *owners_new(void);

/* NULL is accepted. */
void owners_free(struct owners *owners);

/* The crowd of an instance, by its name; the main thread.  When there are more than can
 * be told apart, the last ones share one. */
uint16_t owners_crowd(struct owners *owners, const char *instance);

/* The id of a source that paints now, or that of the crowd given.  Any thread that
 * paints, during a callback. */
uint16_t owners_find(struct owners *owners, const struct owner_key *key, uint16_t crowd);

/* The same, but the source keeps that id until owners_release(). */
uint16_t owners_take(struct owners *owners, const struct owner_key *key, uint16_t crowd);

/* Any thread; a crowd's id is accepted. */
void owners_release(struct owners *owners, uint16_t id);

/* ---- making room: the main thread, in this order */

/* Whether a source could not get an id since room was made, or those that were forgotten
 * for it still have theirs. */
bool owners_is_full(const struct owners *owners);

/* Forgets owners to make room, unless the last ones still have their ids, because what
 * follows failed; false: none can be forgotten. */
bool owners_forget(struct owners *owners);

/* Once all threads have seen newer rules: which crowd has the pixels of an id now, or the
 * id itself.  Also on another thread, until owners_reuse(). */
uint16_t owners_heir(const struct owners *owners, uint16_t id);

/* Gives words of a canvas, or copies of some, that are forgotten owners' to these crowds.
 */
void owners_inherit(const struct owners *owners, uint64_t *words, size_t n);

/* When no pixel has a forgotten id any more, nor any copy that is put back. */
void owners_reuse(struct owners *owners);

/* ---- telling: the main thread */

struct owner {
	char source[128];  /* as in reins.h */
	char instance[64]; /* that it was first heard through; "": none */
	bool forgeable;
};

void owners_describe(struct owners *owners, uint16_t id, struct owner *owner);

/* Adds the ids of the sources that `text` names to a set: one source, or a network.
 * Forgotten ones are left out, for their ids may soon be another's.
 * Returns how many; -EINVAL: it is neither. */
int owners_match(struct owners *owners, const char *text, uint64_t ids[65536 / 64]);
