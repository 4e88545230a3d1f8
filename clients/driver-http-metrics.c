/* SPDX-License-Identifier: MIT */
/* Reads the metrics of a wall, in the Prometheus text format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "driver-http.h"

#define METRICS_MAX ((size_t)4 << 20)

int
http_metrics(struct connection *connection, char **text)
{
	struct http_board *board = connection->state;
	json_t *answer;
	int status;

	board->http.most = METRICS_MAX;
	status = json_client_request(&board->http, "GET", "/metrics", NULL, &answer);
	if (status < 0)
		return status;
	if (status != 200)
		return response_error(connection, "its metrics", status, answer);
	json_decref(answer);
	*text = strndup(board->http.len ? board->http.body : "", board->http.len);
	return *text ? 0 : console_error(-ENOMEM, "out of memory");
}
