/* SPDX-License-Identifier: MIT */
/*
 * Joining: the shared picture from a snapshot and what the log has behind it.
 *
 * Until all of that is read the canvas stays as it is.  Then it follows where nobody has
 * painted here since; what was painted here stays, differs, and is sent.
 */
#pragma once

#include "link/link.h"

void join_begin(struct link *link);
void join_snapshot(struct link *link, const struct snapshot *snapshot); /* NULL: none */
void join_seeded(struct link *link, bool done);
void join_finish(struct link *link);

/* Is an id, as text, of before this wall joined? */
bool join_was_after(const struct link *link, const struct blob *id);
