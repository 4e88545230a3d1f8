/* SPDX-License-Identifier: MIT */
/* A subscriber of an MQTT broker: "X Y RRGGBB" about wall/# is a pixel. */
#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mural/plugin.h>

struct mqtt {
	struct mosquitto *client;
	int sockets[2]; /* murald's end, the thread's end */
};

struct mqtt_config {
	const char *broker;
	int64_t port;
};

static const struct mural_option options[] = {
	MURAL_TEXT(struct mqtt_config, broker, "localhost", "host of the broker"),
	MURAL_NUMBER(struct mqtt_config, port, "1883", NULL, 1, 65535, "its port"),
	{ 0 },
};

static void
on_connect(struct mosquitto *client, void *host, int error)
{
	(void)host;
	if (!error)
		mosquitto_subscribe(client, NULL, "wall/#", 0);
}

static void
on_message(struct mosquitto *client, void *host, const struct mosquitto_message *message)
{
	const struct mqtt *mqtt = ((struct mural_host *)host)->state;

	(void)client; /* this is the library's thread, which may not paint */
	(void)send(mqtt->sockets[1], message->payload, message->payloadlen, 0);
}

static int
mqtt_attach(struct mural_host *host)
{
	const struct mqtt_config *config = host->config;
	struct mqtt *mqtt = host->state;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, mqtt->sockets) < 0)
		return -errno;
	mosquitto_lib_init();
	mqtt->client = mosquitto_new(NULL, true, host);
	mosquitto_connect_callback_set(mqtt->client, on_connect);
	mosquitto_message_callback_set(mqtt->client, on_message);
	mosquitto_loop_start(mqtt->client); /* first: its thread tries again and again */
	mosquitto_connect_async(mqtt->client, config->broker, (int)config->port, 60);
	return mqtt->sockets[0];
}

static int
mqtt_drain(struct mural_host *host, struct mural_brush *brush)
{
	const struct mqtt *mqtt = host->state;
	unsigned x, y, rgb;
	char text[32] = { 0 };

	if (recv(mqtt->sockets[0], text, sizeof(text) - 1, 0) < 0)
		return 0;
	if (sscanf(text, "%u %u %6x", &x, &y, &rgb) == 3)
		mural_put(brush, x, y, 0xff000000 | rgb);
	else
		mural_discard(brush, MURAL_MALFORMED, 1);
	return 1; /* there may be more */
}

static void
mqtt_detach(struct mural_host *host)
{
	struct mqtt *mqtt = host->state;

	mosquitto_disconnect(mqtt->client);
	mosquitto_loop_stop(mqtt->client, true);
	mosquitto_destroy(mqtt->client);
	close(mqtt->sockets[0]);
	close(mqtt->sockets[1]);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "mqtt",
	.summary = "pixels from an MQTT broker",
	.transports = MURAL_POLLER,
	.options = options,
	.config_size = sizeof(struct mqtt_config),
	.state_size = sizeof(struct mqtt),
	.attach = mqtt_attach,
	.drain = mqtt_drain,
	.detach = mqtt_detach,
};
