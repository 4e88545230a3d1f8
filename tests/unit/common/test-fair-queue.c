/* SPDX-License-Identifier: MIT */
/* Tests that sources of a fair queue take turns, and that a turn ends. */

#include <uv.h>

#include "common/fair-queue.h"
#include "support/unit.h"

#define MEMBERS 40

struct worker {
	struct fair_member member; /* first, for the cast back */
	uint64_t source;
	unsigned pieces; /* of work left */
	uint64_t piece_ns;
};

static struct fair_queue queue;
static struct worker *served[1000];
static size_t n_served;

static void
serve(struct fair_member *member)
{
	struct worker *worker = (struct worker *)member;
	uint64_t begin = uv_hrtime();

	while (uv_hrtime() - begin < worker->piece_ns)
		;
	served[n_served++] = worker;
	if (--worker->pieces > 0)
		fair_queue_add(&queue, member, worker->source);
}

static uv_loop_t *
begin(void)
{
	n_served = 0;
	fair_queue_init(&queue, uv_default_loop(), serve);
	return uv_default_loop();
}

static void
end(void)
{
	fair_queue_close(&queue, NULL, NULL);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

TEST(sources_take_turns_whatever_their_number_of_members)
{
	struct worker many[MEMBERS] = { 0 }, one = { .source = 2, .pieces = 3 };
	uv_loop_t *loop = begin();
	size_t seen = 0;

	for (size_t i = 0; i < MEMBERS; i++) {
		many[i] = (struct worker){ .source = 1, .pieces = 1 };
		fair_queue_add(&queue, &many[i].member, 1);
		fair_queue_add(&queue, &many[i].member, 1); /* it waits already */
	}
	fair_queue_add(&queue, &one.member, one.source);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(n_served, MEMBERS + 3);
	for (size_t i = 0; i < 6; i++)
		seen += served[i] == &one;
	assert_int_equal(seen, 3);
	end();
}

TEST(a_turn_ends_though_there_is_work_left)
{
	struct worker busy = { .source = 1, .pieces = 20, .piece_ns = 1000000 };
	uv_loop_t *loop = begin();

	fair_queue_add(&queue, &busy.member, 1);
	uv_run(loop, UV_RUN_NOWAIT);
	assert_in_range(n_served, 1, 6);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(n_served, 20);
	end();
}

TEST(who_is_removed_is_not_served)
{
	struct worker here = { .source = 1, .pieces = 1 }, gone = here;
	uv_loop_t *loop = begin();

	fair_queue_add(&queue, &gone.member, 1);
	fair_queue_add(&queue, &here.member, 1);
	fair_queue_remove(&queue, &gone.member);
	fair_queue_remove(&queue, &gone.member);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(n_served, 1);
	assert_ptr_equal(served[0], &here);
	end();
}

UNIT_TESTS(NULL, NULL)
