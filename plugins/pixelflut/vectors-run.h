/* SPDX-License-Identifier: MIT */
/*
 * Runs groups of commands: what the files vectors-*.c have in common.  Each includes this
 * once, after it has defined
 *
 *   TARGET       the attribute of functions that may use its instructions
 *   LANES        how many commands a group has
 *   struct plane constants of a brush in vectors, made by plane_of()
 *   struct group the places and colours of LANES commands
 *   find_feeds() a bit for each line feed among 64 bytes
 *   list_feeds() lists the first of them, each counted from `begin`: as many as a
 *                constant of up to LISTED says
 *   read_lines(), read_binaries()  understand a group; false: not all of it
 *   group_store() writes a group into a batch; a bit for each pixel that lies inside
 *
 * and what vectors-reads.h names.
 */

/* The bytes in which lines are looked for at once: enough to be worth it, few enough to
 * stay in the first-level cache. */
#define CHUNK_BLOCKS 16
#define BLOCK 64

/* More plain lines than that do not fit into a block; more reads seldom end in one. */
#define WRITES_A_BLOCK 5
#define READS_A_BLOCK 8
#define LISTED 8

/* What runs at once: offsets into it are numbers of 32 bits. */
#define RUN_BYTES_MAX (1 << 30)

/* While a brush is near, a pixel is painted when this many more are understood: enough
 * for its cache line to arrive.  They go round in a ring. */
#define LAG 64
#define RING 128

static_assert(WRITES_A_BLOCK <= LISTED && READS_A_BLOCK <= LISTED, "as many are listed");
static_assert(RING % LANES == 0 && LAG % LANES == 0 && RING >= LAG + LANES, "a ring");
static_assert(MURAL_BATCH >= MURAL_BATCH_FULL + 2 * LANES, "a group fits in behind");

/* A list of where lines end, behind their line feeds, counted from `base`. */
struct ends {
	const uint8_t *base, *stop; /* nothing is looked at from there on */
	int searched;               /* how far */
	unsigned n;                 /* that are listed */
};

TARGET static inline struct ends
ends_from(const uint8_t *base, const uint8_t *stop)
{
	const bool all = stop - base < RUN_BYTES_MAX;

	return (struct ends){ base, all ? stop : base + RUN_BYTES_MAX, 0, 0 };
}

/* Lists where a block's lines end; returns how many.  `at_once` is a constant. */
ALWAYS_INLINE unsigned
ends_add(uint32_t *list, uint64_t feeds, int block, const unsigned at_once)
{
	const unsigned n = (unsigned)__builtin_popcountll(feeds);
	const uint32_t begin = (uint32_t)block + 1;

	list_feeds(list, feeds, begin, at_once);
	for (unsigned i = 0; n > at_once && i < n; i++, feeds &= feeds - 1)
		list[i] = begin + (uint32_t)__builtin_ctzll(feeds);
	return n;
}

/* Lists where the lines of a chunk end, up to a block in which none does: a plain line is
 * shorter.  False: that is the first one. */
ALWAYS_INLINE bool
ends_search(struct ends *ends, uint32_t *list, const unsigned at_once)
{
	const int begin = ends->searched, most = (int)(ends->stop - ends->base) - BLOCK;
	unsigned n = ends->n;
	int at = begin;

	for (; at < begin + CHUNK_BLOCKS * BLOCK && at <= most; at += BLOCK) {
		const unsigned found =
			ends_add(list + n, find_feeds(ends->base + at), at, at_once);

		__builtin_prefetch(ends->base + at + CHUNK_BLOCKS * BLOCK);
		if (found == 0)
			break;
		n += found;
	}
	ends->n = n;
	ends->searched = at;
	return at > begin;
}

/* Whether there is more to be searched. */
TARGET static inline bool
ends_remain(const struct ends *ends)
{
	return ends->stop - ends->base >= ends->searched + BLOCK;
}

/* ------------------------------------------------------------------ painting */

/* Pixels that are understood and not painted yet: a batch of the brush's own, or, while
 * `near`, the last of a ring that goes round in the batch's memory. */
struct waiting {
	struct mural_batch batch;
	uint32_t n; /* in the batch; near: that were understood */
	bool near;
};

/* Paints the group of the ring that begins with pixel `n`; `owned` is a constant. */
ALWAYS_INLINE void
ring_paint(const struct ground *ground, const struct mural_batch *ring, uint32_t n,
	const bool owned)
{
	const uint32_t *const places = ring->places + n % RING;
	const uint32_t *const colours = ring->colours + n % RING;
	const uint16_t *const tiles = ring->tiles + n % RING;

	UNROLLED
	for (unsigned i = 0; i < LANES; i++) {
		if (owned)
			mural_store_pair(
				&ground->pixels[places[i]], colours[i], ground->owner);
		else
			mural_store(&ground->pixels[places[i]], colours[i]);
		ground->damage[tiles[i]] = 1;
	}
}

/* Paints all, and goes on with a batch. */
TARGET static void
ring_finish(struct mural_brush *brush, struct waiting *waiting)
{
	const struct ground ground = ground_of(brush);

	for (uint32_t i = waiting->n < LAG ? 0 : waiting->n - LAG; i < waiting->n;
		i += LANES) {
		if (ground.owner != 0)
			ring_paint(&ground, &waiting->batch, i, true);
		else
			ring_paint(&ground, &waiting->batch, i, false);
	}
	brush->painted += waiting->n;
	waiting->n = 0;
	waiting->near = false;
}

/* Closes the gaps that pixels outside leave in a group. */
static __attribute__((noinline)) uint32_t
group_cut(
	struct mural_brush *brush, struct mural_batch *batch, uint32_t n, unsigned inside)
{
	uint32_t kept = n;

	for (uint32_t i = n; i < n + LANES; i++) {
		if (!(inside >> (i - n) & 1))
			continue;
		batch->places[kept] = batch->places[i];
		batch->colours[kept] = batch->colours[i];
		batch->tiles[kept] = batch->tiles[i];
		mural_fetch(&brush->pixels[batch->places[kept++]]);
	}
	mural_discard(brush, MURAL_OUT_OF_BOUNDS, n + LANES - kept);
	return kept;
}

/* Stores a group and asks for its lines; false: a pixel lies outside. */
TARGET static inline bool
group_fetch(const struct group *group, const struct plane *plane,
	struct mural_batch *batch, uint32_t n, unsigned *inside)
{
	const uint32_t *const places = batch->places + n;

	*inside = group_store(group, plane, batch, n);
	if (*inside != (1u << LANES) - 1)
		return false;
	UNROLLED
	for (unsigned i = 0; i < LANES; i++)
		mural_fetch(&plane->pixels[places[i]]);
	return true;
}

TARGET static inline void
batch_add(struct mural_brush *brush, const struct plane *plane, const struct group *group,
	struct waiting *waiting)
{
	unsigned inside;

	if (group_fetch(group, plane, &waiting->batch, waiting->n, &inside))
		waiting->n += LANES;
	else
		waiting->n = group_cut(brush, &waiting->batch, waiting->n, inside);
	if (waiting->n < MURAL_BATCH_FULL)
		return;
	mural_batch_flush(brush, &waiting->batch, waiting->n);
	waiting->n = 0;
}

/* Adds a group. */
ALWAYS_INLINE void
group_add(struct mural_brush *brush, const struct ground *ground,
	const struct plane *plane, const struct group *group, struct waiting *waiting,
	const bool owned)
{
	const uint32_t n = waiting->n;
	unsigned inside;

	if (waiting->near &&
		group_fetch(group, plane, &waiting->batch, n % RING, &inside)) {
		if (n >= LAG)
			ring_paint(ground, &waiting->batch, n - LAG, owned);
		waiting->n += LANES;
		return;
	}
	if (waiting->near)
		ring_finish(brush, waiting);
	batch_add(brush, plane, group, waiting);
}

TARGET static inline void
waiting_finish(struct mural_brush *brush, struct waiting *waiting)
{
	if (waiting->near)
		ring_finish(brush, waiting);
	else
		mural_batch_flush(brush, &waiting->batch, waiting->n);
}

/* ------------------------------------------------------------------ writes */

struct lines_run {
	const uint8_t *p;      /* behind the last line that was understood */
	const uint8_t *failed; /* the end of a group that was not, or NULL */
	unsigned groups, ends; /* that were understood */
};

/* Runs those groups that are complete. */
ALWAYS_INLINE void
run_groups(struct lines_run *run, struct mural_brush *brush, const struct ground *ground,
	const struct plane *plane, struct waiting *waiting, const struct ends *ends,
	const uint32_t *list, const bool owned)
{
	struct group group;
	unsigned i = 0;

	for (; ends->n - i >= LANES; i += LANES) {
		const uint8_t *after = ends->base + list[i + LANES - 1];

		if (!read_lines(ends->base, list + i, plane, &group)) {
			run->failed = after;
			break;
		}
		group_add(brush, ground, plane, &group, waiting, owned);
		run->p = after;
	}
	run->groups += i / LANES;
	run->ends = i;
}

ALWAYS_INLINE const uint8_t *
run_lines(struct painter *painter, const uint8_t *p, const uint8_t *end, const bool owned)
{
	struct mural_brush *brush = painter->brush;
	const struct plane plane = plane_of(brush, painter->left, painter->top);
	const struct ground ground = ground_of(brush);
	struct lines_run run = { .p = p };
	struct waiting waiting;
	struct ends ends = ends_from(p, end);
	uint32_t list[CHUNK_BLOCKS * BLOCK + LANES + LISTED];

	waiting.n = 0;
	waiting.near = owned || brush->near_width > 0;
	while (!run.failed && ends_remain(&ends)) {
		if (!ends_search(&ends, list, WRITES_A_BLOCK)) {
			run.failed = p + ends.searched + BLOCK;
			break;
		}
		run_groups(&run, brush, &ground, &plane, &waiting, &ends, list, owned);
		ends.n -= run.ends;
		for (unsigned i = 0; !run.failed && i < ends.n; i++)
			list[i] = list[run.ends + i];
	}
	waiting_finish(brush, &waiting);
	vectors_judge(painter, run.groups, run.failed);
	return run.p;
}

TARGET static __attribute__((noinline)) const uint8_t *
run_owned_lines(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	return run_lines(painter, p, end, true);
}

TARGET static const uint8_t *
run_writes(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	if (painter->brush->owner != 0)
		return run_owned_lines(painter, p, end);
	return run_lines(painter, p, end, false);
}

/* ------------------------------------------------------------------ PB */

ALWAYS_INLINE const uint8_t *
run_records(
	struct painter *painter, const uint8_t *p, const uint8_t *end, const bool owned)
{
	struct mural_brush *brush = painter->brush;
	const struct plane plane = plane_of(brush, 0, 0);
	const struct ground ground = ground_of(brush);
	struct waiting waiting;
	struct group group;

	waiting.n = 0;
	waiting.near = owned || brush->near_width > 0;
	for (; end - p >= LANES * BINARY_BYTES + BINARY_BYTES;
		p += LANES * BINARY_BYTES) {
		__builtin_prefetch(p + CHUNK_BLOCKS * BLOCK);
		if (!read_binaries(p, &group))
			break;
		group_add(brush, &ground, &plane, &group, &waiting, owned);
	}
	waiting_finish(brush, &waiting);
	return p;
}

TARGET static const uint8_t *
run_binaries(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	return painter->brush->owner != 0 ? run_records(painter, p, end, true)
					  : run_records(painter, p, end, false);
}
