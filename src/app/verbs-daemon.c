/* SPDX-License-Identifier: MIT */
/* The operator's verbs that also exist as signals: snapshot, reload. */
#include <stdio.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "base/util.h"

/* ------------------------------------------------------------------ snapshot */

static const char no_file[] = "there is no file for it; see canvas.snapshot";

/* `why` it was not written; NULL: it was. */
static void
answer_snapshots(struct control_call **calls, const char *path, const char *why)
{
	struct control_call *call = *calls;

	*calls = NULL;
	while (call) {
		struct control_call *next = call->data;

		if (why)
			control_fail(call, CONTROL_FAILED, "%s", why);
		else
			control_done(call, json_pack("{s:s}", "written", path));
		call = next;
	}
}

/* Those who asked while one was being written want what was painted until then. */
static void
on_snapshot_saved(struct snapshot *snapshot, int result)
{
	struct operators *operators =
		&container_of(snapshot, struct wall, snapshot)->operators;
	char why[512];

	snprintf(why, sizeof(why), "%s cannot be written: %s", snapshot->path,
		strerror(-result));
	answer_snapshots(&operators->snapshots, snapshot->path, result < 0 ? why : NULL);
	operators->snapshots = operators->next_snapshots;
	operators->next_snapshots = NULL;
	if (snapshot->next_path && !*snapshot->next_path)
		answer_snapshots(&operators->snapshots, NULL, no_file);
}

void
verb_snapshot(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	struct control_call **list = wall->snapshot.autosave.saving
					     ? &wall->operators.next_snapshots
					     : &wall->operators.snapshots;

	if (!*wall->snapshot.path) {
		control_fail(call, CONTROL_FAILED, "%s", no_file);
		return;
	}
	call->data = *list;
	*list = call;
	wall->snapshot.saved = on_snapshot_saved;
	snapshot_save(&wall->snapshot);
}

/* ------------------------------------------------------------------ reload */

void
verb_reload(struct control_call *call)
{
	struct wall *wall = operators_wall(call);

	call->data = wall->operators.reloads;
	wall->operators.reloads = call;
	reload_begin(wall);
}

static void
fail_reload(struct control_call *call, const struct reload *reload)
{
	char more[64] = "";

	if (reload->errors > 1)
		snprintf(more, sizeof(more), "; and %u more, which the log has",
			reload->errors - 1);
	control_fail(call, CONTROL_FAILED,
		"the new config is wrong, the old one stays in force: %s%s",
		reload->why ? reload->why : "out of memory", more);
}

/* Why each of those that should be open is not. */
static json_t *
waiting_json(const struct ingest *ingest)
{
	json_t *all = json_array();
	char state[MURAL_STATE_MAX];

	for (struct instance *i = ingest->plugins->instances; i; i = i->next) {
		if (i->is_open || i->is_off)
			continue;
		said_copy_state(&i->said, state);
		(void)json_array_append_new(all,
			json_pack("{s:s, s:s}", "name", i->host.name, "state", state));
	}
	return all;
}

static json_t *
reload_json(const struct wall *wall)
{
	const struct reload *reload = &wall->reload;
	json_t *is = json_pack("{s:I, s:I, s:I, s:I}", "closed",
		(json_int_t)reload->closed, "opened", (json_int_t)reload->opened,
		"failed", (json_int_t)reload->failed, "unchanged",
		(json_int_t)reload->unchanged);

	if (is && reload->failed > 0)
		(void)json_object_set_new(is, "waiting", waiting_json(&wall->ingest));
	if (is && json_array_size(reload->deferred) > 0)
		(void)json_object_set(is, "next_start", reload->deferred);
	return is;
}

void
operators_reloaded(struct wall *wall, bool in_force)
{
	struct control_call *call = wall->operators.reloads;

	if (in_force)
		control_reload(&wall->operators.control);
	wall->operators.reloads = NULL;
	while (call) {
		struct control_call *next = call->data;

		if (in_force)
			control_done(call, reload_json(wall));
		else
			fail_reload(call, &wall->reload);
		call = next;
	}
}

/* ------------------------------------------------------------------ the end */

void
operators_end_waiting(struct operators *operators)
{
	verbs_fail_stopping(&operators->snapshots);
	verbs_fail_stopping(&operators->next_snapshots);
	verbs_fail_stopping(&operators->reloads);
}
