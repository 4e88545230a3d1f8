/* SPDX-License-Identifier: MIT */
/* Binds sockets, and explains what prevents it. */
#include "ingest/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "ingest/multicast.h"
#include "lib/address.h"
#include "lib/peer-address.h"

/* A client that finds the queue full retries after a second; the kernel caps it. */
#define BACKLOG 4096

/* A burst of datagrams needs a large receive buffer; the kernel caps it. */
#define UDP_BUFFER_BYTES (8 * 1024 * 1024)

/* A silent client is probed after a minute, and closed after six unanswered probes in
 * another minute. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 6

/* A socket file on which no process listens is left over from a crash. */
static void
remove_stale_socket(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int
bind_unix(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	remove_stale_socket(&address);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		(type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

/* Clients inherit it.  The connections of a machine that vanished would otherwise stay
 * for ever, and count against the limit of their source. */
static void
enable_keepalive(int fd)
{
	const int one = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S,
		  probes = KEEPALIVE_PROBES;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

static void
set_socket_options(int fd, int family, int type)
{
	const int one = 1, zero = 0, bytes = UDP_BUFFER_BYTES;

	if (type == SOCK_STREAM) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		enable_keepalive(fd);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	}
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
}

/* The group is joined once its port is bound. */
static int
bind_group(int fd, const struct addrinfo *info, const char *interface)
{
	struct sockaddr_storage address = { 0 };

	memcpy(&address, info->ai_addr, info->ai_addrlen);
	multicast_prepare(fd, (struct sockaddr *)&address, interface);
	if (bind(fd, (struct sockaddr *)&address, info->ai_addrlen) < 0)
		return -errno;
	return multicast_join(fd, info->ai_addr, interface);
}

static int
bind_addrinfo(const struct addrinfo *info, const char *interface, bool serve)
{
	int fd, ret = 0;

	fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	set_socket_options(fd, info->ai_family, info->ai_socktype);
	if (info->ai_socktype == SOCK_DGRAM && multicast_is_group(info->ai_addr))
		ret = bind_group(fd, info, interface);
	else if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 ||
		 (serve && info->ai_socktype == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		ret = -errno;
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

/* Takes the interface off 239.1.2.3%eth0 and ff05::1%eth0, where getaddrinfo() knows
 * none; NULL: the address has none, or is no group's. */
static const char *
split_interface(char *host)
{
	char *interface = strchr(host, '%');
	struct in6_addr in6;

	if (!interface)
		return NULL;
	*interface = '\0';
	if (inet_pton(AF_INET6, host, &in6) == 1 && !IN6_IS_ADDR_MULTICAST(&in6)) {
		*interface = '%';
		return NULL;
	}
	return interface + 1;
}

/* `serve`: clients may come.  *resolve_error: getaddrinfo()'s word on a host that it does
 * not know. */
static int
bind_inet(const char *address, int type, bool serve, const char **resolve_error)
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_PASSIVE };
	struct addrinfo *infos;
	struct address_parts parts;
	const char *interface;
	char host[300];
	int ret;

	address_split(address, strlen(address), &parts);
	if (snprintf(host, sizeof(host), "%.*s", (int)parts.host_len, parts.host) >=
		(int)sizeof(host))
		return -ENAMETOOLONG;
	interface = split_interface(host);
	ret = getaddrinfo(*host ? host : NULL, parts.port, &hints, &infos);
	if (ret == EAI_SYSTEM)
		return -errno;
	if (ret != 0) {
		*resolve_error = gai_strerror(ret);
		return -EADDRNOTAVAIL;
	}
	ret = bind_addrinfo(infos, interface, serve);
	freeaddrinfo(infos);
	/* a machine without IPv6 still has all its IPv4 addresses */
	if (ret == -EAFNOSUPPORT && strcmp(host, "::") == 0) {
		snprintf(host, sizeof(host), "0.0.0.0:%s", parts.port);
		return bind_inet(host, type, serve, resolve_error);
	}
	return ret;
}

/* What is wrong and what to do next; NULL: strerror() is as good. */
static const char *
bind_advice(int error, bool is_path)
{
	switch (error) {
	case EADDRINUSE:
		if (is_path)
			return "another program does, or another instance here; stop it, "
			       "or choose another path";
		return "another program does, or another instance here; stop it, or "
		       "choose another port";
	case EEXIST:
		return "that path exists and is not a socket; remove it, or choose "
		       "another";
	case EACCES:
		if (is_path)
			return "murald may not write to its folder; choose another";
		return "ports below 1024 need CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "this machine has no such address; ip address lists those it has";
	case ENODEV:
		return "no interface for that multicast group; ip link lists those this "
		       "machine has";
	case ENOENT:
		return "its folder does not exist; create it, or choose another";
	default:
		return NULL;
	}
}

int
socket_bind(const char *name, const char *address, int type)
{
	const char *resolve_error = NULL;
	const char *path = address_unix_path(address);
	int fd = path ? bind_unix(path, type)
		      : bind_inet(address, type, true, &resolve_error);

	if (resolve_error) {
		log_error(
			"%s: cannot listen on %s: no address is known for that host: %s",
			name, address, resolve_error);
	} else if (fd < 0) {
		const char *advice = bind_advice(-fd, path != NULL);

		log_error("%s: cannot listen on %s: %s", name, address,
			advice ? advice : strerror(-fd));
	}
	return fd;
}

int
socket_try_bind(const char *address, int type)
{
	const char *resolve_error = NULL;
	int fd = bind_inet(address, type, false, &resolve_error);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

uint16_t
socket_text(int fd, const char *address, char *text, size_t len)
{
	union peer_address bound = { .any.sa_family = AF_UNSPEC };
	socklen_t bound_len = sizeof(bound);
	uint16_t port;

	(void)getsockname(fd, &bound.any, &bound_len);
	port = peer_address_port(&bound);
	if (port)
		snprintf(text, len, "%.*s:%u", (int)(strrchr(address, ':') - address),
			address, port);
	else
		snprintf(text, len, "%s", address);
	return port;
}

bool
socket_bound_address(int fd, char text[ADDRESS_TEXT_MAX])
{
	union peer_address bound = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(bound);
	bool is_wildcard = true;

	(void)getsockname(fd, &bound.any, &len);
	if (bound.any.sa_family == AF_INET)
		is_wildcard = bound.in4.sin_addr.s_addr == htonl(INADDR_ANY);
	if (bound.any.sa_family == AF_INET6)
		is_wildcard = IN6_IS_ADDR_UNSPECIFIED(&bound.in6.sin6_addr);
	return !is_wildcard && uv_ip_name(&bound.any, text, ADDRESS_TEXT_MAX) == 0;
}
