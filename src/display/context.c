/* SPDX-License-Identifier: MIT */
/* Allocates and frees what the screens share. */
#include "display/context.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

int
context_init(struct display_context *context)
{
	const struct mural_view *view = &context->canvas->view;

	context->tiles = calloc(view->words, sizeof(uint64_t));
	context->all_tiles = calloc(view->words, sizeof(uint64_t));
	if (!context->tiles || !context->all_tiles)
		return -ENOMEM;
	mural_tiles_add_all(view, context->all_tiles);
	return 0;
}

void
context_finish(struct display_context *context)
{
	free(context->tiles);
	free(context->all_tiles);
	context->canvas = NULL;
}

int
context_open_reader(
	struct display_context *context, struct mural_reader **reader, uv_poll_t *wakeup)
{
	int ret;

	if (*reader)
		return 0;
	*reader = canvas_reader_new(context->canvas);
	if (!*reader)
		return -ENOMEM;
	mural_reader_show(*reader);
	ret = uv_poll_init(&context->loop, wakeup, mural_reader_fd(*reader));
	if (ret < 0) {
		mural_reader_free(*reader);
		*reader = NULL;
	}
	return ret;
}

/* Milliseconds since the kernel created this process, accurate to about ten. */
static uint64_t
process_age_ms(void)
{
	/* proc(5): the number, the name, and 19 fields more come before the start time */
	static const char format[] = "%*d (%*[^)]) %*c %*s %*s %*s %*s %*s %*s %*s %*s "
				     "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu";
	unsigned long long ticks = 0;
	FILE *file = fopen("/proc/self/stat", "re");
	struct timespec now;
	uint64_t start_ms;

	if (!file || fscanf(file, format, &ticks) != 1)
		ticks = 0;
	if (file)
		fclose(file);
	clock_gettime(CLOCK_BOOTTIME, &now);
	start_ms = ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 - start_ms;
}

void
context_log_first_frame(struct display_context *context)
{
	if (!context->first_frame_logged)
		log_info("display: first picture %" PRIu64 " ms after murald was started",
			process_age_ms());
	context->first_frame_logged = true;
}
