/* SPDX-License-Identifier: MIT */
/* Writes the commands with which people paint over Pixelflut from a shell. */
#include <stddef.h>
#include <stdio.h>

#include "pixelflut/pixelflut.h"

static int
hint_udp(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	if (host->udp_port == 0 || request->system == MURAL_WINDOWS ||
		request->system == MURAL_PYTHON)
		return -1;
	return snprintf(text, len, "echo \"PX %u %u %06x\" | nc -u -w1 %s %u", request->x,
		request->y, request->colour & 0xffffff, request->address, host->udp_port);
}

/* Runs in the shells of Linux and macOS. */
static int
hint_block(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	return snprintf(text, len,
		"for y in {%u..%u}; do seq -f \"PX %%g $y %06x\" %u %u; done | nc -w1 %s "
		"%u",
		request->y, request->y + request->height - 1, request->colour & 0xffffff,
		request->x, request->x + request->width - 1, request->address,
		host->port);
}

/* murald may be older than that part of the request. */
static bool
wants_block(const struct mural_hint_request *request)
{
	return request->size >= offsetof(struct mural_hint_request, height) +
					sizeof(request->height) &&
	       request->width > 0 && request->height > 0;
}

int
pixelflut_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	uint32_t colour = request->colour & 0xffffff;

	if (host->port == 0)
		return hint_udp(host, request, text, len);
	if (request->system == MURAL_WINDOWS)
		return snprintf(text, len,
			"(New-Object Net.Sockets.TcpClient '%s',%u).Client.Send("
			"[Text.Encoding]::ASCII.GetBytes(\"PX %u %u %06x`n\"))",
			request->address, host->port, request->x, request->y, colour);
	if (request->system == MURAL_PYTHON)
		return snprintf(text, len,
			"python3 -c \"import socket; socket.create_connection(('%s', "
			"%u)).sendall(b'PX %u %u %06x\\n')\"",
			request->address, host->port, request->x, request->y, colour);
	/* every netcat knows -w; not all know -N */
	if (wants_block(request))
		return hint_block(host, request, text, len);
	return snprintf(text, len, "echo \"PX %u %u %06x\" | nc -w1 %s %u", request->x,
		request->y, colour, request->address, host->port);
}
