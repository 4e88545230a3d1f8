/* SPDX-License-Identifier: MIT */
/* Parses captured frames: link layers, IP and ICMP, but no protocol of murald's. */
#include "ping/packet.h"

#include <arpa/inet.h>
#include <string.h>

#include <pcap/dlt.h>

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
};

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_ESP = 50,
	NEXT_AH = 51,
	NEXT_DESTINATION = 60,
};

/* No legitimate packet has more tags or extension headers. */
#define VLAN_TAGS_MAX 4
#define EXTENSIONS_MAX 8

/* What is left of the frame.  Only cursor_take() moves it, so it never passes the end. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

/* The next `len` bytes, or NULL if there are fewer. */
static const uint8_t *
cursor_take(struct cursor *cursor, size_t len)
{
	const uint8_t *at = cursor->at;

	if (len > cursor->left)
		return NULL;
	cursor->at += len;
	cursor->left -= len;
	return at;
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* -------------------------------------------------------------- link layers */

static uint8_t
mac_cast(const uint8_t *mac)
{
	if ((mac[0] & 1) == 0)
		return CAST_UNICAST;
	return get16(mac) == 0xffff && get32(mac + 2) == 0xffffffff ? CAST_BROADCAST
								    : CAST_MULTICAST;
}

/* Of the packet type in Linux's cooked headers. */
static uint8_t
cooked_cast(uint32_t type)
{
	switch (type) {
	case 0:
		return CAST_UNICAST;
	case 1:
		return CAST_BROADCAST;
	case 2:
		return CAST_MULTICAST;
	default:
		return CAST_FOREIGN;
	}
}

/* Skips VLAN tags; `ethertype` is that of the first one, and the result that of what
 * follows the last one, 0 if they do not end. */
static uint16_t
skip_vlan_tags(struct packet *packet, struct cursor *cursor, uint16_t ethertype)
{
	for (int tags = 0; tags <= VLAN_TAGS_MAX; tags++) {
		const uint8_t *tag;

		if (ethertype != ETHERTYPE_VLAN && ethertype != ETHERTYPE_QINQ &&
			ethertype != ETHERTYPE_QINQ_OLD)
			return ethertype;
		if (!(tag = cursor_take(cursor, 4)))
			return 0;
		/* A VLAN of 0 only carries a priority: an untagged frame. */
		if (packet->vlan == PACKET_NO_VLAN || packet->vlan == 0)
			packet->vlan = get16(tag) & 0xfff;
		ethertype = get16(tag + 2);
	}
	return 0;
}

/* Parses the link header and returns the Ethernet type of what follows, by the IP version
 * where a link type has none; 0: not IP. */
static uint16_t
parse_link(struct packet *packet, int link, struct cursor *cursor)
{
	const uint8_t *head;

	switch (link) {
	case DLT_EN10MB:
		if (!(head = cursor_take(cursor, 14)))
			return 0;
		packet->cast = mac_cast(head);
		packet->link_source = head + 6;
		return skip_vlan_tags(packet, cursor, get16(head + 12));
	case DLT_LINUX_SLL:
		if (!(head = cursor_take(cursor, 16)))
			return 0;
		packet->cast = cooked_cast(get16(head));
		packet->link_source = get16(head + 4) == 6 ? head + 6 : NULL;
		return skip_vlan_tags(packet, cursor, get16(head + 14));
	case DLT_LINUX_SLL2:
		if (!(head = cursor_take(cursor, 20)))
			return 0;
		packet->cast = cooked_cast(head[10]);
		packet->ifindex = get32(head + 4);
		packet->link_source = head[11] == 6 ? head + 12 : NULL;
		return skip_vlan_tags(packet, cursor, get16(head));
	case DLT_NULL:
	case DLT_LOOP:
		if (!cursor_take(cursor, 4))
			return 0;
		break;
	case DLT_RAW:
		break;
	default:
		return 0;
	}
	if (cursor->left == 0)
		return 0;
	switch (cursor->at[0] >> 4) {
	case 4:
		return ETHERTYPE_IP4;
	case 6:
		return ETHERTYPE_IP6;
	default:
		return 0;
	}
}

/* ----------------------------------------------------------------------- IP */

/* The frame must hold `len` bytes of payload behind the cursor, unless `cut` bytes of it
 * were not captured. */
static enum packet_fault
set_payload(struct packet *packet, const struct cursor *cursor, size_t len, size_t cut)
{
	if (len > cursor->left + cut)
		return PACKET_TRUNCATED;
	packet->payload = cursor->at;
	packet->payload_len = len;
	packet->payload_captured = len < cursor->left ? len : cursor->left;
	return PACKET_OK;
}

static enum packet_fault
parse_ip4(struct packet *packet, struct cursor *cursor, size_t cut)
{
	const uint8_t *head = cursor_take(cursor, 20);
	size_t head_len, total;

	if (!head)
		return PACKET_TRUNCATED;
	if (head[0] >> 4 != 4)
		return PACKET_BAD_LENGTH;
	packet->version = 4;
	packet->traffic_class = head[1];
	packet->hop_limit = head[8];
	packet->protocol = head[9];
	packet->source = head + 12;
	packet->destination = head + 16;
	if (packet->cast == CAST_UNICAST && head[16] >> 4 == 14)
		packet->cast = CAST_MULTICAST;
	if (packet->cast == CAST_UNICAST && get32(head + 16) == 0xffffffff)
		packet->cast = CAST_BROADCAST;

	head_len = (head[0] & 15) * 4u;
	total = get16(head + 2);
	if (head_len < 20 || total < head_len)
		return PACKET_BAD_LENGTH;
	if (!cursor_take(cursor, head_len - 20))
		return PACKET_TRUNCATED;
	if (packet_checksum(head, head_len, 0) != 0)
		return PACKET_BAD_CHECKSUM;
	if ((get16(head + 6) & 0x3fff) != 0) /* more fragments, or an offset */
		return PACKET_FRAGMENT;
	return set_payload(packet, cursor, total - head_len, cut);
}

/* Skips the extension headers, which are part of `*len`. */
static enum packet_fault
skip_extensions(struct packet *packet, struct cursor *cursor, size_t *len)
{
	for (int i = 0; i <= EXTENSIONS_MAX; i++) {
		const uint8_t *head;
		size_t head_len;

		switch (packet->protocol) {
		case NEXT_HOP_BY_HOP:
			if (i != 0)
				return PACKET_BAD_HEADER;
			break;
		case NEXT_ROUTING:
		case NEXT_DESTINATION:
			break;
		case NEXT_FRAGMENT:
			/* report what it is a fragment of */
			if (cursor->left > 0)
				packet->protocol = cursor->at[0];
			return PACKET_FRAGMENT;
		case NEXT_AH:
		case NEXT_ESP:
			return PACKET_BAD_HEADER;
		default:
			return PACKET_OK;
		}
		if (*len < 8)
			return PACKET_BAD_LENGTH;
		if (cursor->left < 8)
			return PACKET_TRUNCATED;
		head_len = cursor->at[1] * 8u + 8;
		if (head_len > *len)
			return PACKET_BAD_LENGTH;
		if (!(head = cursor_take(cursor, head_len)))
			return PACKET_TRUNCATED;
		if (packet->protocol == NEXT_ROUTING && head[3] != 0)
			return PACKET_BAD_HEADER; /* it has stops left */
		*len -= head_len;
		packet->protocol = head[0];
	}
	return PACKET_BAD_HEADER;
}

static enum packet_fault
parse_ip6(struct packet *packet, struct cursor *cursor, size_t cut)
{
	const uint8_t *head = cursor_take(cursor, 40);
	enum packet_fault fault;
	size_t len;

	if (!head)
		return PACKET_TRUNCATED;
	if (head[0] >> 4 != 6)
		return PACKET_BAD_LENGTH;
	packet->version = 6;
	packet->traffic_class = (uint8_t)(get16(head) >> 4);
	packet->protocol = head[6];
	packet->hop_limit = head[7];
	packet->source = head + 8;
	packet->destination = head + 24;
	if (packet->cast == CAST_UNICAST && head[24] == 0xff)
		packet->cast = CAST_MULTICAST;

	len = get16(head + 4);
	if (len == 0 && packet->protocol == NEXT_HOP_BY_HOP)
		return PACKET_BAD_LENGTH; /* a jumbogram, or malformed */
	if (len > cursor->left + cut)
		return PACKET_TRUNCATED;
	if ((fault = skip_extensions(packet, cursor, &len)) != PACKET_OK)
		return fault;
	return set_payload(packet, cursor, len, cut);
}

enum packet_fault
packet_parse(struct packet *packet, int link, const uint8_t *frame, size_t captured,
	size_t length)
{
	struct cursor cursor = { frame, captured };
	size_t cut = length > captured ? length - captured : 0;

	*packet = (struct packet){ .vlan = PACKET_NO_VLAN };
	switch (parse_link(packet, link, &cursor)) {
	case ETHERTYPE_IP4:
		return parse_ip4(packet, &cursor, cut);
	case ETHERTYPE_IP6:
		return parse_ip6(packet, &cursor, cut);
	default:
		return PACKET_NOT_IP;
	}
}

/* --------------------------------------------------------------------- ICMP */

bool
packet_icmp_parse(const struct packet *packet, struct packet_icmp *icmp)
{
	uint8_t protocol = packet->version == 4 ? PACKET_PROTO_ICMP : PACKET_PROTO_ICMP6;
	const uint8_t *head = packet->payload;

	if (!head || packet->protocol != protocol || packet->payload_captured < 8)
		return false;
	*icmp = (struct packet_icmp){
		.type = head[0],
		.code = head[1],
		.id = get16(head + 4),
		.seq = get16(head + 6),
		.data = head + 8,
		.len = packet->payload_len - 8,
		.captured = packet->payload_captured - 8,
	};
	return true;
}

bool
packet_icmp_checksum_ok(const struct packet *packet)
{
	uint32_t sum = 0;

	if (!packet->payload || packet->payload_captured != packet->payload_len)
		return false;
	/* The pseudo header, RFC 8200 section 8.1; both addresses lie together. */
	if (packet->version == 6)
		sum = (uint16_t)~packet_checksum(packet->source, 32, 0) +
		      (uint32_t)packet->payload_len + packet->protocol;
	return packet_checksum(packet->payload, packet->payload_len, sum) == 0;
}

/* Sums four bytes at a time in native order, and swaps only the result (RFC 1071, section
 * 2). */
uint16_t
packet_checksum(const uint8_t *data, size_t len, uint32_t sum)
{
	uint64_t total = 0;
	uint8_t last[4] = { 0 };
	uint16_t folded;

	for (; len >= 4; data += 4, len -= 4) {
		uint32_t word;

		memcpy(&word, data, sizeof(word));
		total += word;
	}
	if (len > 0) {
		uint32_t word;

		memcpy(last, data, len);
		memcpy(&word, last, sizeof(word));
		total += word;
	}
	total = (total & 0xffffffff) + (total >> 32);
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	folded = ntohs((uint16_t)((total & 0xffff) + (total >> 16)));
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16) + folded;
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}
