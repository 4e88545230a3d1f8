/* SPDX-License-Identifier: MIT */
/* What the routes of the board's API share (doc/protocols.md, 3.2). */
#ifndef HTTP_BOARD_API_H
#define HTTP_BOARD_API_H

#include "http/web/request.h"

struct generator;
struct palette;

/* api-register.c */
enum MHD_Result api_register(struct request *request);
enum MHD_Result api_remove(struct request *request);

/* api-pixel.c */
enum MHD_Result api_update(struct request *request);
enum MHD_Result api_click(struct request *request);

/* api-admin.c */
enum MHD_Result api_rate(struct request *request);
enum MHD_Result api_enable(struct request *request);
enum MHD_Result api_disable(struct request *request);

/* The body, when it has all of the names (ended by NULL); else NULL, and the 400 for it
 * in *answered. */
const json_t *api_fields(
	struct request *request, const char *const *names, enum MHD_Result *answered);

/* Who has that id; NULL: nobody. */
struct generator *api_generator(struct request *request, const json_t *id);

/* Whether the generator set a cell too short ago. */
bool api_is_cooling_down(const struct generator *generator, uint64_t now_ns);

/* 429 with the time that is left. */
enum MHD_Result api_reply_rate_limited(struct request *request, uint64_t left_ns);

/* Answers that are counted as what they refuse: 400 for a field that is not there, 400,
 * 401, and 429 for the generator's own cooldown. */
enum MHD_Result api_reply_missing(struct request *request, const char *name);
enum MHD_Result api_reply_malformed(struct request *request, const char *text);
enum MHD_Result api_reply_unauthorized(struct request *request);
enum MHD_Result api_reply_cooldown(
	struct request *request, const struct generator *generator, uint64_t now_ns);

/* Its colours as "#rrggbb", in their order. */
json_t *palette_json(const struct palette *palette);

#endif
