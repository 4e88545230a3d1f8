/* SPDX-License-Identifier: MIT */
/* When the canvas is saved, and how it is restored. */
#include "snapshot.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "picture.h"
#include "util.h"

/* So many files set aside are enough to look at. */
#define ASIDE_MAX 1000

/* ------------------------------------------------------------------ restoring */

/* Renames a file that is not ours to use: PATH.1, PATH.2, ...  What is no file (a folder,
 * a device) is there for other reasons and stays.  0 also when nothing is there. */
static int
set_aside(const char *path)
{
	char *aside = NULL;
	int ret = -EEXIST;
	struct stat st;
	bool known = stat(path, &st) == 0;

	if (!known && errno == ENOENT)
		return 0;
	if (known && !S_ISREG(st.st_mode)) {
		log_error("snapshot: %s is no file; nothing is saved until it is moved "
			  "away or canvas.snapshot names another",
			path);
		return -EINVAL;
	}
	for (int i = 1; i <= ASIDE_MAX && ret == -EEXIST; i++) {
		free(aside);
		if (asprintf(&aside, "%s.%d", path, i) < 0)
			return -ENOMEM;
		if (access(aside, F_OK) < 0)
			ret = rename(path, aside) < 0 ? -errno : 0;
	}
	if (ret == 0)
		log_warn("snapshot: %s was set aside as %s", path, aside);
	else
		log_error("snapshot: %s cannot be set aside: %s; nothing is saved until "
			  "it is "
			  "moved away",
			path, strerror(-ret));
	free(aside);
	return ret;
}

/* Restoring is drawing, so it uses a brush like everybody else. */
static void
paint_picture(struct canvas *canvas, const uint32_t *pixels)
{
	const struct mural_view *view = &canvas->view;
	struct mural_brush brush;

	if (canvas_brush_init(canvas, &brush, 0, 0, view->width, view->height) < 0)
		return;
	for (uint32_t y = 0; y < view->height; y++)
		mural_row(&brush, 0, y, view->width, pixels + (size_t)y * view->width);
	canvas_publish(canvas, &brush);
	canvas_brush_finish(&brush);
}

/* The right moment to say so is before anybody paints. */
static void
warn_of_folder(const char *path)
{
	char *copy = strdup(path);
	const char *folder = copy ? dirname(copy) : path;

	if (copy && access(folder, F_OK) < 0)
		log_warn("snapshot: the folder %s does not exist, so nothing will be "
			 "saved; make it, or set canvas.snapshot",
			folder);
	else if (copy && access(folder, W_OK) < 0)
		log_warn("snapshot: murald may not write to the folder %s, so nothing "
			 "will be saved; change its owner, or set canvas.snapshot",
			folder);
	free(copy);
}

static void
restore(struct snapshot *snapshot, struct canvas *canvas, uint32_t *pixels)
{
	const struct mural_view *view = &canvas->view;
	const char *path = snapshot->path;
	char why[128] = "";
	int ret = picture_load(path, view->width, view->height, pixels, why, sizeof(why));

	if (ret == -ENOENT)
		return;
	if (ret == 0) {
		paint_picture(canvas, pixels);
		log_info("snapshot: restored %s", path);
		return;
	}
	if (ret == -ERANGE)
		log_warn("snapshot: %s does not fit the canvas of %ux%u: %s", path,
			view->width, view->height, why);
	else if (ret != -EINVAL)
		log_warn("snapshot: %s cannot be read: %s", path,
			ret == -EBADMSG ? why : strerror(-ret));
	snapshot->guarded = set_aside(path) < 0;
}

int
snapshot_restore(struct snapshot *snapshot, const struct config_canvas *config,
	struct canvas *canvas)
{
	const struct mural_view *view = &canvas->view;
	uint32_t *pixels = malloc((size_t)view->width * view->height * sizeof(*pixels));

	*snapshot = (struct snapshot){
		.path = config->snapshot,
		.interval_ms = config->snapshot_interval,
	};
	if (!*snapshot->path) {
		free(pixels);
		return 0;
	}
	snapshot->reader = canvas_reader_new(canvas);
	snapshot->tiles = calloc(view->words, sizeof(*snapshot->tiles));
	if (!snapshot->reader || !snapshot->tiles || !pixels) {
		log_error("snapshot: out of memory");
		free(pixels);
		return -ENOMEM;
	}
	warn_of_folder(snapshot->path);
	restore(snapshot, canvas, pixels);
	/* what is there now was just restored, or is not worth saving */
	mural_reader_take(snapshot->reader, snapshot->tiles);
	free(pixels);
	return 0;
}

/* ------------------------------------------------------------------ saving */

static int
save(struct snapshot *snapshot)
{
	int ret;

	if (snapshot->guarded && set_aside(snapshot->path) < 0)
		return -EEXIST;
	snapshot->guarded = false;
	ret = picture_save(snapshot->path, snapshot->reader);
	if (ret == -ENOENT)
		log_error("snapshot: %s: its folder does not exist; make it, or set "
			  "canvas.snapshot",
			snapshot->path);
	else if (ret < 0)
		log_error("snapshot: %s cannot be written: %s", snapshot->path,
			strerror(-ret));
	return ret;
}

static void
on_work(uv_work_t *work)
{
	struct snapshot *snapshot = container_of(work, struct snapshot, work);

	snapshot->result = save(snapshot);
}

static void sleep_until_changed(struct snapshot *snapshot);

/* A save that failed is tried again after the interval, so what it took is given back. */
static void
on_saved(uv_work_t *work, int status)
{
	struct snapshot *snapshot = container_of(work, struct snapshot, work);

	(void)status;
	snapshot->saving = false;
	if (snapshot->result < 0)
		mural_reader_untake(snapshot->reader, snapshot->tiles);
	if (snapshot->again)
		snapshot_save(snapshot);
	else
		sleep_until_changed(snapshot);
}

void
snapshot_save(struct snapshot *snapshot)
{
	if (!snapshot->loop)
		return;
	snapshot->again = snapshot->saving;
	if (snapshot->saving)
		return;
	uv_poll_stop(&snapshot->changed);
	uv_timer_stop(&snapshot->timer);
	mural_reader_take(snapshot->reader, snapshot->tiles);
	snapshot->saving = true;
	uv_queue_work(snapshot->loop, &snapshot->work, on_work, on_saved);
}

static void
on_interval(uv_timer_t *timer)
{
	snapshot_save(container_of(timer, struct snapshot, timer));
}

static void
on_changed(uv_poll_t *poll, int status, int events)
{
	struct snapshot *snapshot = container_of(poll, struct snapshot, changed);

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	sleep_until_changed(snapshot);
}

/* Waits for the first change, and from there for the interval. */
static void
sleep_until_changed(struct snapshot *snapshot)
{
	if (snapshot->interval_ms == 0)
		return;
	if (mural_reader_arm(snapshot->reader))
		uv_timer_start(&snapshot->timer, on_interval, snapshot->interval_ms, 0);
	else
		uv_poll_start(&snapshot->changed, UV_READABLE, on_changed);
}

void
snapshot_start(struct snapshot *snapshot, uv_loop_t *loop)
{
	if (!snapshot->reader)
		return;
	uv_poll_init(loop, &snapshot->changed, mural_reader_fd(snapshot->reader));
	uv_timer_init(loop, &snapshot->timer);
	snapshot->loop = loop;
	sleep_until_changed(snapshot);
}

static void
save_last(struct snapshot *snapshot)
{
	snapshot->again = false;
	while (snapshot->saving)
		uv_run(snapshot->loop, UV_RUN_ONCE);
	/* Nothing new to tell: what is there may be a later wall's. */
	if (mural_reader_take(snapshot->reader, snapshot->tiles) ||
		access(snapshot->path, F_OK) < 0)
		save(snapshot);
	uv_close((uv_handle_t *)&snapshot->changed, NULL);
	uv_close((uv_handle_t *)&snapshot->timer, NULL);
	uv_run(snapshot->loop, UV_RUN_NOWAIT);
}

void
snapshot_stop(struct snapshot *snapshot)
{
	if (snapshot->loop)
		save_last(snapshot);
	mural_reader_free(snapshot->reader);
	free(snapshot->tiles);
	*snapshot = (struct snapshot){ 0 };
}
