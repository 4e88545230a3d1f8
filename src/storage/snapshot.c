/* SPDX-License-Identifier: MIT */
/* Restores the canvas from a PNG file at start, and saves it there. */
#include "storage/snapshot.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "storage/png.h"

#define ASIDE_MAX 1000

/* ------------------------------------------------------------------ restoring */

/* Renames a file that is not ours to overwrite to PATH.1, PATH.2, ...  A folder or a
 * device stays.  0 also when there is nothing. */
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
		log_error("snapshot: %s is not a regular file; nothing is saved until it "
			  "is moved away or canvas.snapshot names another",
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
			  "it is moved away",
			path, strerror(-ret));
	free(aside);
	return ret;
}

/* "canvas-1280x720.png" for canvas.png.  NULL: out of memory. */
static char *
kept_path(const char *path, uint32_t width, uint32_t height)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t stem = dot && dot > path && (!slash || dot > slash + 1)
			      ? (size_t)(dot - path)
			      : strlen(path);
	char *kept;

	if (asprintf(&kept, "%.*s-%ux%u%s", (int)stem, path, width, height, path + stem) <
		0)
		return NULL;
	return kept;
}

/* Renames a picture of another size, for when the canvas has that again. */
static int
keep_picture(const char *path)
{
	uint32_t width, height;
	char *kept;
	int ret = png_file_size(path, &width, &height);

	kept = ret == 0 ? kept_path(path, width, height) : NULL;
	if (!kept)
		return set_aside(path);
	ret = set_aside(kept); /* hardly ever: the last one was taken back */
	if (ret == 0 && rename(path, kept) < 0)
		ret = -errno;
	if (ret == 0)
		log_info("snapshot: the picture of %ux%u is kept as %s until the canvas "
			 "has that size again",
			width, height, kept);
	else
		log_error("snapshot: %s cannot be renamed to %s: %s; nothing is saved "
			  "until it is moved away",
			path, kept, strerror(-ret));
	free(kept);
	return ret;
}

static int snapshot_write(struct autosave *autosave);

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

/* At start, before there is a picture to lose. */
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

/* Takes back the picture that was kept when the canvas had this size last. */
static void
restore_kept(const char *path, struct canvas *canvas, uint32_t *pixels)
{
	const struct mural_view *view = &canvas->view;
	char *kept = kept_path(path, view->width, view->height);
	char why[128] = "";
	int ret = kept ? png_file_load(kept, view->width, view->height, pixels, why,
				 sizeof(why))
		       : -ENOENT;

	if (ret == 0) {
		paint_picture(canvas, pixels);
		log_info("snapshot: restored %s", kept);
		(void)rename(kept, path);
	} else if (ret != -ENOENT) {
		log_warn("snapshot: %s cannot be read: %s", kept,
			ret == -EBADMSG || ret == -ERANGE ? why : strerror(-ret));
	}
	free(kept);
}

static void
restore_picture(struct snapshot *snapshot, struct canvas *canvas, uint32_t *pixels)
{
	const struct mural_view *view = &canvas->view;
	const char *path = snapshot->path;
	char why[128] = "";
	int ret =
		png_file_load(path, view->width, view->height, pixels, why, sizeof(why));

	if (ret == 0) {
		paint_picture(canvas, pixels);
		log_info("snapshot: restored %s", path);
		return;
	}
	if (ret == -ERANGE) {
		log_warn("snapshot: %s does not fit the canvas of %ux%u: %s", path,
			view->width, view->height, why);
		snapshot->may_be_foreign = keep_picture(path) < 0;
	} else if (ret != -ENOENT) {
		if (ret != -EINVAL)
			log_warn("snapshot: %s cannot be read: %s", path,
				ret == -EBADMSG ? why : strerror(-ret));
		snapshot->may_be_foreign = set_aside(path) < 0;
	}
	if (!snapshot->may_be_foreign)
		restore_kept(path, canvas, pixels);
}

bool
snapshot_find_size(const struct config_canvas *config, struct mural_dimensions *size)
{
	uint32_t width, height;

	if (!*config->snapshot || png_file_size(config->snapshot, &width, &height) < 0 ||
		width > MURAL_SIDE_MAX || height > MURAL_SIDE_MAX)
		return false;
	*size = (struct mural_dimensions){ width, height };
	return true;
}

static uint64_t
wanted_interval(const struct config_canvas *config)
{
	return *config->snapshot ? config->snapshot_interval : 0;
}

int
snapshot_restore(struct snapshot *snapshot, const struct config_canvas *config,
	struct canvas *canvas)
{
	const struct mural_view *view = &canvas->view;
	size_t bytes = (size_t)view->width * view->height * sizeof(uint32_t);
	uint32_t *pixels = *config->snapshot ? malloc(bytes) : NULL;

	*snapshot = (struct snapshot){ .path = strdup(config->snapshot) };
	if (!snapshot->path || (*config->snapshot && !pixels) ||
		autosave_init(&snapshot->autosave, canvas, wanted_interval(config),
			snapshot_write) < 0) {
		log_error("snapshot: out of memory");
		free(pixels);
		return -ENOMEM;
	}
	if (pixels) {
		warn_of_folder(snapshot->path);
		restore_picture(snapshot, canvas, pixels);
	}
	/* what was just restored need not be saved */
	autosave_reset(&snapshot->autosave);
	free(pixels);
	return 0;
}

/* ------------------------------------------------------------------ saving */

static int
snapshot_write(struct autosave *autosave)
{
	struct snapshot *snapshot = container_of(autosave, struct snapshot, autosave);
	int ret;

	if (snapshot->may_be_foreign && set_aside(snapshot->path) < 0)
		return -EEXIST;
	snapshot->may_be_foreign = false;
	ret = png_file_save(snapshot->path, autosave->reader);
	if (ret == -ENOENT)
		log_error("snapshot: %s: its folder does not exist; make it, or set "
			  "canvas.snapshot",
			snapshot->path);
	else if (ret < 0)
		log_error("snapshot: %s cannot be written: %s", snapshot->path,
			strerror(-ret));
	return ret;
}

void
snapshot_save(struct snapshot *snapshot)
{
	if (snapshot->path && *snapshot->path)
		autosave_run_now(&snapshot->autosave);
}

/* Only while nothing is being saved. */
static void
switch_path(struct snapshot *snapshot)
{
	if (!snapshot->next_path)
		return;
	free(snapshot->path);
	snapshot->path = snapshot->next_path;
	snapshot->next_path = NULL;
	snapshot->may_be_foreign = true;
	snapshot->autosave.save_again = *snapshot->path;
	if (*snapshot->path)
		warn_of_folder(snapshot->path);
}

static void
on_saved(struct autosave *autosave)
{
	struct snapshot *snapshot = container_of(autosave, struct snapshot, autosave);

	if (snapshot->saved)
		snapshot->saved(snapshot, autosave->result);
	switch_path(snapshot);
}

void
snapshot_reconfigure(struct snapshot *snapshot, const struct config_canvas *config)
{
	struct autosave *autosave = &snapshot->autosave;
	const char *coming = snapshot->next_path ? snapshot->next_path : snapshot->path;

	autosave_set_interval(autosave, wanted_interval(config));
	if (strcmp(coming, config->snapshot) == 0)
		return;
	free(snapshot->next_path);
	snapshot->next_path = strdup(config->snapshot);
	if (!snapshot->next_path) {
		log_error("snapshot: out of memory; it stays at %s", snapshot->path);
		return;
	}
	if (autosave->saving)
		return;
	switch_path(snapshot);
	snapshot_save(snapshot);
}

void
snapshot_start(struct snapshot *snapshot, uv_loop_t *loop)
{
	snapshot->autosave.after_save = on_saved;
	autosave_start(&snapshot->autosave, loop);
}

void
snapshot_stop(struct snapshot *snapshot)
{
	bool started = snapshot->autosave.loop;
	bool changed = autosave_stop(&snapshot->autosave);

	/* If nothing changed, the file there may be that of a newer murald. */
	if (started && *snapshot->path && (changed || access(snapshot->path, F_OK) < 0))
		(void)snapshot_write(&snapshot->autosave);
	autosave_finish(&snapshot->autosave);
	free(snapshot->path);
	free(snapshot->next_path);
	*snapshot = (struct snapshot){ 0 };
}
