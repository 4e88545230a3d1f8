/* SPDX-License-Identifier: MIT */
/* What the two ways to ask share: once (api.c), or again and again (live.c). */
#pragma once

#include "http/operator/operator.h"

/* The question of the request; who gets the answer is not filled in. */
struct mural_question operator_question(const struct request *request);

/* The status that an answer has over HTTP. */
unsigned operator_status(const char *json, size_t len);

/* {"error": WORD, "why": TEXT} */
enum MHD_Result operator_reply_word(
	struct request *request, unsigned status, const char *word, const char *why);

/* Answers again and again until the client leaves, a line a chunk; `every` is the time
 * between two, milliseconds as text. */
enum MHD_Result operator_live(struct request *request, const char *every);
