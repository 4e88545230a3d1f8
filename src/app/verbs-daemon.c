/* SPDX-License-Identifier: MIT */
/* The operator's verbs that also exist as signals: snapshot, reload. */
#include <stdio.h>

#include "app/operators.h"
#include "app/wall.h"

void
verb_snapshot(struct control_call *call)
{
	struct snapshot *snapshot = &operators_wall(call)->snapshot;

	if (!*snapshot->path) {
		control_fail(call, CONTROL_FAILED,
			"there is no file for it; see canvas.snapshot");
		return;
	}
	snapshot_save(snapshot);
	control_done(call, json_pack("{s:s}", "writing", snapshot->path));
}

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

static json_t *
reload_json(const struct reload *reload)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "closed", (json_int_t)reload->closed,
		"opened", (json_int_t)reload->opened, "failed",
		(json_int_t)reload->failed, "unchanged", (json_int_t)reload->unchanged);
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
			control_done(call, reload_json(&wall->reload));
		else
			fail_reload(call, &wall->reload);
		call = next;
	}
}
