/* SPDX-License-Identifier: MIT */
/* The tables of the operator's verbs and of their arguments, and how these are written.
 */
#include "lib/wall-verbs.h"

#include <stdio.h>
#include <string.h>

const struct wall_verb wall_verbs[N_WALL_VERBS + 1] = {
	[WALL_STATUS] = { "status", "", false, "show what runs, and what is in force",
		false },
	[WALL_TOP] = { "top", "", false, "show who paints most, over the last second",
		false },
	[WALL_FREEZE] = { "freeze", "rect?", true,
		"let nobody paint the canvas, or a part of it", false },
	[WALL_THAW] = { "thaw", "rect?", true, "end a freeze", false },
	[WALL_CLEAR] = { "clear", "rect? colour?", true,
		"paint it in one colour, else the background", false },
	[WALL_PAINT] = { "paint", "png to? offset? part?", true,
		"paint a picture over everybody, but where it is transparent", false },
	[WALL_RESTORE] = { "restore", "rect? at", true,
		"paint it as the recording has it at that time", false },
	[WALL_UNDO] = { "undo", "source? rect? since? count? number?", true,
		"take back what a source painted and still shows, or an operator's act",
		false },
	[WALL_WHO] = { "who", "point", false, "show whose a pixel is, and since when",
		false },
	[WALL_HIGHLIGHT] = { "highlight", "source? for?", true,
		"dim what is not this source's for 10 s; without one, end that", false },
	[WALL_BAN] = { "ban", "net for? why? out? really?", true,
		"let a network paint nothing; with \"out\", not even connect", false },
	[WALL_UNBAN] = { "unban", "net", true, "end a ban", false },
	[WALL_BANS] = { "bans", "", false, "list the bans", false },
	[WALL_PROTECT] = { "protect", "rect? png? to? offset? part?", true,
		"let only operators paint there, or where the picture is opaque", false },
	[WALL_UNPROTECT] = { "unprotect", "rect", true, "end a protection", false },
	[WALL_PROTECTED] = { "protected", "", false, "list what is protected", false },
	[WALL_BLANK] = { "blank", "switch", true,
		"turn the screens off, or leave that to the config", false },
	[WALL_PLUGIN] = { "plugin", "name switch really?", true,
		"close an instance, and tell its clients; or open it again", false },
	[WALL_NOTICE] = { "notice", "text? for?", true,
		"tell everybody something, or nothing more", false },
	[WALL_GRAB] = { "grab", "rect?", false,
		"save the canvas, or a part of it, as PNG", true },
	[WALL_SNAPSHOT] = { "snapshot", "", true, "write the canvas to its file now",
		false },
	[WALL_RELOAD] = { "reload", "", true, "read the config again, as SIGHUP does",
		false },
	[WALL_ACTS] = { "acts", "", false, "list what operators did lately", false },
	[WALL_VERBS] = { "verbs", "", false, "list what can be asked for", false },
};

static const struct wall_arg wall_args[] = {
	{ "rect", WALL_RECT, NULL, "WxH+X+Y" },
	{ "colour", WALL_COLOUR, NULL, "RRGGBB" },
	{ "net", WALL_NETWORK, NULL, "NET" },
	{ "for", WALL_DURATION, "--for", "DURATION" },
	{ "text", WALL_TEXT, NULL, "TEXT" },
	{ "why", WALL_TEXT, "--why", "TEXT" },
	{ "out", WALL_FLAG, "--out", "" },
	{ "really", WALL_FLAG, "--yes", "" },
	{ "source", WALL_TEXT, NULL, "SOURCE" },
	{ "name", WALL_TEXT, NULL, "NAME" },
	{ "switch", WALL_SWITCH, NULL, "on|off" },
	{ "point", WALL_POINT, NULL, "X,Y" },
	{ "at", WALL_TIME, "--at", "TIME" },
	{ "since", WALL_TIME, "--since", "TIME" },
	{ "count", WALL_FLAG, "--count", "" },
	{ "number", WALL_NUMBER, "--number", "N" },
	{ "png", WALL_PIXELS, NULL, "FILE.png" },
	{ "to", WALL_POINT, "--at", "X,Y" },
	{ "offset", WALL_NUMBER, NULL, NULL },
	{ "part", WALL_FLAG, NULL, NULL },
	{ 0 },
};

const struct wall_verb *
wall_verb_find(const char *name)
{
	for (const struct wall_verb *verb = wall_verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

const struct wall_arg *
wall_arg_find(const char *name, size_t len)
{
	for (const struct wall_arg *arg = wall_args; arg->name; arg++)
		if (strlen(arg->name) == len && strncmp(arg->name, name, len) == 0)
			return arg;
	return NULL;
}

const struct wall_arg *
wall_arg_next(const char **at, bool *optional)
{
	const char *name = *at + strspn(*at, " ");
	size_t len = strcspn(name, "? ");

	if (len == 0)
		return NULL;
	*optional = name[len] == '?';
	*at = name + len + *optional;
	return wall_arg_find(name, len);
}

int
wall_verb_usage(const struct wall_verb *verb, char *text, size_t len)
{
	const char *at = verb->args;
	const struct wall_arg *arg;
	int n = snprintf(text, len, "%s%s", verb->name, verb->saves ? " FILE.png" : "");
	bool optional;

	while ((arg = wall_arg_next(&at, &optional)) && (size_t)n < len) {
		if (!arg->what)
			continue;
		n += snprintf(text + n, len - (size_t)n, " %s%s%s%s%s",
			optional ? "[" : "", arg->option ? arg->option : "",
			arg->option && *arg->what ? " " : "", arg->what,
			optional ? "]" : "");
	}
	return n;
}
