/* SPDX-License-Identifier: MIT */
/* A plugin whose author did not read the manual: each client's word is a mistake; test_careless.py loads
 * it. */
#include <mural/plugin.h>

#include <string.h>

static const struct mural_metric metrics[] = {
	{ "words", MURAL_COUNTER, "Words." },
	{ 0 },
};

/* What feed() returns. */
static ssize_t
err(struct mural_conn *conn, struct mural_brush *brush, const char *word, size_t len)
{
	uint32_t outside = 1;

	if (strcmp(word, "feed\n") == 0)
		return (ssize_t)len + 1;
	else if (strcmp(word, "mural_metric_set\n") == 0)
		mural_metric_set(conn->host, outside, 1);
	else if (strcmp(word, "mural_metric_add\n") == 0)
		mural_metric_add(conn->host, outside, 1);
	else if (strcmp(word, "mural_bind\n") == 0)
		(void)mural_bind(conn->host, "127.0.0.1:0", MURAL_POLLER);
	else if (strcmp(word, "mural_reader_new\n") == 0)
		(void)mural_reader_new(conn->host, NULL, NULL, NULL);
	else if (strcmp(word, "mural_conn_admit\n") == 0)
		(void)mural_conn_admit(conn->host, conn->peer);
	else
		mural_put(brush, 1, 0, 0xff0000ff);
	return (ssize_t)len;
}

static ssize_t
careless_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	char word[64] = { 0 };

	if (len == 0 || len >= sizeof(word) || data[len - 1] != '\n')
		return 0;
	memcpy(word, data, len);
	return err(conn, brush, word, len);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "careless",
	.summary = "makes mistakes",
	.transports = MURAL_STREAM,
	.feed = careless_feed,
	.metrics = metrics,
};
