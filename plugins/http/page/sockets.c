/* SPDX-License-Identifier: MIT */
/* Finds the instances whose WebSockets the page may use. */
#include "http/page/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/web/reached.h"
#include "lib/digits.h"

/* The value of an instance's option; NULL: the plugin has none of that name and type. */
static const void *
option_value(
	const struct mural_instance *instance, const char *name, enum mural_type type)
{
	const struct mural_option *option = instance->plugin->options;

	while (option && option->name && strcmp(option->name, name) != 0)
		option++;
	if (!option || !option->name || option->type != type)
		return NULL;
	return (const char *)instance->host->config + option->offset;
}

static bool
takes_websockets(const struct mural_instance *instance)
{
	const bool *websocket = option_value(instance, "websocket", MURAL_TYPE_BOOL);

	return websocket && *websocket;
}

/* The second of the words of p2's `auth`. */
enum { P2_AUTH_NONE = 1 };

/* An instance that is not advertised is not named to visitors. */
static bool
is_advertised(const struct mural_instance *instance)
{
	const struct mural_hint_request request = {
		.size = sizeof(request),
		.address = "HOST",
	};
	char text[16];

	return mural_invitation(instance, &request, text, sizeof(text)) != -EPERM;
}

static void
add_instance(const struct mural_instance *instance, void *arg)
{
	const struct mural_host *host = instance->host;

	if (strcmp(instance->plugin->name, "pixelflut") != 0 || !instance->is_open ||
		host->port == 0 || !takes_websockets(instance) ||
		!is_advertised(instance))
		return;
	(void)json_array_append_new(arg,
		json_pack("{sssisisisisi}", "name", host->name, "port", (int)host->port,
			"left", (int)host->left, "top", (int)host->top, "width",
			(int)host->width, "height", (int)host->height));
}

/* p2's WebSockets have a listener of their own.  0: no port, or one that only the kernel
 * knows. */
static unsigned
websocket_port(const struct mural_instance *instance)
{
	const char *const *address =
		option_value(instance, "websocket", MURAL_TYPE_ADDRESS);
	const char *colon = address ? strrchr(*address, ':') : NULL;
	uint64_t port = 0;

	if (colon && !*instance->host->listen)
		return instance->host->port;
	return colon && digits_read(colon + 1, UINT16_MAX, &port) ? (unsigned)port : 0;
}

static bool
takes_anybody(const struct mural_instance *instance)
{
	const uint32_t *auth = option_value(instance, "auth", MURAL_TYPE_CHOICE);

	return auth && *auth == P2_AUTH_NONE;
}

static void
add_p2(const struct mural_instance *instance, void *arg)
{
	const struct mural_host *host = instance->host;
	const char *const *origin = option_value(instance, "origin", MURAL_TYPE_TEXT);
	const int64_t *rate = option_value(instance, "put_rate", MURAL_TYPE_NUMBER);
	const int64_t *burst = option_value(instance, "put_burst", MURAL_TYPE_NUMBER);

	if (strcmp(instance->plugin->name, "p2") != 0 || !instance->is_open ||
		websocket_port(instance) == 0 || !origin || !rate || !burst ||
		!is_advertised(instance))
		return;
	(void)json_array_append_new(arg,
		json_pack("{sssisisisisisssIsIsb}", "name", host->name, "port",
			(int)websocket_port(instance), "left", (int)host->left, "top",
			(int)host->top, "width", (int)host->width, "height",
			(int)host->height, "origin", *origin, "rate", (json_int_t)*rate,
			"burst", (json_int_t)*burst, "login", !takes_anybody(instance)));
}

json_t *
page_p2_json(struct mural_host *host)
{
	json_t *all = json_array();

	if (all)
		mural_each_instance(host, add_p2, all);
	return all;
}

json_t *
page_pixelflut_json(struct mural_host *host)
{
	json_t *all = json_array();

	if (all)
		mural_each_instance(host, add_instance, all);
	return all;
}

void
page_sockets(const struct request *request, char text[PAGE_SOCKETS_MAX])
{
	/* without those of IPv6 addresses, which a policy cannot name */
	static const char named[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	char host[REACHED_HOST_MAX];

	*text = '\0';
	if (reached_host(request, host) && strspn(host, named) == strlen(host))
		snprintf(text, PAGE_SOCKETS_MAX, "ws://%s:*", host);
}
