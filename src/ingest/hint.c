/* SPDX-License-Identifier: MIT */
/* Asks a plugin's hint() and logs what it answers for this machine's addresses. */
#include "ingest/hint.h"

#include <errno.h>
#include <string.h>

#include "base/host-address.h"
#include "base/log.h"
#include "base/util.h"

#define ORANGE 0xffff8000

int
hint_text(const struct instance *instance, const char *address, char *text, size_t len)
{
	struct mural_hint_request request = {
		.size = sizeof(request),
		.address = address,
		.x = instance->host.width / 2,
		.y = instance->host.height / 2,
		.colour = ORANGE,
	};
	int ret;

	if (!instance->plugin->hint || !instance->is_open)
		return -ENOENT;
	if (*instance->address)
		request.address = instance->address;
	ret = instance->plugin->hint(&instance->host, &request, text, len);
	if (ret <= 0)
		return -ENOENT;
	return (size_t)ret < len ? ret : -EMSGSIZE;
}

/* Leaves out a hint that is the same for both families, and one that only works on this
 * machine when there is a better one. */
void
hint_log(const struct instance *instance)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char text[512], before[512] = "", address[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if (host_address_get(families[i], address) < 0 ||
			hint_text(instance, address, text, sizeof(text)) < 0 ||
			strcmp(text, before) == 0)
			continue;
		if (*before && host_address_is_loopback(address) && strstr(text, address))
			continue;
		log_info("%s: paint with: %s", instance->host.name, text);
		memcpy(before, text, sizeof(before));
	}
}
