/* SPDX-License-Identifier: MIT */
/* Checks whether the snapshot and the record can be written, and fit the canvas. */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/doctor/parts.h"

#define MIN_FREE_MB 64

/* The start of a PNG file, up to its width and height. */
#define PNG_START "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define PNG_START_LEN 16

static uint32_t
big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
examine_folder(const char *key, const char *path, struct report *report)
{
	struct statvfs fs;
	char *copy = strdup(path);
	const char *folder = copy ? dirname(copy) : "/";
	uint64_t free_mb = 0;

	if (access(folder, W_OK) < 0) {
		report_problem(
			report, "%s: the folder %s: %s", key, folder, strerror(errno));
		report_advice(report, "create it as murald's user: install -d -o USER %s",
			folder);
	} else if (statvfs(folder, &fs) == 0 &&
		   (free_mb = (uint64_t)fs.f_bavail * fs.f_frsize >> 20) < MIN_FREE_MB) {
		report_problem(report, "%s: %" PRIu64 " MB are free in %s", key, free_mb,
			folder);
		report_advice(report, "free some space there, or choose another folder");
	} else {
		report_ok(report, "%s: %s is writable, %" PRIu64 " MB free", key, folder,
			free_mb);
	}
	free(copy);
}

/* The next start keeps a snapshot of another size than the canvas for later. */
static void
examine_size(const struct config_canvas *canvas, uint32_t width, uint32_t height,
	struct report *report)
{
	const struct mural_dimensions *size = &canvas->size;

	if (size->width == 0 || (size->width == width && size->height == height))
		report_ok(report, "canvas.snapshot: %s is a picture of %ux%u",
			canvas->snapshot, width, height);
	else
		report_note(report,
			"canvas.snapshot: %s is %ux%u, the canvas %ux%u: the next start "
			"keeps it under another name until the canvas has that size "
			"again; to go on with it now, set canvas.size = %ux%u",
			canvas->snapshot, width, height, size->width, size->height, width,
			height);
}

static void
examine_snapshot(const struct config_canvas *canvas, struct report *report)
{
	uint8_t start[PNG_START_LEN + 8];
	FILE *file = fopen(canvas->snapshot, "re");
	int error = errno;
	bool is_png;

	if (!file && error == ENOENT) {
		report_note(report,
			"canvas.snapshot: %s is not there yet; the wall starts empty",
			canvas->snapshot);
		return;
	}
	is_png = file && fread(start, 1, sizeof(start), file) == sizeof(start) &&
		 memcmp(start, PNG_START, PNG_START_LEN) == 0;
	if (is_png) {
		examine_size(canvas, big_endian(start + PNG_START_LEN),
			big_endian(start + PNG_START_LEN + 4), report);
	} else {
		report_problem(report, "canvas.snapshot: %s: %s", canvas->snapshot,
			file ? "is not a PNG file" : strerror(error));
		report_advice(report, "give it to murald's user, or move it away");
	}
	if (file)
		fclose(file);
}

void
doctor_check_files(const struct config *config, struct report *report)
{
	if (*config->canvas.snapshot) {
		examine_folder("canvas.snapshot", config->canvas.snapshot, report);
		examine_snapshot(&config->canvas, report);
	} else {
		report_note(
			report, "canvas.snapshot is empty: a restart loses the picture");
	}
	if (*config->record.file)
		examine_folder("record.file", config->record.file, report);
}
