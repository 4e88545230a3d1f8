/* SPDX-License-Identifier: MIT */
/* Asks a plugin's hint() and logs what it answers for this machine's addresses. */
#include "ingest/hint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/host-address.h"
#include "base/log.h"
#include "base/util.h"
#include "config/option.h"
#include "ingest/ingest.h"

#define ORANGE 0xffff8000

/* Parts of the region's width and height that a block has. */
enum { BLOCK_ACROSS = 16, BLOCK_DOWN = 27 };

static bool
is_web_page(const struct instance *instance)
{
	return strcmp(instance->plugin->name, "http") == 0;
}

bool
hint_is_private(const struct instance *instance)
{
	const char *text = instance->common.advertise;

	return !*text || option_word_index("no false off", text) >= 0;
}

/* What the section says in place of a hint; NULL: nothing. */
static const char *
advertised_text(const struct instance *instance)
{
	const char *text = instance->common.advertise;
	const char *url = instance->ingest->server->public_url;

	if (option_word_index("yes true on", text) < 0)
		return text;
	return *url && is_web_page(instance) ? url : NULL;
}

/* Asks the plugin for a hint with the public address, if there is one and it fits: a
 * pixel that is an address needs another one. */
static int
ask_plugin(const struct instance *instance, const struct mural_hint_request *request,
	char *text, size_t len)
{
	struct mural_hint_request public = *request;
	int ret = -ENOENT;

	public.address = instance->ingest->server->public_address;
	public.is_public = 1;
	if (!instance->plugin->hint)
		return -ENOENT;
	if (*public.address)
		ret = instance->plugin->hint(&instance->host, &public, text, len);
	return ret > 0 ? ret
		       : instance->plugin->hint(&instance->host, request, text, len);
}

static int
invitation(const struct instance *instance, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const char *said;

	if (!instance->is_open)
		return -ENOENT;
	if (hint_is_private(instance))
		return -EPERM;
	said = advertised_text(instance);
	return said ? snprintf(text, len, "%s", said)
		    : ask_plugin(instance, request, text, len);
}

int
mural_invitation(const struct mural_instance *pub,
	const struct mural_hint_request *request, char *text, size_t len)
{
	return invitation(
		container_of(pub->host, const struct instance, host), request, text, len);
}

const char *
mural_public_url(const struct mural_host *host)
{
	const char *url = container_of(host, const struct instance, host)
				  ->ingest->server->public_url;

	return *url ? url : NULL;
}

const char *
mural_title(const struct mural_host *host)
{
	const char *title =
		container_of(host, const struct instance, host)->ingest->display->title;

	return *title ? title : NULL;
}

bool
hint_is_text(const struct instance *instance)
{
	return instance->ingest && advertised_text(instance);
}

bool
hint_is_public(const struct instance *instance)
{
	return instance->ingest &&
	       (advertised_text(instance) || *instance->ingest->server->public_address);
}

/* Aimed at the middle. */
static struct mural_hint_request
make_request(const struct instance *instance, const char *address,
	struct mural_dimensions block)
{
	return (struct mural_hint_request){
		.size = sizeof(struct mural_hint_request),
		.address = *instance->address ? instance->address : address,
		.x = (instance->host.width - block.width) / 2,
		.y = (instance->host.height - block.height) / 2,
		.colour = ORANGE,
		.width = block.width,
		.height = block.height,
	};
}

static int
ask(const struct instance *instance, const struct mural_hint_request *request, char *text,
	size_t len)
{
	int ret = invitation(instance, request, text, len);

	if (ret <= 0)
		return -ENOENT;
	return (size_t)ret < len ? ret : -EMSGSIZE;
}

int
hint_text(const struct instance *instance, const char *address, char *text, size_t len)
{
	const struct mural_hint_request request =
		make_request(instance, address, (struct mural_dimensions){ 0, 0 });

	return ask(instance, &request, text, len);
}

int
hint_block(const struct instance *instance, const char *address,
	struct mural_dimensions *size, char *text, size_t len)
{
	const struct mural_dimensions block = {
		MAX(instance->host.width / BLOCK_ACROSS, 1),
		MAX(instance->host.height / BLOCK_DOWN, 1),
	};
	struct mural_hint_request request = make_request(instance, address, block);
	char one[512];
	int ret = ask(instance, &request, text, len);

	*size = block;
	request.width = request.height = 0;
	if (ret > 0 && ask(instance, &request, one, sizeof(one)) > 0 &&
		strcmp(text, one) == 0)
		return -ENOENT;
	return ret;
}

/* Commands for systems on which the usual one does not work, and one that is seen from
 * afar. */
static void
log_more(const struct instance *instance, const char *address, const char *usual)
{
	static const struct {
		enum mural_system system;
		const char *where;
	} others[] = {
		{ MURAL_BSD, "on macOS and BSD" },
		{ MURAL_WINDOWS, "in PowerShell" },
		{ MURAL_PYTHON, "with Python" },
	};
	struct mural_hint_request request =
		make_request(instance, address, (struct mural_dimensions){ 0, 0 });
	struct mural_dimensions size;
	char text[512];

	if (hint_block(instance, address, &size, text, sizeof(text)) > 0)
		log_info("%s: paint %ux%u pixels with: %s", instance->host.name,
			size.width, size.height, text);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		request.system = others[i].system;
		if (ask(instance, &request, text, sizeof(text)) > 0 &&
			strcmp(text, usual) != 0)
			log_info(
				"%s: %s: %s", instance->host.name, others[i].where, text);
	}
}

/* Leaves out a hint that is the same for both families, and one that only works on this
 * machine when there is a better one. */
void
hint_log(const struct instance *instance)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char text[512], before[512] = "", address[ADDRESS_TEXT_MAX] = "";
	bool public = hint_is_public(instance);

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if ((host_address_get(families[i], address) < 0 && !public) ||
			hint_text(instance, address, text, sizeof(text)) < 0 ||
			strcmp(text, before) == 0)
			continue;
		if (*before && host_address_is_loopback(address) && strstr(text, address))
			continue;
		log_info("%s: paint with: %s", instance->host.name, text);
		if (!*before)
			log_more(instance, address, text);
		memcpy(before, text, sizeof(before));
	}
}
