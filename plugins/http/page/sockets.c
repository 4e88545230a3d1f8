/* SPDX-License-Identifier: MIT */
/* Finds the instances whose WebSockets the page may use. */
#include "http/page/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/web/reached.h"

/* NULL: the plugin has no such option. */
static const struct mural_option *
find_option(const struct mural_plugin *plugin, const char *name)
{
	const struct mural_option *option = plugin->options;

	while (option && option->name && strcmp(option->name, name) != 0)
		option++;
	return option && option->name ? option : NULL;
}

static bool
takes_websockets(const struct mural_instance *instance)
{
	const struct mural_option *option = find_option(instance->plugin, "websocket");
	const char *config = instance->host->config;

	return option && option->type == MURAL_TYPE_BOOL &&
	       *(const bool *)(config + option->offset);
}

/* What is not advertised is nobody's business. */
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
