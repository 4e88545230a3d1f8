/* SPDX-License-Identifier: MIT */
/* Understands the commands that viewers of Place: IPv6 send. */
#include "http/viewers/place-command.h"

#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "lib/macros.h"

/* The commands of serverscanning's viewer (doc/protocols.md, 1.4); the original one sends
 * none. */
static const struct place_command {
	const char *name;
	enum place_action
		action; /* with an argument, when it is false; the next, if true */
	bool has_argument;
} place_commands[] = {
	{ "get_full_canvas_once", PLACE_SEND_KEY, false },
	{ "get_ws_count_update_once", PLACE_SEND_COUNT, false },
	{ "get_nudity_update_once", PLACE_SEND_NUDITY, false },
	{ "pps_updates", PLACE_PPS_OFF, true },
	{ "delta_canvas_stream", PLACE_DELTAS_OFF, true },
};

enum place_action
place_command_parse(const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(json, "request"));
	const json_t *enabled = json_object_get(json, "enabled");
	enum place_action action = PLACE_IGNORE;

	for (size_t i = 0; name && i < ARRAY_LEN(place_commands); i++) {
		const struct place_command *command = &place_commands[i];

		if (strcmp(name, command->name) != 0)
			continue;
		if (!command->has_argument)
			action = command->action;
		else if (json_is_boolean(enabled))
			action = command->action + json_is_true(enabled);
	}
	json_decref(json);
	return action;
}
