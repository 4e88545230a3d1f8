/* SPDX-License-Identifier: MIT */
/* Reads the host's addresses and interfaces from rtnetlink. */
#include "ping/local-addrs.h"

#include <endian.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one reload collects. */
struct dump {
	struct local_addr *addresses;
	size_t n_addresses;
	uint32_t *ports;
	size_t n_ports;
	struct local_card *cards;
	size_t n_cards;
};

struct local_addr
local_addrs_number(int version, const uint8_t *address)
{
	struct local_addr number = { 0, UINT64_C(0xffff) << 32 };
	uint32_t low;

	if (version == 6) {
		memcpy(&number.high, address, 8);
		memcpy(&number.low, address + 8, 8);
		return (struct local_addr){ be64toh(number.high), be64toh(number.low) };
	}
	memcpy(&low, address, 4);
	number.low |= be32toh(low);
	return number;
}

static int
compare_addresses(const void *a, const void *b)
{
	const struct local_addr *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return (x->low > y->low) - (x->low < y->low);
}

static int
compare_ports(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Room for one more of `count` elements; grows in powers of two. */
static void *
array_grow(void *array, size_t count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return array;
	return realloc(array, (count == 0 ? 1 : 2 * count) * size);
}

static int
add_address(struct dump *dump, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	int left = (int)IFA_PAYLOAD(message);
	struct local_addr address, *grown;
	int version = header->ifa_family == AF_INET ? 4 : 6;
	bool found = false, have_local = false;

	if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)
		return 0;
	for (struct rtattr *attr = IFA_RTA(header); RTA_OK(attr, left);
		attr = RTA_NEXT(attr, left)) {
		/* On a point-to-point link IFA_ADDRESS is the other end. */
		bool wanted = attr->rta_type == IFA_LOCAL ||
			      (attr->rta_type == IFA_ADDRESS && !have_local);

		if (!wanted || RTA_PAYLOAD(attr) != (version == 4 ? 4 : 16))
			continue;
		address = local_addrs_number(version, RTA_DATA(attr));
		found = true;
		have_local = attr->rta_type == IFA_LOCAL;
	}
	if (!found)
		return 0;
	if (!(grown = array_grow(dump->addresses, dump->n_addresses, sizeof(address))))
		return -ENOMEM;
	dump->addresses = grown;
	dump->addresses[dump->n_addresses++] = address;
	return 0;
}

static int
add_port(struct dump *dump, uint32_t ifindex)
{
	uint32_t *grown = array_grow(dump->ports, dump->n_ports, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	dump->ports = grown;
	dump->ports[dump->n_ports++] = ifindex;
	return 0;
}

static int
add_card(struct dump *dump, const struct local_card *card)
{
	struct local_card *grown = array_grow(dump->cards, dump->n_cards, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	dump->cards = grown;
	dump->cards[dump->n_cards++] = *card;
	return 0;
}

/* The kind of a virtual interface, such as "veth"; "": a real one. */
static const char *
find_kind(const struct rtattr *info)
{
	int left = (int)RTA_PAYLOAD(info);

	for (const struct rtattr *attr = RTA_DATA(info); RTA_OK(attr, left);
		attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_INFO_KIND && RTA_PAYLOAD(attr) > 0 &&
			((const char *)RTA_DATA(attr))[RTA_PAYLOAD(attr) - 1] == '\0')
			return RTA_DATA(attr);
	return "";
}

static int
add_link(struct dump *dump, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = NLMSG_DATA(message);
	int left = (int)IFLA_PAYLOAD(message);
	struct local_card card = { .ifindex = (uint32_t)header->ifi_index };
	bool has_master = false, has_mac = false;
	const char *kind = "";

	for (const struct rtattr *attr = IFLA_RTA(header); RTA_OK(attr, left);
		attr = RTA_NEXT(attr, left)) {
		if (attr->rta_type == IFLA_MASTER)
			has_master = true;
		else if (attr->rta_type == IFLA_LINKINFO)
			kind = find_kind(attr);
		else if (attr->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attr) == 6) {
			memcpy(card.mac, RTA_DATA(attr), 6);
			has_mac = true;
		}
	}
	if (has_master)
		return add_port(dump, card.ifindex);
	card.is_veth = strcmp(kind, "veth") == 0;
	if (!has_mac || header->ifi_type != ARPHRD_ETHER || (*kind && !card.is_veth))
		return 0;
	return add_card(dump, &card);
}

/* Parses one datagram.  1: there are more, 0: that was the last, or -errno. */
static int
parse_messages(struct dump *dump, const void *buf, size_t len)
{
	const struct nlmsghdr *message = buf;
	int ret = 0;

	for (; ret == 0 && NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
		/* An inconsistent dump is repeated, because the change is announced on
		 * the other socket too. */
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
		if (message->nlmsg_type == RTM_NEWADDR)
			ret = add_address(dump, message);
		else if (message->nlmsg_type == RTM_NEWLINK)
			ret = add_link(dump, message);
	}
	return ret < 0 ? ret : 1;
}

static int
run_dump(struct dump *dump, int fd, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg general;
	} request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = type },
		.general = { .rtgen_family = AF_UNSPEC },
	};
	size_t room = 32768; /* as large as the kernel's pieces become, netlink(7) */
	void *buf;
	ssize_t n;
	int ret;

	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	if (!(buf = malloc(room)))
		return -ENOMEM;
	do {
		n = recv(fd, buf, room, 0);
		ret = n < 0 ? -errno : parse_messages(dump, buf, (size_t)n);
	} while (ret > 0);
	free(buf);
	return ret;
}

static int
local_addrs_reload(struct local_addrs *addrs)
{
	struct dump dump = { 0 };
	int fd, ret;

	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0)
		return -errno;
	if ((ret = run_dump(&dump, fd, RTM_GETADDR)) == 0)
		ret = run_dump(&dump, fd, RTM_GETLINK);
	close(fd);
	if (ret < 0) {
		free(dump.addresses);
		free(dump.ports);
		free(dump.cards);
		return ret;
	}
	if (dump.n_addresses > 0)
		qsort(dump.addresses, dump.n_addresses, sizeof(*dump.addresses),
			compare_addresses);
	if (dump.n_ports > 0)
		qsort(dump.ports, dump.n_ports, sizeof(*dump.ports), compare_ports);
	free(addrs->addresses);
	free(addrs->ports);
	free(addrs->cards);
	addrs->addresses = dump.addresses;
	addrs->n_addresses = dump.n_addresses;
	addrs->ports = dump.ports;
	addrs->n_ports = dump.n_ports;
	addrs->cards = dump.cards;
	addrs->n_cards = dump.n_cards;
	addrs->generation++;
	return 0;
}

int
local_addrs_open(struct local_addrs *addrs)
{
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};

	*addrs = (struct local_addrs){ 0 };
	addrs->events = socket(
		AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (addrs->events < 0)
		return -errno;
	if (bind(addrs->events, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		return -errno;
	return local_addrs_reload(addrs);
}

void
local_addrs_refresh(struct local_addrs *addrs)
{
	char event;

	/* What changed does not matter, nor that events were lost (ENOBUFS); a bounded
	 * number of them, so that a flapping interface cannot hold us here. */
	for (int i = 0; i < 64; i++) {
		if (recv(addrs->events, &event, sizeof(event), MSG_TRUNC) >= 0 ||
			errno == ENOBUFS)
			addrs->stale = true;
		else
			break;
	}
	if (addrs->stale)
		addrs->stale = local_addrs_reload(addrs) < 0;
}

bool
local_addrs_contain(const struct local_addrs *addrs, int version, const uint8_t *address)
{
	struct local_addr wanted = local_addrs_number(version, address);
	size_t from = 0, to = addrs->n_addresses;

	if (version == 4 && address[0] == 127)
		return true;
	/* bsearch() would call back for each step, for each packet */
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct local_addr *own = &addrs->addresses[middle];

		if (own->high == wanted.high && own->low == wanted.low)
			return true;
		if (own->high < wanted.high ||
			(own->high == wanted.high && own->low < wanted.low))
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

bool
local_addrs_is_port(const struct local_addrs *addrs, uint32_t ifindex)
{
	return addrs->n_ports > 0 && bsearch(&ifindex, addrs->ports, addrs->n_ports,
					     sizeof(ifindex), compare_ports);
}

void
local_addrs_close(struct local_addrs *addrs)
{
	if (addrs->events >= 0)
		close(addrs->events);
	free(addrs->addresses);
	free(addrs->ports);
	free(addrs->cards);
	*addrs = (struct local_addrs){ .events = -1 };
}
