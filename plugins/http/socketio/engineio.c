/* SPDX-License-Identifier: MIT */
/* Packets of Engine.IO 4 and Socket.IO 5. */
#include "http/socketio/engineio.h"

#include <stdio.h>
#include <string.h>

/* The digits of Engine.IO, and of Socket.IO behind a 4. */
enum { CLOSE = '1', PONG = '3', MESSAGE = '4', UPGRADE = '5', NOOP = '6' };
enum { CONNECT = '0', DISCONNECT = '1', EVENT = '2', ACK = '3' };

static const struct packet broken = { .kind = PACKET_BROKEN };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind the digit: `/name,`, and the comma may be missing at the end. */
static bool
take_space(const char **text, const char *end, struct packet *packet)
{
	const char *p = *text;

	packet->space = "/";
	packet->space_len = 1;
	if (p == end || *p != '/')
		return true;
	while (p < end && *p != ',') {
		if (*p <= ' ' || *p > '~')
			return false;
		p++;
	}
	packet->space = *text;
	packet->space_len = p - *text;
	*text = p < end ? p + 1 : p;
	return packet->space_len <= SOCKETIO_SPACE_MAX;
}

static bool
take_number(const char *text, const char *end, struct packet *packet)
{
	packet->number = text;
	while (text < end && is_digit(*text))
		text++;
	packet->number_len = text - packet->number;
	return packet->number_len <= SOCKETIO_NUMBER_MAX;
}

static struct packet
parse_message(const char *text, const char *end)
{
	struct packet packet = { 0 };
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
		/* we never ask for one */
		packet.kind = PACKET_NOTHING;
		break;
	default:
		return broken;
	}
	if (!take_space(&text, end, &packet) || !take_number(text, end, &packet))
		return broken;
	return packet;
}

struct packet
packet_parse(const char *text, size_t len)
{
	struct packet packet = { .kind = PACKET_BROKEN };

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
packet_cut(const char **text, size_t *len)
{
	const char *separator = memchr(*text, ENGINEIO_SEPARATOR, *len);
	size_t packet_len = separator ? (size_t)(separator - *text) : *len;
	size_t taken = packet_len + (separator != NULL);

	*text += taken;
	*len -= taken;
	return packet_len;
}

size_t
packet_open(char text[ENGINEIO_PACKET_MAX], const char *id, bool may_upgrade)
{
	return snprintf(text, ENGINEIO_PACKET_MAX,
		"0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingTimeout\":%d,"
		"\"pingInterval\":%d,\"maxPayload\":%d}",
		id, may_upgrade ? "\"websocket\"" : "", ENGINEIO_PING_TIMEOUT,
		ENGINEIO_PING_INTERVAL, ENGINEIO_PAYLOAD_MAX);
}

size_t
packet_connected(char text[ENGINEIO_PACKET_MAX], const char *id)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "40{\"sid\":\"%s\"}", id);
}

size_t
packet_refused(char text[ENGINEIO_PACKET_MAX], const struct packet *connect)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "44%.*s,\"Unable to connect\"",
		(int)connect->space_len, connect->space);
}

size_t
packet_acknowledged(char text[ENGINEIO_PACKET_MAX], const struct packet *event)
{
	return snprintf(text, ENGINEIO_PACKET_MAX, "43%.*s[]", (int)event->number_len,
		event->number);
}

int
packet_event(char *text, size_t size, const char *event, const char *json)
{
	return snprintf(text, size, "42[\"%s\",%s]", event, json);
}
