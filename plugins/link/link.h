/* SPDX-License-Identifier: MIT */
/*
 * The state of a linked wall, and what its parts want of each other.
 *
 * `shared` is what the log says up to the entry `last`.  A pixel is to be sent if the
 * canvas differs from that and it is not on its way already; so what came from the log is
 * never sent back, and what cannot be sent now is merged with what comes later.  follow.c
 * applies the log, publish.c sends, keeper.c makes snapshots, held.c waits where the
 * operator of this wall lets nobody paint.
 *
 * All of it is on the main loop's thread, but what a job has for itself.
 */
#pragma once

#include <mural/plugin.h>
#include <sys/queue.h>

#include "link/engine.h"
#include "link/picture.h"
#include "link/reins.h"
#include "link/window.h"

struct link_config {
	const char *engine, *sentinel, *wall, *user, *password;
	uint32_t role;
	int64_t rate;
	uint64_t bandwidth, snapshot;
	struct mural_point origin;
	struct mural_dimensions picture;
	bool world, tls, reins;
	const char *tls_ca;
};

enum link_role { ROLE_BOTH, ROLE_VIEW };

enum link_phase {
	PHASE_ALONE,
	PHASE_LOOKING,  /* which entries the engine has */
	PHASE_JOINING,  /* waits for a snapshot */
	PHASE_CATCHING, /* reads the log up to its end */
	PHASE_LINKED,
};

enum link_metric {
	METRIC_CONNECTED,
	METRIC_WALLS,
	METRIC_LAG,
	METRIC_ECHO,
	METRIC_ENTRIES_IN,
	METRIC_ENTRIES_OUT,
	METRIC_BYTES_IN,
	METRIC_BYTES_OUT,
	METRIC_PIXELS_IN,
	METRIC_PIXELS_OUT,
	METRIC_DIRTY,
	METRIC_RESYNCS,
	METRIC_MISMATCHES,
	METRIC_REJECTED,
	METRIC_RESENT,
	METRIC_SNAPSHOTS,
	METRIC_KEEPER,
	METRIC_SHARED,
};

/* An own entry, kept for a while: if the engine loses it, it is sent again. */
struct sent {
	TAILQ_ENTRY(sent) next;
	uint64_t seq, at; /* ms of the loop */
	struct entry_id id;
	bool is_in_log;  /* while joining: it was found again */
	bool has_landed; /* it came back, and so is not in flight */
	uint8_t *payload;
	size_t len;
};

TAILQ_HEAD(sent_list, sent);

/* The batch that is on its way; nothing else is sent until all of it has come back. */
struct flight {
	uint64_t first, n; /* entries; n = 0: none */
	uint64_t seen, refused;
	uint64_t at;
	uint64_t asked_at; /* by a mark behind it, which tells whether it ran; 0: never */
};

/* The hash of the picture at each of the last entries. */
#define HASHES 1024

struct hashes {
	struct {
		struct entry_id id;
		uint64_t hash;
	} ring[HASHES];
	uint64_t n; /* ever, since the last join */
};

/* Who wrote an entry; it may have had a longer name. */
struct writer {
	char name[64];
	size_t len;
};

struct job;

struct link {
	struct mural_host *host;
	const struct link_config *config;
	struct engine *engine;
	struct mural_reader *reader;
	struct mural_timer *tick, *second;
	enum link_phase phase;
	char node[20], born[40], region[REGION_NAME_MAX];
	struct window window;

	/* follow.c */
	struct picture shared;
	uint32_t *before; /* while joining: what `shared` was; the canvas follows it */
	struct entry_id last, stuck;
	struct entry_id from; /* the snapshot that it joined from; */
	bool is_doubted;      /* a check behind it failed while joining */
	struct writer last_writer;
	uint64_t since_join; /* entries */
	struct writer asked; /* of the entry that a look was about */
	bool has_asked;      /* and it was read since the join */
	bool is_stale;       /* the wall has joined since */
	bool has_joined, is_wrong, was_wrong;
	unsigned patience; /* looks to wait for somebody's snapshot */
	struct hashes hashes;
	struct frame frame;

	/* publish.c */
	uint64_t *pending;   /* tiles of the region to be compared */
	uint32_t turn;       /* which is next */
	uint32_t *in_flight; /* pixels: for each tile its rows, as in tile_pixels */
	struct flight flight;
	struct sent_list sent;
	size_t sent_bytes;
	uint64_t seq, next_send;
	uint64_t vain_rest; /* ms, after comparing that found little */
	uint64_t acks_due;  /* of entries with pixels, by this connection */
	bool was_refused;
	struct job *job; /* that compares */
	bool is_comparing;

	/* held.c */
	uint32_t *held; /* what the canvas has instead, where it may not follow; or 0 */
	uint64_t *held_tiles; /* where that may be */
	uint64_t n_held;

	/* keeper.c */
	uint64_t kept_at, kept_bytes, kept_entries, keep_next;
	bool is_keeping;

	struct reins reins;
	bool shares; /* also limits: it is this wall's carrier */
	bool was_tell_refused;
	unsigned refused_s; /* for how long */
	uint64_t tell_said_at;
	bool has_all_acts; /* that the engine had when it was asked */

	/* state.c */
	struct engine_state state;
	uint64_t looked_at;
	bool is_looking, was_told;
	char text[MURAL_STATE_MAX];
	int64_t alone_since;
	uint64_t wrong_said_at, refused_said_at;

	unsigned jobs; /* in the thread pool */
	bool is_stopping;
};

/* ---- follow.c: what comes from the engine */
extern const struct engine_events link_events;
void link_look(struct link *link);

/* ---- publish.c */
int publish_start(struct link *link);
void publish_finish(struct link *link);
void publish_soon(struct link *link);
void publish_all(struct link *link); /* compares all of it anew */
void publish_pixel(
	struct link *link, const struct spot *spot); /* before publish_soon() */

/* The entry of this name, if it holds exactly what was sent by it; NULL: it is somebody
 * else's, whatever it is called. */
struct sent *sent_find(
	struct link *link, const struct blob *writer, const struct blob *payload);
bool flight_owns(const struct link *link, const struct sent *sent);

/* What an entry that is on its way holds: *n tiles. */
const struct tile_pixels *flight_tiles(
	const struct link *link, const struct sent *sent, uint32_t *n);

/* Pixels are on their way as soon as they are compared, until they have come back. */
void flight_add(struct link *link, const struct tile_pixels *pixels);
void flight_remove(struct link *link, const struct tile_pixels *pixels);
void flight_seen(struct link *link, struct sent *sent);
void flight_ask(struct link *link); /* did it run? */
void flight_tick(struct link *link);
bool flight_is_mark(const struct link *link, const struct blob *mark);
void flight_cancel(struct link *link);
void publish_appended(struct link *link, const char *refused);
void sent_forget(struct link *link, bool all);
void sent_add(struct link *link, uint8_t *payload, size_t len);

/* The pixels of a tile that are on their way: a bit for each in 32 rows. */
static inline uint32_t *
flight_rows(const struct link *link, uint32_t tile)
{
	return &link->in_flight[(size_t)tile * MURAL_TILE];
}

static inline bool
flight_has(const struct link *link, const struct spot *spot)
{
	const uint32_t tile = picture_tile(&link->shared, spot);

	return flight_rows(link, tile)[spot->y % MURAL_TILE] >> spot->x % MURAL_TILE & 1;
}

/* ---- held.c */
int held_start(struct link *link); /* 0 or -ENOMEM */
void held_finish(struct link *link);

/* What the canvas should have if nobody painted here since. */
static inline uint32_t
link_expected(const struct link *link, uint32_t place)
{
	return link->n_held > 0 && link->held[place] ? link->held[place]
						     : link->shared.pixels[place];
}

/* Paints what the log says, if the canvas has what the log said before. */
void link_paint(struct link *link, const struct spot *spot, uint32_t old, uint32_t argb);

/* Paints what the log says over `now`, which the canvas has instead: at once, or as soon
 * as the wall may be painted. */
void link_put_back(struct link *link, const struct spot *spot, uint32_t now);

/* As link_paint(), for those pixels of a tile that are not on their way. */
void link_paint_tile(struct link *link, uint32_t tile, const struct tile_change *change);
void held_retry(struct link *link);

/* ---- keeper.c */
void keeper_tick(struct link *link);
void keeper_lease(struct link *link, bool granted);
void keeper_put(struct link *link, bool done);
void keeper_now(struct link *link); /* the engine has lost the snapshot */
void keeper_checked(struct link *link);

/* ---- sharing.c: what walls share beside the picture */
void sharing_start(struct link *link); /* sets link->shares if it is the one that does */
void sharing_stop(struct link *link);
void sharing_set(struct link *link, bool has_engine);
void sharing_tick(struct link *link);
void sharing_heard(struct link *link, const char *topic, const struct parcel *heard);
void sharing_named(
	struct mural_lease *lease, enum name_outcome outcome, uint64_t left_ms);

/* ---- state.c: what people see of it */
extern const struct mural_metric link_metrics[];
void state_alone(struct link *link, const char *why);
void state_linked(struct link *link);
void state_waits(struct link *link, const char *what);

/* Is it worth a line of the log, or was it said there not long ago? */
bool state_is_news(struct link *link, uint64_t *said_at);

/* ---- link.c */
void link_job_done(struct link *link);
