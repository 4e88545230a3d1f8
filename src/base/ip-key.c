/* SPDX-License-Identifier: MIT */
/* Addresses as numbers. */
#include "base/ip-key.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static void
take4(const void *bytes, struct sender *sender)
{
	uint32_t address;

	memcpy(&address, bytes, sizeof(address));
	*sender = (struct sender){ 0, ntohl(address), true };
}

static void
take6(const struct in6_addr *address, struct sender *sender)
{
	uint64_t halves[2];

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		take4(address->s6_addr + 12, sender);
		return;
	}
	memcpy(halves, address, sizeof(halves));
	*sender = (struct sender){ be64toh(halves[0]), be64toh(halves[1]), false };
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

bool
sender_of(const struct sockaddr *peer, unsigned prefix, struct sender *sender)
{
	uint64_t high, low;

	if (peer->sa_family == AF_INET) {
		take4(&((const struct sockaddr_in *)peer)->sin_addr, sender);
		return true;
	}
	if (peer->sa_family != AF_INET6)
		return false;
	take6(&((const struct sockaddr_in6 *)peer)->sin6_addr, sender);
	if (sender->v4)
		return true;
	split_masks(prefix, &high, &low);
	sender->high &= ~high;
	sender->low &= ~low;
	return true;
}

uint64_t
sender_hash(const struct sender *sender, uint64_t salt)
{
	uint64_t hash = (sender->high + sender->v4) ^ salt;

	hash *= 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 32 ^ sender->low) * 0xd6e8feb86659fd93;
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

/* ------------------------------------------------------------------ networks */

/* Up to three digits; -1: none. */
static int
read_bits(const char *text)
{
	size_t len = strspn(text, "0123456789");
	int bits = 0;

	if (len == 0 || len > 3 || text[len])
		return -1;
	for (; *text; text++)
		bits = bits * 10 + (*text - '0');
	return bits;
}

bool
network_parse(const char *text, struct network *network)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct in6_addr six;
	struct in_addr four;
	char address[64];
	uint64_t high = 0, low;
	int bits, most;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &four) == 1) {
		take4(&four, &network->first);
		most = 32;
	} else if (inet_pton(AF_INET6, address, &six) == 1) {
		take6(&six, &network->first);
		most = 128;
	} else {
		return false;
	}
	bits = slash ? read_bits(slash + 1) : most;
	if (bits < 0 || bits > most)
		return false;
	if (network->first.v4 && most == 128) /* ::ffff:192.0.2.0/120 */
		bits = MAX(bits - 96, 0);
	if (network->first.v4)
		low = rest_mask(bits + 32);
	else
		split_masks(bits, &high, &low);
	network->first.high &= ~high;
	network->first.low &= ~low;
	network->last = network->first;
	network->last.high |= high;
	network->last.low |= low;
	return true;
}

int
networks_add(struct networks *networks, const struct network *network)
{
	size_t n = networks->n;
	struct network *all = networks->all;

	/* room is made in powers of two */
	if ((n & (n - 1)) == 0) {
		all = realloc(all, (n ? 2 * n : 1) * sizeof(*all));
		if (!all)
			return -ENOMEM;
		networks->all = all;
	}
	all[networks->n++] = *network;
	return 0;
}

static int
compare(const struct sender *a, const struct sender *b)
{
	if (a->v4 != b->v4)
		return a->v4 ? -1 : 1;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

static int
by_first(const void *a, const void *b)
{
	return compare(
		&((const struct network *)a)->first, &((const struct network *)b)->first);
}

/* Two networks overlap only when one is within the other. */
void
networks_sort(struct networks *networks)
{
	size_t kept = 0;

	if (networks->n > 0)
		qsort(networks->all, networks->n, sizeof(*networks->all), by_first);
	for (size_t i = 0; i < networks->n; i++) {
		struct network *before = kept > 0 ? &networks->all[kept - 1] : NULL;
		const struct network *network = &networks->all[i];

		if (!before || compare(&network->first, &before->last) > 0)
			networks->all[kept++] = *network;
		else if (compare(&network->last, &before->last) > 0)
			before->last = network->last;
	}
	networks->n = kept;
}

bool
networks_have(const struct networks *networks, const struct sender *address)
{
	size_t low = 0, high = networks->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct network *network = &networks->all[middle];

		if (compare(address, &network->first) < 0)
			high = middle;
		else if (compare(address, &network->last) > 0)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

void
networks_finish(struct networks *networks)
{
	free(networks->all);
	*networks = (struct networks){ 0 };
}
