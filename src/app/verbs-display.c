/* SPDX-License-Identifier: MIT */
/* The operator's verb for the screens: blank. */
#include "app/operators.h"
#include "app/wall.h"

/* Kept, so that a crash shows nothing that was to be dark. */
void
verb_blank(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	bool on = false;

	control_switch(call, "switch", &on);
	if (!display_wanted(&wall->display)) {
		control_fail(call, CONTROL_FAILED,
			"this wall is headless: it has no screen; see display.output");
		return;
	}
	wall->operators.blank = on;
	display_blank(&wall->display, on);
	operators_keep(call, json_pack("{s:b}", "blank", on));
}
