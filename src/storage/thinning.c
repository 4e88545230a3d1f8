/* SPDX-License-Identifier: MIT */
/* Thins a segment of a recording. */
#include "storage/thinning.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

static int
create_file(struct thinning *thinning)
{
	struct stat st;
	int fd;

	if (stat(thinning->from, &st) < 0)
		return -errno;
	thinning->times[0] = st.st_atim;
	thinning->times[1] = st.st_mtim;
	fd = open(thinning->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		st.st_mode & 0777);
	if (fd < 0)
		return -errno;
	thinning->writer.fd = fd;
	return record_write_file_head(&thinning->writer);
}

int
thinning_begin(struct thinning *thinning, const char *from, const char *to)
{
	int ret = -ENOMEM;

	*thinning = (struct thinning){ .writer.fd = -1 };
	thinning->from = strdup(from);
	thinning->to = strdup(to);
	if (thinning->from && thinning->to)
		ret = mural_history_open(from, &thinning->history);
	if (ret == 0)
		ret = create_file(thinning);
	if (ret < 0)
		thinning_end(thinning);
	return ret;
}

static int
resize(struct thinning *thinning, uint32_t width, uint32_t height)
{
	int ret = record_writer_resize(&thinning->writer, width, height);

	free(thinning->tiles);
	thinning->tiles = NULL;
	if (ret == 0)
		thinning->tiles =
			calloc(thinning->writer.view.words, sizeof(*thinning->tiles));
	return thinning->tiles ? 0 : -ENOMEM;
}

static void
add_damage(struct thinning *thinning)
{
	const struct mural_moment *moment = &thinning->moment;
	const struct mural_view *view = &thinning->writer.view;

	for (uint32_t y = moment->top / MURAL_TILE; y * MURAL_TILE < moment->bottom; y++)
		for (uint32_t x = moment->left / MURAL_TILE;
			x * MURAL_TILE < moment->right; x++)
			mural_tiles_add(thinning->tiles, y * view->tiles_x + x);
}

static void
copy_moment(const void *from, const struct mural_rect *at, uint32_t *pixels)
{
	const struct mural_moment *moment = from;

	for (uint32_t y = 0; y < at->height; y++)
		memcpy(pixels + y * MURAL_TILE,
			moment->pixels + (size_t)(at->y + y) * moment->width + at->x,
			at->width * sizeof(*pixels));
}

static int64_t
time_of_moment(const void *from)
{
	const struct mural_moment *moment = from;

	return moment->time_ms;
}

static int
write_moment(struct thinning *thinning)
{
	const struct record_pixels pixels = { copy_moment, time_of_moment,
		&thinning->moment };
	int ret = record_append(&thinning->writer, &pixels, thinning->tiles);

	memset(thinning->tiles, 0,
		thinning->writer.view.words * sizeof(*thinning->tiles));
	return ret;
}

/* What every second moment leaves out is in the next one that is written. */
static int
take_moment(struct thinning *thinning)
{
	const struct mural_moment *moment = &thinning->moment;
	const struct mural_view *view = &thinning->writer.view;
	bool skip = thinning->skip;
	int ret = 0;

	if (view->width != moment->width || view->height != moment->height) {
		ret = resize(thinning, moment->width, moment->height);
		skip = false;
	}
	if (ret < 0)
		return ret;
	add_damage(thinning);
	thinning->skip = !skip;
	return skip ? 0 : write_moment(thinning);
}

static int
replace_segment(struct thinning *thinning)
{
	int fd = thinning->writer.fd;

	if (futimens(fd, thinning->times) < 0 || fdatasync(fd) < 0 ||
		rename(thinning->to, thinning->from) < 0)
		return -errno;
	return fsync_dir(thinning->from);
}

int
thinning_step(struct thinning *thinning)
{
	int ret = mural_history_next(thinning->history, &thinning->moment);

	if (ret > 0) {
		ret = take_moment(thinning);
		if (ret >= 0)
			return 1;
	} else if (ret == 0) {
		ret = replace_segment(thinning);
	}
	thinning_end(thinning);
	return ret;
}

void
thinning_end(struct thinning *thinning)
{
	bool begun = thinning->history && thinning->to;

	if (thinning->to)
		record_writer_finish(&thinning->writer);
	if (begun)
		(void)unlink(thinning->to); /* unless it was renamed */
	mural_history_close(thinning->history);
	free(thinning->tiles);
	free(thinning->from);
	free(thinning->to);
	*thinning = (struct thinning){ .writer.fd = -1 };
}
