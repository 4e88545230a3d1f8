/* SPDX-License-Identifier: MIT */
/* Stands in for p² over WebSocket where murald was built without its libraries. */
#include "p2/p2.h"

int
p2_websocket_start(struct p2 *p2)
{
	mural_log(p2->host, MURAL_WARN,
		"not listening on %s: built without WebSocket, which needs "
		"libmicrohttpd-dev libwslay-dev libmd-dev; an empty websocket = "
		"silences this",
		p2->config->websocket);
	return 0;
}

void
p2_websocket_stop(struct p2 *p2)
{
	(void)p2;
}
