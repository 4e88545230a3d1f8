/* SPDX-License-Identifier: MIT */
/* Messages that are sent to many. */
#include "http/viewers/frame.h"

#include <errno.h>
#include <stdlib.h>

struct frame *
frame_new(uint32_t number)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	if (frame)
		*frame = (struct frame){ .holders = 1, .number = number };
	return frame;
}

int
frame_add(struct frame *frame, uint8_t *bytes, size_t len)
{
	struct message *messages =
		realloc(frame->messages, (frame->n + 1) * sizeof(*messages));

	if (!messages) {
		free(bytes);
		return -ENOMEM;
	}
	frame->messages = messages;
	messages[frame->n++] = (struct message){ .bytes = bytes, .len = len };
	frame->bytes += len;
	return 0;
}

void
frame_count(struct frame *frame, size_t *sum)
{
	frame->sum = sum;
	*sum += frame->bytes;
}

struct frame *
frame_hold(struct frame *frame)
{
	frame->holders++;
	return frame;
}

void
frame_release(struct frame *frame)
{
	if (!frame || --frame->holders > 0)
		return;
	if (frame->sum)
		*frame->sum -= frame->bytes;
	for (size_t i = 0; i < frame->n; i++)
		free(frame->messages[i].bytes);
	free(frame->messages);
	free(frame);
}
