/* SPDX-License-Identifier: MIT */
/* Recognises proxies by their addresses, and finds the client that a request is from. */
#include "http/web/proxy.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/address.h"

static bool
parse_host(const char *text, size_t len, union peer_address *address)
{
	char host[INET6_ADDRSTRLEN];

	*address = (union peer_address){ 0 };
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &address->in4.sin_addr) == 1) {
		address->any.sa_family = AF_INET;
		return true;
	}
	*address = (union peer_address){ 0 };
	address->any.sa_family = AF_INET6;
	return inet_pton(AF_INET6, host, &address->in6.sin6_addr) == 1;
}

/* With a port, or without. */
static bool
parse_address(const char *text, size_t len, union peer_address *address)
{
	struct address_parts parts;

	if (address_is_v6(text, len))
		return parse_host(text, len, address);
	address_split(text, len, &parts);
	return parse_host(parts.host, parts.host_len, address);
}

/* IPv4 by way of an IPv6 socket is IPv4. */
static struct in6_addr
comparable(const struct sockaddr *peer)
{
	const union peer_address *address =
		(const union peer_address *)(const void *)peer;
	struct in6_addr all = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (peer->sa_family == AF_INET6)
		return address->in6.sin6_addr;
	memcpy(all.s6_addr + 12, &address->in4.sin_addr, 4);
	return all;
}

static bool
is_address(const char *word, const struct sockaddr *peer)
{
	union peer_address address;
	struct in6_addr left, right;

	if (peer->sa_family != AF_INET && peer->sa_family != AF_INET6)
		return strcmp(word, "unix") == 0;
	if (!parse_host(word, strlen(word), &address))
		return false;
	left = comparable(&address.any);
	right = comparable(peer);
	return memcmp(&left, &right, sizeof(left)) == 0;
}

bool
proxies_are_valid(const char *proxies)
{
	char word[ADDRESS_WORD_MAX] = "";
	union peer_address address;

	while (proxies && *proxies) {
		proxies = address_next(proxies, word, sizeof(word));
		if (*word && strcmp(word, "unix") != 0 &&
			!parse_host(word, strlen(word), &address))
			return false;
	}
	return true;
}

bool
proxies_contain(const char *proxies, const struct sockaddr *peer)
{
	char word[ADDRESS_WORD_MAX] = "";

	while (proxies && *proxies) {
		proxies = address_next(proxies, word, sizeof(word));
		if (is_address(word, peer))
			return true;
	}
	return false;
}

static enum MHD_Result
keep_last(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const char **last = arg;

	(void)kind;
	if (value && strcasecmp(name, "X-Forwarded-For") == 0)
		*last = value;
	return MHD_YES;
}

bool
proxy_find_client(const char *proxies, struct MHD_Connection *connection,
	union peer_address *client)
{
	const char *list = NULL, *end;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_last, &list);
	if (!list)
		return false;
	for (end = list + strlen(list); end >= list;) {
		const char *begin = end;

		while (begin > list && begin[-1] != ',')
			begin--;
		const char *word = begin + strspn(begin, " \t");
		size_t len = strcspn(word, ", \t");

		if (!parse_address(word, len, client))
			return false;
		if (!proxies_contain(proxies, &client->any))
			return true;
		end = begin - 1;
	}
	return false;
}
