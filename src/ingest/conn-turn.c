/* SPDX-License-Identifier: MIT */
/*
 * Divides a worker's time between its clients.
 *
 * Most clients are light: whatever they have sent is read whenever the loop polls.  One
 * that always has more is heavy.  One heavy client at a time has its turn, several reads
 * long, because what it paints is in a cache by then; the other heavy ones wait.  Between
 * two of its reads the loop polls, so a light client waits for one read and not for a
 * round of turns.
 */
#include "ingest/conn-private.h"

/* The most that a light client is read at once; one that fills it becomes heavy. */
#define LIGHT_BYTES (64 * 1024)

/* The same for a client whose input causes many replies, and for one that also takes them
 * at once: replies to one read, up to twice as long as the input, are written together.
 */
#define REPLY_READ_BYTES (32 * 1024)
#define DRAINED_READ_BYTES (128 * 1024)

/* Reads in a turn of a heavy client. */
#define TURN_READS 4

/* How many clients get whole turns.  With more of them turns are shorter, so that a round
 * takes no longer. */
#define WHOLE_TURNS 16
#define LEAST_TURN_BYTES 1024

static size_t
shared(size_t turn, size_t turns)
{
	if (turns > WHOLE_TURNS)
		turn = turn * WHOLE_TURNS / turns;
	return MAX(turn, LEAST_TURN_BYTES);
}

static void
round_take_turn(struct round *round, uint64_t *last)
{
	if (*last == round->number) {
		round->number++;
		round->turns_in_last = round->turns;
		round->turns = 0;
	}
	*last = round->number;
	round->turns++;
}

static size_t
read_bytes(const struct conn *conn)
{
	const size_t most = conn->drains ? DRAINED_READ_BYTES : REPLY_READ_BYTES;

	return conn->reply_heavy ? MIN(most, conn->read_bytes) : conn->read_bytes;
}

/* ------------------------------------------------------------------ light clients */

static void
light_turn_begin(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;

	round_take_turn(&worker->round, &conn->round);
	worker->reading = conn;
	worker->read_in_a_row = 0;
}

static size_t
light_bytes(const struct conn *conn)
{
	return shared(MIN(LIGHT_BYTES, read_bytes(conn)),
		conn->client.shard->worker->round.turns_in_last);
}

/* libuv reads a busy client up to 32 times in a row; having no room makes it move on to
 * the next. */
static size_t
light_room(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;
	size_t room = light_bytes(conn);

	if (worker->reading != conn)
		light_turn_begin(conn);
	if (worker->read_in_a_row < room)
		return room;
	worker->reading = NULL;
	return 0;
}

/* ------------------------------------------------------------------ heavy clients */

/* Whether it was refused before and no heavy client was read since.  Each poll asks all
 * clients that have input, so then no other one will come. */
static bool
asks_again(struct conn *conn)
{
	const uint64_t reads = conn->client.shard->worker->heavy_reads;
	const bool again = conn->refused_at == reads;

	conn->refused_at = reads;
	return again;
}

/* A heavy client waits while another one has its turn, and until all others had theirs.
 */
static bool
heavy_turn_begin(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;
	const bool had_turn = conn->heavy_round == worker->heavy_round.number;

	if ((worker->heavy || had_turn) && !asks_again(conn))
		return false;
	round_take_turn(&worker->heavy_round, &conn->heavy_round);
	worker->heavy = conn;
	worker->heavy_bytes =
		shared(TURN_READS * read_bytes(conn), worker->heavy_round.turns_in_last);
	return true;
}

/* How long heavy clients with short turns are served in one poll. */
#define POLL_MS 4

/* Whether light clients have waited for less than POLL_MS. */
static bool
is_poll_young(const struct worker *worker)
{
	return uv_hrtime() / 1000000 <= uv_now(worker->loop) + POLL_MS;
}

/* One read in each poll.  Where a turn is so short that one read ends it, several clients
 * have theirs in a poll: polling once for each would take longer than the reads. */
static size_t
heavy_room(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;

	if (worker->reading == conn) {
		worker->reading = NULL;
		return 0;
	}
	if (worker->heavy_bytes == 0 && (worker->heavy == conn || is_poll_young(worker)))
		worker->heavy = NULL;
	if (worker->heavy != conn && !heavy_turn_begin(conn))
		return 0;
	worker->reading = conn;
	worker->heavy_reads++;
	return MIN(read_bytes(conn), worker->heavy_bytes);
}

/* ------------------------------------------------------------------ all */

size_t
conn_turn_room(struct conn *conn)
{
	return conn->heavy ? heavy_room(conn) : light_room(conn);
}

void
conn_turn_read(struct conn *conn, size_t len, size_t room)
{
	struct worker *worker = conn->client.shard->worker;
	size_t part = light_bytes(conn);

	if (conn->heavy && worker->heavy == conn) {
		/* the last read of a turn may be a small one */
		part = MIN(part, worker->heavy_bytes);
		worker->heavy_bytes -= MIN(len, worker->heavy_bytes);
	} else {
		worker->read_in_a_row += len;
	}
	conn->heavy = len >= part;
	if (!conn->heavy && worker->heavy == conn)
		worker->heavy = NULL;
	if (len >= room)
		return;
	/* libuv asks no more in this poll */
	worker->reading = NULL;
	/* a short turn ends with what there was, so that the next begins in this poll */
	if (worker->heavy == conn && worker->heavy_round.turns_in_last > WHOLE_TURNS)
		worker->heavy_bytes = 0;
}
