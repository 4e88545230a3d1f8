/* SPDX-License-Identifier: MIT */
/* Bounds how many clients there are: each costs five to ten KiB, whatever it does. */
#include <stdlib.h>
#include <sys/resource.h>

#include "common/claims.h"
#include "http/web/web.h"

/* WebSockets too; and no more than half of all descriptors. */
#define CLIENTS_MAX 8192

/* When one has to give way, this part of all does: looking at all of them takes a while.
 */
#define PARTS 64

/* Of one source those that are no WebSockets are older than all that are. */
#define WEBSOCKET_AGE (UINT64_C(1) << 62)

unsigned
http_clients_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 2 > CLIENTS_MAX)
		return CLIENTS_MAX;
	return files.rlim_cur / 2;
}

void
http_clients_make_room(struct web *web)
{
	const struct http_clients *clients = &web->clients;
	struct claim *claims;
	size_t n = 0;

	if (clients->n - clients->n_leaving < clients->max)
		return;
	claims = calloc(clients->n, sizeof(*claims));
	if (!claims)
		return;
	for (struct http_client *client = clients->first; client; client = client->next)
		if (!client->leaving) {
			claims[n] = (struct claim){ .who = client,
				.source = client->source->key,
				.age = clients->n - n +
				       (client->upgraded ? WEBSOCKET_AGE : 0),
				.amount = 1 };
			n++;
		}
	claims_rank(claims, n);
	for (size_t i = 0; i <= clients->max / PARTS && i < n; i++)
		http_client_abort(web, claims[i].who);
	free(claims);
}
