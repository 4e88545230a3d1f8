/* SPDX-License-Identifier: MIT */
/*
 * What walls that show one picture share beside it, with server.limits = shared; part of
 * <mural/plugin.h>.
 *
 * One service, the carrier, has an engine in common with the other walls.  By it an
 * instance tells those of the same name on all walls what they should know, in one order,
 * and takes names that only one of them may have at a time.  While there is no carrier,
 * or it has no engine, each wall goes on by itself.
 *
 * What comes from the engine is somebody else's: who can write there may have forged it.
 *
 * Services, on the main loop's thread.
 */
#ifndef MURAL_SHARE_H
#define MURAL_SHARE_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was told, and its place in the order in which all walls hear it.  Places grow:
 * first ms, which is the engine's clock, then seq. */
struct mural_parcel {
	uint32_t size, reserved; /* set by murald or the carrier */
	uint64_t ms, seq;
	const void *data; /* NULL: what comes from here on is heard now */
	size_t len;
	bool is_ours; /* this wall has told it */
};

/* The most that is told at once, in bytes. */
#define MURAL_PARCEL_MAX 65536

/* Calls `heard` for what is told on a topic, a word of the plugin's, behind that place:
 * 0, 0 is the first that is kept, UINT64_MAX, 0 only what comes from now on.  Each time
 * that the carrier has its engine again there is a parcel without data first, with the
 * place where it goes on; 0, 0 although it was further: the engine has begun anew, and
 * what others should know is to be told again.  NULL: no more.  Ends with
 * mural_stopped().  0; -ENOENT: nothing is shared; -ENOMEM. */
MURAL_EXPORT int mural_follow(struct mural_host *host, const char *topic, uint64_t ms,
	uint64_t seq,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel));

/* Tells all walls, this one too; the last `keep` or some more are kept for who follows
 * later.  0: it is on its way, and has arrived when it comes back; -ENOTCONN: not now;
 * -EMSGSIZE; -ENOMEM. */
MURAL_EXPORT int mural_tell(struct mural_host *host, const char *topic, const void *data,
	size_t len, uint64_t keep);

enum mural_lease_outcome {
	MURAL_LEASE_OURS,    /* this wall has the name */
	MURAL_LEASE_TAKEN,   /* somebody has it, for some ms more */
	MURAL_LEASE_UNKNOWN, /* the engine does not say: go on by yourself */
};

/* Takes a name for so many ms, unless somebody has it; calls `done` once, within two
 * seconds, never from within.  NULL: nobody can say now; go on by yourself. */
struct mural_lease;
MURAL_EXPORT struct mural_lease *mural_lease_name(struct mural_host *host,
	const char *name, uint64_t for_ms,
	void (*done)(void *arg, enum mural_lease_outcome outcome, uint64_t left_ms),
	void *arg);

/* Before `done`, and before stop() returns: it is not called any more. */
MURAL_EXPORT void mural_lease_abandon(struct mural_lease *lease);

/* ---- for the carrier */

/* What it can do.  Topics and names are those of all instances, of at most 160 bytes. */
struct mural_carrier {
	uint32_t size, reserved;

	/* As mural_tell(). */
	int (*tell)(struct mural_host *host, const char *topic, const void *data,
		size_t len, uint64_t keep);

	/* Passes on what is told behind that place with mural_heard(), at first a parcel
	 * without data, until it is called with NULL there or the engine is lost.  0 or
	 * -errno. */
	int (*follow)(
		struct mural_host *host, const char *topic, uint64_t ms, uint64_t seq);
	void (*unfollow)(struct mural_host *host, const char *topic);

	/* Takes a name, and then calls mural_leased() once, also if the engine is lost.
	 * 0; -errno: it is not called. */
	int (*lease)(struct mural_host *host, const char *name, uint64_t for_ms,
		struct mural_lease *lease);

	/* This instance is the carrier from now on, or is not any more.  Also from within
	 * mural_carry() of any instance. */
	void (*chosen)(struct mural_host *host, bool is_chosen);
};

/* It can carry; with NULL it cannot any more.  Of those that can, the first in the config
 * is the carrier, as on all walls that have the same sections; if it ends the next one
 * is.  0; -ENOENT: nothing is shared. */
MURAL_EXPORT int mural_carry(
	struct mural_host *host, const struct mural_carrier *carrier);

/* The carrier's engine is there, or lost.  When it is there topics are followed anew. */
MURAL_EXPORT void mural_carries(struct mural_host *host, bool has_engine);

MURAL_EXPORT void mural_heard(
	struct mural_host *host, const char *topic, const struct mural_parcel *parcel);
MURAL_EXPORT void mural_leased(
	struct mural_lease *lease, enum mural_lease_outcome outcome, uint64_t left_ms);

#ifdef __cplusplus
}
#endif
#endif
