/* SPDX-License-Identifier: MIT */
/* What the routes of the board's HTTP API (doc/protocols.md, 3.2) share. */
#pragma once

#include "http/web/request.h"

struct generator;

/* api-register.c */
enum MHD_Result api_register(struct request *request);
enum MHD_Result api_remove(struct request *request);
enum MHD_Result api_remove_many(struct request *request);

/* api-pixel.c */
enum MHD_Result api_update(struct request *request);
enum MHD_Result api_click(struct request *request);

/* api-admin.c */
enum MHD_Result api_rate(struct request *request);
enum MHD_Result api_switch(struct request *request); /* /enableBoard, /disableBoard */

/* 503: the board's database is missing, so that nothing may change. */
enum MHD_Result api_reply_read_only(struct request *request);

/* The body, if it has all of the names (ended by NULL); else NULL, and *answered is the
 * 400 that was sent. */
const json_t *api_fields(
	struct request *request, const char *const *names, enum MHD_Result *answered);

/* The same for what changes the board: 403 for a page of another site,
 * 503 for a board that is read-only. */
const json_t *api_change(
	struct request *request, const char *const *names, enum MHD_Result *answered);

/* Whether a page of another site may have sent it, and the 403 for that. */
bool api_is_cross_site(const struct request *request, bool needs_json);
enum MHD_Result api_reply_cross_site(struct request *request);

/* Whether the body has the admin's token; else *answered is the 401 or 429 that was sent.
 */
bool api_is_admin(struct request *request, const json_t *json, enum MHD_Result *answered);

/* The generator whose token `id` is; NULL: no such generator. */
struct generator *api_generator(struct request *request, const json_t *id);

/* Whether the generator must wait before its next cell. */
bool api_is_cooling_down(const struct generator *generator, uint64_t now_ns);

/* 429 with the time to wait. */
enum MHD_Result api_reply_rate_limited(struct request *request, uint64_t left_ns);

/* Errors that are counted as discarded: 400 for a missing field, 400, 401, and 429 for
 * the generator's own cooldown. */
enum MHD_Result api_reply_missing(struct request *request, const char *name);
enum MHD_Result api_reply_malformed(struct request *request, const char *text);
enum MHD_Result api_reply_unauthorized(struct request *request);
enum MHD_Result api_reply_cooldown(
	struct request *request, const struct generator *generator, uint64_t now_ns);
