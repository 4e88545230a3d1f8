/* SPDX-License-Identifier: MIT */
/* Events for everybody, in a ring. */
#include "http/socketio/event-ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/websocket.h"

static uint64_t
start_of(const struct news *news, uint64_t event)
{
	return event == news->end ? news->fill : news->starts[event % NEWS_EVENTS];
}

static void
append(struct news *news, const void *bytes, size_t len)
{
	size_t at = news->fill % NEWS_BYTES;
	size_t head = len < NEWS_BYTES - at ? len : NEWS_BYTES - at;

	memcpy(news->bytes + at, bytes, head);
	memcpy(news->bytes, (const uint8_t *)bytes + head, len - head);
	news->fill += len;
}

static void
make_room(struct news *news, size_t len)
{
	while (news->first < news->end &&
		(news->end - news->first == NEWS_EVENTS ||
			news->fill + len - start_of(news, news->first) > NEWS_BYTES))
		news->first++;
}

static int
allocate(struct news *news)
{
	if (!news->bytes)
		news->bytes = malloc(NEWS_BYTES);
	if (!news->starts)
		news->starts = calloc(NEWS_EVENTS, sizeof(*news->starts));
	return news->bytes && news->starts ? 0 : -ENOMEM;
}

int
news_add(struct news *news, const char *text, size_t len)
{
	uint8_t head[WS_HEAD_MAX];
	size_t head_len = ws_head(head, WS_TEXT, len);

	if (len > NEWS_EVENT_MAX)
		return -EMSGSIZE;
	if (allocate(news) < 0)
		return -ENOMEM;
	make_room(news, head_len + len);
	news->starts[news->end % NEWS_EVENTS] = news->fill;
	append(news, head, head_len);
	append(news, text, len);
	news->end++;
	return 0;
}

static void
cut(const struct news *news, uint64_t from, size_t len, struct news_piece *piece)
{
	size_t at = from % NEWS_BYTES;

	piece->head = news->bytes + at;
	piece->head_len = len < NEWS_BYTES - at ? len : NEWS_BYTES - at;
	piece->body = news->bytes;
	piece->body_len = len - piece->head_len;
}

uint64_t
news_frames(
	const struct news *news, uint64_t next, size_t bytes, struct news_piece *piece)
{
	uint64_t from = start_of(news, next), behind = next + 1;

	while (behind < news->end && start_of(news, behind + 1) - from <= bytes)
		behind++;
	cut(news, from, start_of(news, behind) - from, piece);
	return behind;
}

void
news_text(const struct news *news, uint64_t next, struct news_piece *piece)
{
	uint64_t from = start_of(news, next);
	uint8_t second = news->bytes[(from + 1) % NEWS_BYTES];

	/* RFC 6455, 5.2: 126 and 127 stand for longer forms */
	from += second < 126 ? 2 : second == 126 ? 4 : 10;
	cut(news, from, start_of(news, next + 1) - from, piece);
}

void
news_finish(struct news *news)
{
	free(news->bytes);
	free(news->starts);
	news->bytes = NULL;
	news->starts = NULL;
	news->first = news->end;
}
