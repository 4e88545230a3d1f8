/* SPDX-License-Identifier: MIT */
/* p² where murald was built without the libraries for WebSocket: says so, once, and
 * leaves TCP alone. */
#include "p2/p2.h"

int
p2_websocket_start(struct p2 *p2)
{
	mural_log(p2->host, MURAL_WARN,
		"not listening on %s: built without WebSocket, which needs "
		"libmicrohttpd-dev libwslay-dev libmd-dev; set websocket = (nothing) to "
		"go without this line",
		p2->config->websocket);
	return 0;
}

void
p2_websocket_unlisten(struct p2 *p2)
{
	(void)p2;
}

void
p2_websocket_stop(struct p2 *p2)
{
	(void)p2;
}
