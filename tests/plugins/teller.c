/* SPDX-License-Identifier: MIT */
/* A plugin for test_telling.py that does what its clients' lines say, and answers with a
 * line each: it says things of itself, and uses what murald has to help authors. */
#include <mural/plugin.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TELLER_NAME
#define TELLER_NAME "teller"
#endif

struct teller_config {
	const char *token, *file;
	const char *const *words;
	uint64_t wait, room;
};

static const struct mural_option options[] = {
	MURAL_SECRET(struct teller_config, token, "a secret"),
	MURAL_PATH(struct teller_config, file, "", "a path"),
	MURAL_LIST(struct teller_config, words, "one two", NULL, "words"),
	MURAL_DURATION_FROM(struct teller_config, wait, "1s", 10, 60000, "a duration"),
	MURAL_BYTES_FROM(struct teller_config, room, "1K", 1, INT64_MAX, "bytes"),
	{ 0 },
};

static const struct mural_metric metrics[] = {
	{ "messages", MURAL_COUNTER, "Messages, \"quoted\" and with a \\." },
	{ "queue_length", MURAL_GAUGE, "What waits." },
	{ 0 },
};

static void __attribute__((format(printf, 2, 3)))
say(struct mural_conn *conn, const char *format, ...)
{
	char text[5000];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	text[len++] = '\n';
	(void)mural_reply(conn, text, (size_t)len);
}

static void
tell_options(struct mural_conn *conn)
{
	const struct teller_config *config = conn->config;
	char words[200] = "";

	for (const char *const *word = config->words; *word; word++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s",
			*word);
	say(conn, "%s %s %d %d%s", config->token, config->file, (int)config->wait,
		(int)config->room, words);
}

/* Binds, and says what to; the socket is closed again. */
static void
try_bind(struct mural_conn *conn, enum mural_transport transport, const char *address)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	char text[200] = "";
	int type = 0, listens = 0, fd = mural_bind(conn->host, address, transport);

	if (fd < 0) {
		say(conn, "%s", strerror(-fd));
		return;
	}
	getsockname(fd, (struct sockaddr *)&bound, &len);
	len = sizeof(type);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
	mural_address_text((struct sockaddr *)&bound, text, sizeof(text));
	say(conn, "%s %s %s", type == SOCK_STREAM ? "stream" : "datagram",
		listens ? "listens" : "bound", text);
	close(fd);
}

static void
tell_peer(struct mural_conn *conn)
{
	char text[200], little[4];
	int len = mural_address_text(conn->peer, text, sizeof(text));

	say(conn, "%s %d", text,
		mural_address_text(conn->peer, little, sizeof(little)) == len);
}

static void
tell_folder(struct mural_conn *conn)
{
	char path[4096], little[4];
	int ret = mural_state_folder(conn->host, path, sizeof(path));

	if (ret < 0)
		say(conn, "%s", strerror(-ret));
	else
		say(conn, "%s %d", path,
			mural_state_folder(conn->host, little, sizeof(little)) ==
				-ENAMETOOLONG);
}

static void
obey(struct mural_conn *conn, struct mural_brush *brush, char *line)
{
	unsigned a, b, c, d;
	long value;
	int at = 0;

	if (strncmp(line, "state ", 6) == 0) {
		mural_state(conn->host, line + 6);
		say(conn, "ok");
	} else if (sscanf(line, "set %u %ld", &a, &value) == 2) {
		mural_metric_set(conn->host, a, value);
		say(conn, "ok");
	} else if (sscanf(line, "add %u %ld", &a, &value) == 2) {
		mural_metric_add(conn->host, a, value);
		say(conn, "ok");
	} else if (sscanf(line, "text %u %u %u %u %n", &a, &b, &c, &d, &at) == 4 && at) {
		say(conn, "%u", mural_text(brush, a, b, c, d, 0xffff8000, line + at));
	} else if (strncmp(line, "stream ", 7) == 0) {
		try_bind(conn, MURAL_STREAM, line + 7);
	} else if (strncmp(line, "datagram ", 9) == 0) {
		try_bind(conn, MURAL_DATAGRAM, line + 9);
	} else if (strcmp(line, "options") == 0) {
		tell_options(conn);
	} else if (strcmp(line, "peer") == 0) {
		tell_peer(conn);
	} else if (strcmp(line, "folder") == 0) {
		tell_folder(conn);
	} else {
		say(conn, "what?");
	}
}

static ssize_t
teller_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	const uint8_t *end;
	size_t used = 0;
	char line[MURAL_REST_MAX + 1];

	while ((end = memchr(data + used, '\n', len - used)) &&
		(size_t)(end - data) - used < sizeof(line)) {
		memcpy(line, data + used, end - data - used);
		line[end - data - used] = '\0';
		used = end - data + 1;
		obey(conn, brush, line);
	}
	return (ssize_t)used;
}

static int
teller_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	return snprintf(text, len, "nc %s %u", request->address, host->port);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = TELLER_NAME,
	.summary = "says what it is told to",
	.options = options,
	.config_size = sizeof(struct teller_config),
	.transports = MURAL_STREAM,
	.feed = teller_feed,
	.hint = teller_hint,
	.metrics = metrics,
};
