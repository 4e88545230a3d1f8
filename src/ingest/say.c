/* SPDX-License-Identifier: MIT */
/* Implements what plugins say of themselves and ask for: the line of state, sockets, the
 * text of addresses, a folder. */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <mural/plugin.h>

#include "base/log.h"
#include "base/misuse.h"
#include "base/util.h"
#include "ingest/ingest.h"
#include "ingest/socket.h"

#define STATE_FOLDER LOCALSTATEDIR "/lib/murald"

void
mural_state(struct mural_host *host, const char *text)
{
	struct instance *instance = container_of(host, struct instance, host);

	if (said_set_state(&instance->said, text) && instance->ingest)
		uv_async_send(&instance->ingest->said);
}

int
mural_bind(struct mural_host *host, const char *address, enum mural_transport transport)
{
	if (transport != MURAL_STREAM && transport != MURAL_DATAGRAM)
		misuse_end(host->name, "called %s() for neither a stream nor datagrams",
			__func__);
	return socket_bind(host->name, address,
		transport == MURAL_STREAM ? SOCK_STREAM : SOCK_DGRAM);
}

/* ------------------------------------------------------------------ addresses */

/* An IPv4 client of a socket that takes both has an IPv6 address. */
static void
address_unmap(union peer_address *address)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = address->in6.sin6_port };

	memcpy(&in4.sin_addr, &address->in6.sin6_addr.s6_addr[12], sizeof(in4.sin_addr));
	address->in4 = in4;
}

int
mural_address_text(const struct sockaddr *address, char *text, size_t len)
{
	union peer_address copy = { .any.sa_family = address->sa_family };
	char host[NI_MAXHOST], port[NI_MAXSERV];
	socklen_t size = sizeof(copy.in6);

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&copy.in4, address, sizeof(copy.in4));
		break;
	case AF_INET6:
		memcpy(&copy.in6, address, sizeof(copy.in6));
		break;
	default:
		return snprintf(
			text, len, "%s", address->sa_family == AF_UNIX ? "unix" : "");
	}
	if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&copy.in6.sin6_addr))
		address_unmap(&copy);
	if (copy.any.sa_family == AF_INET)
		size = sizeof(copy.in4);
	if (getnameinfo(&copy.any, size, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return snprintf(text, len, "%s", "");
	return snprintf(text, len, copy.any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		host, port);
}

/* ------------------------------------------------------------------ the folder */

/* Makes a folder and those above it that are missing; `path` is changed on the way. */
static int
make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755); /* the last one says what is wrong */
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int
check_folder(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return eaccess(path, W_OK | X_OK) < 0 ? -errno : 0;
}

int
mural_state_folder(struct mural_host *host, char *path, size_t len)
{
	const char *base = getenv("STATE_DIRECTORY");
	int ret;

	if (!base || !*base)
		base = STATE_FOLDER;
	/* systemd separates several by colons; the first is the program's own */
	if ((size_t)snprintf(path, len, "%.*s/%s", (int)strcspn(base, ":"), base,
		    host->name) >= len)
		return -ENAMETOOLONG;
	ret = make_folders(path);
	if (ret == 0)
		ret = check_folder(path);
	if (ret < 0)
		log_error("%s: cannot use %s for its state: %s; make it a folder that "
			  "murald may write to",
			host->name, path, strerror(-ret));
	return ret;
}
