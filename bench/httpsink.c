/* SPDX-License-Identifier: MIT */
/* The http plugin's web server, answering every request with the same 200.  Prints its
 * port and serves until it is killed. */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/mhd-uv.h"

struct sink {
	struct mhd_uv server;
	struct MHD_Response *response;
	int listener;
	uv_poll_t poll;
};

static enum MHD_Result
answer(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_len, void **request)
{
	struct sink *sink = arg;

	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	if (!*request) {
		*request = sink;
		return MHD_YES;
	}
	if (*upload_len > 0) {
		*upload_len = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, sink->response);
}

static void
on_client(uv_poll_t *poll, int status, int events)
{
	struct sink *sink = poll->data;
	int fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)status;
	(void)events;
	if (fd >= 0)
		mhd_uv_accept(&sink->server, fd);
}

static void
listen_anywhere(struct sink *sink)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);

	sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sink->listener < 0 ||
		bind(sink->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(sink->listener, 128) < 0 ||
		getsockname(sink->listener, (struct sockaddr *)&address, &len) < 0)
		err(1, "cannot listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
}

int
main(void)
{
	static const char text[] = "{\"rate\":0,\"success\":true}\n";
	struct sink sink = { .listener = -1 };
	uv_loop_t *loop = uv_default_loop();

	sink.response = MHD_create_response_from_buffer(
		sizeof(text) - 1, (void *)text, MHD_RESPMEM_PERSISTENT);
	if (!sink.response || MHD_add_response_header(sink.response, "Content-Type",
				      "application/json") == MHD_NO)
		errx(1, "no memory");
	if (mhd_uv_start(&sink.server, loop, 8 * 1024, 30, answer, &sink, NULL) < 0)
		errx(1, "cannot start libmicrohttpd");
	listen_anywhere(&sink);
	uv_poll_init(loop, &sink.poll, sink.listener);
	sink.poll.data = &sink;
	uv_poll_start(&sink.poll, UV_READABLE, on_client);
	return uv_run(loop, UV_RUN_DEFAULT);
}
