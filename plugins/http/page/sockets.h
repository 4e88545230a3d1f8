/* SPDX-License-Identifier: MIT */
/* Where the page's visitors may paint by WebSockets of other instances. */
#pragma once

#include <jansson.h>
#include <mural/plugin.h>

#include "http/web/reached.h"

/* A JSON array of the Pixelflut instances that take WebSockets: name, port, and their
 * region of the canvas.  NULL: out of memory. */
json_t *page_pixelflut_json(struct mural_host *host);

/* The same of the p2 instances that ask for no password, with where their 0,0 is and how
 * many pixels a visitor may send: a second, and at once. */
json_t *page_p2_json(struct mural_host *host);

#define PAGE_SOCKETS_MAX (REACHED_HOST_MAX + 16)

/* Where a page's scripts may connect to, besides this server, for its policy: the same
 * host at other ports; empty if the request does not name it. */
void page_sockets(const struct request *request, char text[PAGE_SOCKETS_MAX]);
