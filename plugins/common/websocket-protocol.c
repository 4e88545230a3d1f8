/* SPDX-License-Identifier: MIT */
/* Answers keys and checks frames of WebSocket. */
#include "common/websocket-protocol.h"

#include <netinet/in.h>
#include <resolv.h>
#include <sha1.h>
#include <string.h>
#include <strings.h>

bool
websocket_list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		list += strspn(list, ", \t");
		if (strncasecmp(list, word, len) == 0 && strchr(", \t", list[len]))
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

bool
websocket_accept_key(const char *key, char answer[WEBSOCKET_ANSWER_MAX])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t nonce[17], digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX sha1;

	if (strlen(key) != 24 || b64_pton(key, nonce, sizeof(nonce)) != 16)
		return false;
	SHA1Init(&sha1);
	SHA1Update(&sha1, (const uint8_t *)key, 24);
	SHA1Update(&sha1, (const uint8_t *)guid, sizeof(guid) - 1);
	SHA1Final(digest, &sha1);
	return b64_ntop(digest, sizeof(digest), answer, WEBSOCKET_ANSWER_MAX) > 0;
}

bool
websocket_frame_is_right(
	const struct wslay_frame_iocb *frame, uint8_t message_opcode, bool deflate)
{
	const bool control = frame->opcode & WEBSOCKET_CONTROL;
	const bool known = frame->opcode <= WEBSOCKET_BINARY ||
			   (control && frame->opcode <= WEBSOCKET_PONG);

	if (frame->rsv && !(deflate && frame->rsv == WEBSOCKET_RSV1 && !control &&
				  frame->opcode != WEBSOCKET_CONTINUE))
		return false;
	return frame->mask && known &&
	       (control ||
		       (frame->opcode == WEBSOCKET_CONTINUE) == (message_opcode != 0));
}

static bool
is_close_code(uint16_t code)
{
	return (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 &&
		       code != 1006) ||
	       (code >= 3000 && code <= 4999);
}

uint16_t
websocket_close_code(const uint8_t *payload, size_t len, bool *wrong)
{
	uint16_t code;

	if (len == 0)
		return 0;
	code = len == 1 ? 0 : (uint16_t)(payload[0] << 8 | payload[1]);
	if (is_close_code(code))
		return code;
	*wrong = true;
	return WEBSOCKET_PROTOCOL_ERROR;
}
