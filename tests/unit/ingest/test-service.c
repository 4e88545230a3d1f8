/* SPDX-License-Identifier: MIT */
/* What a service's start() returned and left on the loop says whether it runs. */
#include <errno.h>

#include "ingest/ingest.h"
#include "ingest/service.h"
#include "support/unit.h"

static uv_timer_t handle;
static int answer;

/* Leaves a handle that is closing. */
static int
leave_handle(struct mural_host *host)
{
	uv_timer_init(host->loop, &handle);
	uv_close((uv_handle_t *)&handle, NULL);
	return answer;
}

static const struct mural_plugin plugin = {
	MURAL_PLUGIN,
	.name = "starts",
	.transports = MURAL_SERVICE,
	.start = leave_handle,
};

/* `n_handles` are those that murald ever made for it. */
static int
state_after(int returned, size_t n_handles, enum service_state *after)
{
	struct ingest ingest = { 0 };
	struct shard shard = { 0 };
	struct instance instance = { .plugin = &plugin,
		.ingest = &ingest,
		.shards = &shard,
		.n_handles = n_handles };
	uv_loop_t loop;
	int ret;

	answer = returned;
	assert_int_equal(uv_loop_init(&loop), 0);
	ret = service_start(&instance, &loop);
	*after = instance.service_state;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return ret;
}

TEST(one_that_failed_is_stopping_until_its_handles_are_gone)
{
	enum service_state after;

	for (size_t n = 0; n < 3; n++) {
		assert_int_equal(state_after(-EIO, n, &after), -EIO);
		assert_int_equal(after, SERVICE_STOPPING);
	}
}

TEST(only_what_is_negative_is_a_failure)
{
	enum service_state after;

	assert_int_equal(state_after(1, 0, &after), 0);
	assert_int_equal(after, SERVICE_RUNNING);
}

UNIT_TESTS(NULL, NULL)
