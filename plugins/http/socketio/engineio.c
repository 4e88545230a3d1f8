/* SPDX-License-Identifier: MIT */
/* Parses and formats the packets of Engine.IO 4 and Socket.IO 5. */
#include "http/socketio/engineio.h"

#include <stdio.h>
#include <string.h>

/* Packet types of Engine.IO, and of Socket.IO in a MESSAGE. */
enum { CLOSE = '1', PONG = '3', MESSAGE = '4', UPGRADE = '5', NOOP = '6' };
enum { CONNECT = '0', DISCONNECT = '1', EVENT = '2', ACK = '3' };

static const struct engineio_packet broken = { .kind = PACKET_BROKEN };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `/name,` behind the digit; the comma may be missing at the end. */
static bool
parse_namespace(const char **text, const char *end, struct engineio_packet *packet)
{
	const char *p = *text;

	packet->namespace = "/";
	packet->namespace_len = 1;
	if (p == end || *p != '/')
		return true;
	while (p < end && *p != ',') {
		if (*p <= ' ' || *p > '~')
			return false;
		p++;
	}
	packet->namespace = *text;
	packet->namespace_len = p - *text;
	*text = p < end ? p + 1 : p;
	return packet->namespace_len <= SOCKETIO_NAMESPACE_MAX;
}

static bool
parse_ack_id(const char *text, const char *end, struct engineio_packet *packet)
{
	packet->ack_id = text;
	while (text < end && is_digit(*text))
		text++;
	packet->ack_id_len = text - packet->ack_id;
	return packet->ack_id_len <= SOCKETIO_ACK_ID_MAX;
}

static struct engineio_packet
parse_message(const char *text, const char *end)
{
	struct engineio_packet packet = { 0 };
	char digit;

	if (text == end)
		return broken;
	digit = *text++;
	switch (digit) {
	case CONNECT:
		packet.kind = PACKET_CONNECT;
		break;
	case DISCONNECT:
		packet.kind = PACKET_DISCONNECT;
		break;
	case EVENT:
		packet.kind = PACKET_EVENT;
		break;
	case ACK:
		/* the server never asks for one */
		packet.kind = PACKET_NOTHING;
		break;
	default:
		return broken;
	}
	if (!parse_namespace(&text, end, &packet) || !parse_ack_id(text, end, &packet))
		return broken;
	return packet;
}

struct engineio_packet
engineio_parse(const char *text, size_t len)
{
	struct engineio_packet packet = { .kind = PACKET_BROKEN };

	if (len > ENGINEIO_PACKET_MAX)
		len = ENGINEIO_PACKET_MAX;
	if (len == 0)
		return packet;
	if (*text == MESSAGE)
		return parse_message(text + 1, text + len);
	if (*text == CLOSE)
		packet.kind = PACKET_CLOSE;
	else if (*text == PONG)
		packet.kind = PACKET_PONG;
	else if (*text == UPGRADE)
		packet.kind = PACKET_UPGRADE;
	else if (*text == NOOP)
		packet.kind = PACKET_NOTHING;
	return packet;
}

size_t
engineio_split(const char **text, size_t *len)
{
	const char *separator = memchr(*text, ENGINEIO_SEPARATOR, *len);
	size_t packet_len = separator ? (size_t)(separator - *text) : *len;
	size_t taken = packet_len + (separator != NULL);

	*text += taken;
	*len -= taken;
	return packet_len;
}

size_t
engineio_open(char text[ENGINEIO_PACKET_MAX], const char *id, bool may_upgrade)
{
	return snprintf(text, ENGINEIO_PACKET_MAX,
		"0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingTimeout\":%d,"
		"\"pingInterval\":%d,\"maxPayload\":%d}",
		id, may_upgrade ? "\"websocket\"" : "", ENGINEIO_PING_TIMEOUT,
		ENGINEIO_PING_INTERVAL, ENGINEIO_PAYLOAD_MAX);
}

size_t
engineio_connected(char text[ENGINEIO_PACKET_MAX], const char *id)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "40{\"sid\":\"%s\"}", id);
}

size_t
engineio_connect_error(
	char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *connect)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "44%.*s,\"Unable to connect\"",
		(int)connect->namespace_len, connect->namespace);
}

size_t
engineio_ack(char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *event)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "43%.*s[]", (int)event->ack_id_len,
		event->ack_id);
}

int
engineio_event(char *text, size_t size, const char *event, const char *json)
{
	return snprintf(text, size, "42[\"%s\",%s]", event, json);
}
