/* SPDX-License-Identifier: MIT */
/* Turns addresses into keys, and matches keys against lists of networks. */
#include "base/ip-key.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "lib/digits.h"

static void
ip_key_from_v4(const void *bytes, struct ip_key *key)
{
	uint32_t address;

	memcpy(&address, bytes, sizeof(address));
	*key = (struct ip_key){ .low = ntohl(address), .v4 = true };
}

static void
ip_key_from_v6(const struct in6_addr *address, struct ip_key *key)
{
	uint64_t halves[2];

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		ip_key_from_v4(address->s6_addr + 12, key);
		return;
	}
	memcpy(halves, address, sizeof(halves));
	*key = (struct ip_key){ .high = be64toh(halves[0]), .low = be64toh(halves[1]) };
}

/* The bits behind the first `bits` of a half; shifts by 64 are undefined. */
static uint64_t
rest_mask(unsigned bits)
{
	return bits >= 64 ? 0 : UINT64_MAX >> bits;
}

static void
split_masks(unsigned prefix, uint64_t *high, uint64_t *low)
{
	*high = rest_mask(prefix);
	*low = rest_mask(prefix > 64 ? prefix - 64 : 0);
}

void
ip_key_cut(struct ip_key *key, unsigned prefix)
{
	uint64_t high, low;

	split_masks(prefix, &high, &low);
	key->high &= ~high;
	key->low &= ~low;
}

bool
ip_key_of(const struct sockaddr *peer, unsigned prefix, struct ip_key *key)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;

	if (peer->sa_family == AF_INET) {
		ip_key_from_v4(&((const struct sockaddr_in *)peer)->sin_addr, key);
		return true;
	}
	if (peer->sa_family != AF_INET6)
		return false;
	ip_key_from_v6(&six->sin6_addr, key);
	if (key->v4)
		return true;
	if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)) {
		key->scope = six->sin6_scope_id;
		return true;
	}
	ip_key_cut(key, prefix);
	return true;
}

void
ip_key_text(const struct ip_key *key, unsigned prefix, char *text, size_t len)
{
	uint64_t halves[2] = { htobe64(key->high), htobe64(key->low) };
	struct in_addr four = { htonl((uint32_t)key->low) };
	char six[INET6_ADDRSTRLEN];

	if (key->v4) {
		inet_ntop(AF_INET, &four, text, (socklen_t)len);
		return;
	}
	inet_ntop(AF_INET6, halves, six, sizeof(six));
	if (prefix < 128 && key->scope == 0)
		snprintf(text, len, "%s/%u", six, prefix);
	else
		snprintf(text, len, "%s", six);
}

uint64_t
ip_key_hash(const struct ip_key *key, uint64_t salt)
{
	uint64_t hash = (key->high + key->v4) ^ salt;

	hash *= 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 32 ^ key->low) * 0xd6e8feb86659fd93 + key->scope;
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

/* ------------------------------------------------------------------ networks */

bool
cidr_parse(const char *text, struct cidr *cidr)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct in6_addr six;
	struct in_addr four;
	char address[64];
	uint64_t high = 0, low, bits;
	int most;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &four) == 1) {
		ip_key_from_v4(&four, &cidr->first);
		most = 32;
	} else if (inet_pton(AF_INET6, address, &six) == 1) {
		ip_key_from_v6(&six, &cidr->first);
		most = 128;
	} else {
		return false;
	}
	bits = most;
	if (slash) {
		slash = digits_read(slash + 1, most, &bits);
		if (!slash || *slash)
			return false;
	}
	if (cidr->first.v4 && most == 128) /* ::ffff:192.0.2.0/120 */
		bits = bits > 96 ? bits - 96 : 0;
	if (cidr->first.v4)
		low = rest_mask(bits + 32);
	else
		split_masks(bits, &high, &low);
	cidr->first.high &= ~high;
	cidr->first.low &= ~low;
	cidr->last = cidr->first;
	cidr->last.high |= high;
	cidr->last.low |= low;
	return true;
}

int
cidr_list_add(struct cidr_list *list, const struct cidr *cidr)
{
	size_t n = list->n;
	struct cidr *all = list->all;

	/* the capacity is a power of two */
	if ((n & (n - 1)) == 0) {
		all = realloc(all, (n ? 2 * n : 1) * sizeof(*all));
		if (!all)
			return -ENOMEM;
		list->all = all;
	}
	all[list->n++] = *cidr;
	return 0;
}

static int
ip_key_compare(const struct ip_key *a, const struct ip_key *b)
{
	if (a->v4 != b->v4)
		return a->v4 ? -1 : 1;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

static int
cidr_by_first(const void *a, const void *b)
{
	return ip_key_compare(
		&((const struct cidr *)a)->first, &((const struct cidr *)b)->first);
}

/* Two networks overlap only when one is within the other. */
void
cidr_list_sort(struct cidr_list *list)
{
	size_t kept = 0;

	if (list->n > 0)
		qsort(list->all, list->n, sizeof(*list->all), cidr_by_first);
	for (size_t i = 0; i < list->n; i++) {
		struct cidr *before = kept > 0 ? &list->all[kept - 1] : NULL;
		const struct cidr *cidr = &list->all[i];

		if (!before || ip_key_compare(&cidr->first, &before->last) > 0)
			list->all[kept++] = *cidr;
		else if (ip_key_compare(&cidr->last, &before->last) > 0)
			before->last = cidr->last;
	}
	list->n = kept;
}

bool
cidr_list_contains(const struct cidr_list *list, const struct ip_key *address)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct cidr *cidr = &list->all[middle];

		if (ip_key_compare(address, &cidr->first) < 0)
			high = middle;
		else if (ip_key_compare(address, &cidr->last) > 0)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

void
cidr_list_finish(struct cidr_list *list)
{
	free(list->all);
	*list = (struct cidr_list){ 0 };
}
