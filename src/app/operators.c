/* SPDX-License-Identifier: MIT */
/* Starts and stops what operators need, and has the table of verbs. */
#include "app/operators.h"

#include "app/wall.h"
#include "base/log.h"

static control_run *const verbs[N_WALL_VERBS] = {
	[WALL_STATUS] = verb_status,
	[WALL_TOP] = verb_top,
	[WALL_FREEZE] = verb_freeze,
	[WALL_THAW] = verb_thaw,
	[WALL_CLEAR] = verb_clear,
	[WALL_PAINT] = verb_paint,
	[WALL_RESTORE] = verb_restore,
	[WALL_UNDO] = verb_undo,
	[WALL_WHO] = verb_who,
	[WALL_HIGHLIGHT] = verb_highlight,
	[WALL_BAN] = verb_ban,
	[WALL_UNBAN] = verb_unban,
	[WALL_BANS] = verb_bans,
	[WALL_PROTECT] = verb_protect,
	[WALL_UNPROTECT] = verb_unprotect,
	[WALL_PROTECTED] = verb_protected,
	[WALL_BLANK] = verb_blank,
	[WALL_PLUGIN] = verb_plugin,
	[WALL_NOTICE] = verb_notice,
	[WALL_GRAB] = verb_grab,
	[WALL_SNAPSHOT] = verb_snapshot,
	[WALL_RELOAD] = verb_reload,
	[WALL_ACTS] = verb_acts,
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
	bans_schedule(wall);
	/* those that are out: ingest was not there before */
	if (operators->bans.n > 0 && bans_apply(wall, NULL, NULL) < 0)
		log_error("control: bans: out of memory");
	operators->told_frozen = canvas_is_frozen(&wall->canvas);
	notice_frozen(wall);
	notice_show(wall);
	control_start(&operators->control, &wall->initial->config.control, verbs, wall,
		&wall->loop);
	operators->control.on_act = operators_tell_act;
}

#define LONGEST_WAIT_S 86400

void
operators_wake_at(uv_timer_t *timer, uv_timer_cb callback, int64_t when_s)
{
	struct timespec now;
	int64_t wait_s;

	clock_gettime(CLOCK_REALTIME, &now);
	wait_s = MAX(MIN(when_s - now.tv_sec, LONGEST_WAIT_S), 0);
	if (when_s > 0)
		uv_timer_start(timer, callback, (uint64_t)wait_s * 1000, 0);
	else
		uv_timer_stop(timer);
}

void
operators_refuse(struct wall *wall)
{
	control_refuse_all(&wall->operators.control);
}

void
operators_stop(struct wall *wall)
{
	wall->operators.control.on_act = NULL; /* the plugins are gone, or about to be */
	operators_end_waiting(&wall->operators);
	top_stop(wall);
	plugin_switch_stop(wall);
	control_stop(&wall->operators.control);
	/* the counters of top are freed while the threads run */
	if (wall->operators.state.loop)
		uv_run(&wall->loop, UV_RUN_NOWAIT);
}

void
operators_settle(struct wall *wall)
{
	struct operators *operators = &wall->operators;

	if (!operators->state.loop)
		return;
	uv_timer_stop(&operators->bans_over);
	uv_timer_stop(&operators->highlight_over);
	uv_timer_stop(&operators->notice_over);
	while (operators->state.writing || operators->pictures > 0)
		uv_run(&wall->loop, UV_RUN_ONCE);
}

void
operators_finish(struct wall *wall)
{
	struct operators *operators = &wall->operators;

	if (!operators->state.loop)
		return;
	control_state_stop(&operators->state);
	control_finish(&operators->control);
	bans_finish(&operators->bans);
	json_decref(operators->off);
	uv_close((uv_handle_t *)&operators->bans_over, NULL);
	uv_close((uv_handle_t *)&operators->highlight_over, NULL);
	uv_close((uv_handle_t *)&operators->notice_over, NULL);
	uploads_stop(wall);
	uv_run(&wall->loop, UV_RUN_NOWAIT);
}
