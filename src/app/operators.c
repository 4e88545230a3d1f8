/* SPDX-License-Identifier: MIT */
/* Starts and stops what an operator needs, and has the table of verbs. */
#include "app/operators.h"

#include "app/wall.h"

static control_run *const verbs[N_WALL_VERBS] = {
	[WALL_STATUS] = verb_status,
	[WALL_SNAPSHOT] = verb_snapshot,
	[WALL_RELOAD] = verb_reload,
	[WALL_VERBS] = verb_verbs,
};

struct wall *
operators_wall(const struct control_call *call)
{
	return call->control->context;
}

void
operators_start(struct wall *wall)
{
	struct operators *operators = &wall->operators;

	operators->started_ns = uv_hrtime();
	control_start(&operators->control, &wall->initial->config.control, verbs, wall,
		&wall->loop);
}

void
operators_stop(struct wall *wall)
{
	operators_reloaded(wall, false);
	control_stop(&wall->operators.control);
}

void
operators_finish(struct wall *wall)
{
	control_finish(&wall->operators.control);
}
