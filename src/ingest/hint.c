/* SPDX-License-Identifier: MIT */
/* Asks a plugin's hint() and logs what it answers for this machine's addresses. */
#include "ingest/hint.h"

#include <errno.h>
#include <string.h>

#include "base/host-address.h"
#include "base/log.h"
#include "base/util.h"

#define ORANGE 0xffff8000

static int
ask(const struct instance *instance, enum mural_system system, const char *address,
	char *text, size_t len)
{
	struct mural_hint_request request = {
		.size = sizeof(request),
		.system = system,
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

int
hint_text(const struct instance *instance, const char *address, char *text, size_t len)
{
	return ask(instance, MURAL_ANY_SYSTEM, address, text, len);
}

/* Commands for those on whose systems the usual one does not work. */
static void
log_others(const struct instance *instance, const char *address, const char *usual)
{
	static const struct {
		enum mural_system system;
		const char *where;
	} others[] = {
		{ MURAL_BSD, "on macOS and BSD" },
		{ MURAL_WINDOWS, "in PowerShell" },
		{ MURAL_PYTHON, "with Python" },
	};
	char text[512];

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (ask(instance, others[i].system, address, text, sizeof(text)) > 0 &&
			strcmp(text, usual) != 0)
			log_info(
				"%s: %s: %s", instance->host.name, others[i].where, text);
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
		if (!*before)
			log_others(instance, address, text);
		memcpy(before, text, sizeof(before));
	}
}
