/* SPDX-License-Identifier: MIT */
/* Answers /openapi.json: openapi.json, with the operator's verbs as murald has them. */
#include <stdlib.h>
#include <string.h>

#include <mural/plugin.h>

#include "http/page/page.h"
#include "lib/macros.h"
#include "lib/wall-verbs.h"

static const struct {
	const char *type, *example;
} kinds[] = {
	[WALL_TEXT] = { "string", "text" },
	[WALL_FLAG] = { "boolean", "true" },
	[WALL_NUMBER] = { "integer", "0" },
	[WALL_DURATION] = { "string", "10min" },
	[WALL_TIME] = { "string", "-10min" },
	[WALL_RECT] = { "string", "64x48+0+0" },
	[WALL_POINT] = { "string", "3,2" },
	[WALL_COLOUR] = { "string", "#204060" },
	[WALL_NETWORK] = { "string", "192.0.2.0/24" },
	[WALL_SWITCH] = { "string", "on" },
	[WALL_PIXELS] = { "string", "BASE64" },
};

/* The example has what must be there. */
static void
add_argument(
	json_t *schema, json_t *example, const struct wall_arg *arg, bool is_optional)
{
	const char *type = kinds[arg->kind].type, *text = kinds[arg->kind].example;
	json_t *right = json_pack("{ss}", "type", type);

	if (arg->what && *arg->what)
		(void)json_object_set_new(right, "description", json_string(arg->what));
	(void)json_object_set_new(
		json_object_get(schema, "properties"), arg->name, right);
	if (is_optional)
		return;
	(void)json_array_append_new(
		json_object_get(schema, "required"), json_string(arg->name));
	(void)json_object_set_new(example, arg->name, json_string(text));
}

/* NULL: out of memory. */
static json_t *
verb_body(const struct wall_verb *verb)
{
	json_t *schema =
		json_pack("{sss{}s[]}", "type", "object", "properties", "required");
	json_t *example = json_object();
	const char *at = verb->args;
	const struct wall_arg *arg;
	bool is_optional;

	while ((arg = wall_arg_next(&at, &is_optional)))
		add_argument(schema, example, arg, is_optional);
	if (json_array_size(json_object_get(schema, "required")) == 0)
		(void)json_object_del(schema, "required"); /* must not be empty */
	return json_pack("{sbs{s{soso}}}", "required", 0, "content", "application/json",
		"schema", schema, "example", example);
}

static json_t *
verb_answers(void)
{
	static const struct {
		const char *status, *what, *schema;
	} refusals[] = {
		{ "400", "an argument is missing, unknown or wrong", "Refusal" },
		{ "401", "the admin token is missing or wrong", "Error" },
		{ "404", "there is no such instance, ban, ...", "Refusal" },
		{ "409", "not done, for the sake of whoever asked; \"again\" says how",
			"Refusal" },
		{ "429", "wrong tokens came from there: wait for Retry-After", "Error" },
		{ "500", "it could not be done", "Refusal" },
		{ "503", "not now; try again", "Refusal" },
	};
	json_t *answers = json_pack("{s{sss{s{s{ss}}}}}", "200", "description",
		"done; \"is\" has what there is to say", "content", "application/json",
		"schema", "type", "object");

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		(void)json_object_set_new(answers, refusals[i].status,
			json_pack("{sss{s{s{ss+}}}}", "description", refusals[i].what,
				"content", "application/json", "schema", "$ref",
				"#/components/schemas/", refusals[i].schema));
	return answers;
}

static void
add_verb(json_t *paths, const struct wall_verb *verb)
{
	char path[60];

	snprintf(path, sizeof(path), "/admin/api/%s", verb->name);
	(void)json_object_set_new(paths, path,
		json_pack("{s{s[s]ss+ss+s[{s[]}]soso}}", "post", "tags", "operator",
			"operationId", "admin-", verb->name, "summary",
			"operator: ", verb->help, "security", "token", "requestBody",
			verb_body(verb), "responses", verb_answers()));
}

static json_t *
document(void)
{
	const struct page_file *file = page_files;
	const struct page_form *form;
	json_t *made, *paths;

	while (strcmp(file->name, "openapi.json") != 0)
		file++;
	form = &file->forms[PAGE_PLAIN];
	made = json_loadb((const char *)form->bytes, form->len, 0, NULL);
	paths = json_object_get(made, "paths");
	(void)json_object_set_new(
		json_object_get(made, "info"), "version", json_string(mural_version()));
	for (const struct wall_verb *verb = wall_verbs; verb->name; verb++)
		add_verb(paths, verb);
	return made;
}

enum MHD_Result
page_answer_openapi(struct request *request)
{
	return reply_json(request, MHD_HTTP_OK, document());
}
