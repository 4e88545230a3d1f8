/* SPDX-License-Identifier: MIT */
/* Divides a worker's time between its clients: how much of one is read before the next
 * one has its turn. */
#include "ingest/conn-private.h"

/* Of one whose input takes long, or many replies; of others READ_BYTES. */
#define SHORT_READ_BYTES (READ_BYTES / 8)

/* So many clients get whole turns.  The turns of more are shorter, so that a round of all
 * of them takes no longer. */
#define WHOLE_TURNS 16
#define LEAST_TURN_BYTES 1024

/* A round ends when somebody has the second turn in it. */
static void
turn_begin(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;

	if (conn->round == worker->round) {
		worker->round++;
		worker->turns_in_last_round = worker->turns_in_round;
		worker->turns_in_round = 0;
	}
	conn->round = worker->round;
	worker->turns_in_round++;
	worker->reading = conn;
	worker->read_in_a_row = 0;
}

static size_t
turn_bytes(const struct conn *conn)
{
	size_t turn =
		conn->cpu_heavy || conn->reply_heavy ? SHORT_READ_BYTES : READ_BYTES;
	size_t turns = conn->client.shard->worker->turns_in_last_round;

	if (turns > WHOLE_TURNS)
		turn = turn * WHOLE_TURNS / turns;
	return MAX(turn, LEAST_TURN_BYTES);
}

/* libuv reads a busy client up to 32 times in a row; having no room makes it move on to
 * the next. */
size_t
conn_turn_room(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;
	size_t room = turn_bytes(conn);

	if (worker->reading != conn)
		turn_begin(conn);
	if (worker->read_in_a_row < room)
		return room;
	worker->reading = NULL;
	return 0;
}
