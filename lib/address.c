/* SPDX-License-Identifier: MIT */
/* Takes the text of an address apart: HOST:PORT, [V6]:PORT or unix:PATH. */
#include "lib/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/digits.h"

void
address_split(const char *text, size_t len, struct address_parts *parts)
{
	const char *close = len > 0 && *text == '[' ? memchr(text, ']', len) : NULL;
	const char *end = text + len, *after = close ? close + 1 : NULL;

	if (after && (after == end || *after == ':')) {
		*parts = (struct address_parts){
			.host = text + 1,
			.host_len = (size_t)(close - text - 1),
			.bracketed = true,
			.port = after < end ? after + 1 : NULL,
		};
		return;
	}
	after = len > 0 ? memrchr(text, ':', len) : NULL;
	*parts = (struct address_parts){
		.host = text,
		.host_len = (size_t)((after ? after : end) - text),
		.port = after ? after + 1 : NULL,
	};
}

bool
address_is_v6(const char *text, size_t len)
{
	const char *zone = memchr(text, '%', len);
	size_t address_len = zone ? (size_t)(zone - text) : len;
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	if (address_len >= sizeof(address) || (zone && address_len + 1 == len))
		return false;
	memcpy(address, text, address_len);
	address[address_len] = '\0';
	return inet_pton(AF_INET6, address, &in6) == 1;
}

const char *
address_unix_path(const char *text)
{
	return strncmp(text, "unix:", 5) == 0 ? text + 5 : NULL;
}

const char *
address_next(const char *list, char *word, size_t len)
{
	size_t n, copied;

	list += strspn(list, " \t");
	n = strcspn(list, " \t");
	if (n == 0)
		return NULL;
	copied = n < len ? n : len - 1;
	memcpy(word, list, copied);
	word[copied] = '\0';
	return list + n;
}

uint16_t
address_port(const char *text)
{
	struct address_parts parts;
	uint64_t port = 0;

	if (address_unix_path(text))
		return 0;
	address_split(text, strlen(text), &parts);
	if (parts.port)
		(void)digits_read(parts.port, UINT16_MAX, &port);
	return (uint16_t)port;
}
