/* SPDX-License-Identifier: MIT */
/* Chooses the segments of a recording to be thinned or removed. */
#include "storage/retention.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "storage/segments.h"

/* How long a step keeps a thread of the pool. */
#define STEP_MS 50

struct part {
	char *name;
	uint64_t bytes;
	int64_t first_ms; /* of its moments */
	int64_t written_ms;
};

struct parts {
	struct part *parts; /* in the order of time */
	size_t n;
	uint64_t bytes;
};

/* ------------------------------------------------------------------ the segments */

static void
parts_free(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		free(parts->parts[i].name);
	free(parts->parts);
	*parts = (struct parts){ 0 };
}

/* Where the first head is damaged, when it was written last: so it gives way before its
 * neighbours, and thinning mends it. */
static int64_t
first_moment(const char *name, int64_t written_ms)
{
	uint8_t bytes[RECORD_HEAD];
	struct record_head head = { 0 };
	FILE *in = fopen(name, "re");
	bool valid = in && fseeko(in, RECORD_FILE_HEAD, SEEK_SET) == 0 &&
		     fread(bytes, sizeof(bytes), 1, in) == 1 &&
		     record_head_read(bytes, &head);

	if (in)
		fclose(in);
	return valid ? head.time_ms : written_ms;
}

static void
add_part(struct parts *parts, char *name)
{
	struct part *part = &parts->parts[parts->n];
	int64_t written_ms;
	struct stat st;

	if (!name || stat(name, &st) < 0) {
		free(name);
		return;
	}
	written_ms = st.st_mtim.tv_sec * INT64_C(1000) + st.st_mtim.tv_nsec / 1000000;
	*part = (struct part){ .name = name,
		.bytes = st.st_size,
		.first_ms = first_moment(name, written_ms),
		.written_ms = written_ms };
	parts->bytes += part->bytes;
	parts->n++;
}

static int
list_parts(const char *file, struct parts *parts)
{
	uint64_t *segments;
	size_t n;
	int ret = record_segments(file, &segments, &n);

	*parts = (struct parts){ 0 };
	if (ret < 0)
		return ret;
	parts->parts = calloc(MAX(n, 1), sizeof(*parts->parts));
	for (size_t i = 0; parts->parts && i < n; i++)
		add_part(parts, record_segment_name(file, segments[i]));
	free(segments);
	return parts->parts ? 0 : -ENOMEM;
}

bool
retention_is_behind(const struct retention *retention)
{
	struct parts parts;
	bool behind;

	if (list_parts(retention->file, &parts) < 0)
		return false;
	behind = parts.bytes > retention->closed_most;
	parts_free(&parts);
	return behind;
}

/* ------------------------------------------------------------------ what gives way */

static void
remove_old(const struct retention *retention, struct parts *parts)
{
	const int64_t now = record_now_ms();

	if (retention->max_age_ms == 0)
		return;
	for (size_t i = 0; i < parts->n; i++) {
		struct part *part = &parts->parts[i];

		if (now - part->written_ms <= (int64_t)retention->max_age_ms)
			continue;
		if (unlink(part->name) < 0 && errno != ENOENT)
			continue; /* its bytes are there still */
		parts->bytes -= part->bytes;
		part->bytes = 0;
	}
}

/* Whether a segment has one moment at most: 1, 0, or -errno when that is not known. */
static int
is_single(const char *name)
{
	struct mural_history *history = NULL;
	struct mural_span span = { 0 };
	int ret = mural_history_open(name, &history);

	if (ret == 0)
		ret = mural_history_span(history, INT64_MIN, INT64_MAX, &span);
	mural_history_close(history);
	return ret < 0 ? ret : span.moments < 2;
}

/* Bytes for each unit of time, more the longer ago. */
static double
burden(const struct parts *parts, size_t i, int64_t now)
{
	const struct part *part = &parts->parts[i];
	int64_t end = i + 1 < parts->n ? part[1].first_ms : now;
	double lasted = MAX(end - part->first_ms, 1);
	double ago = MAX(now - part->first_ms, 1);

	return part->bytes / lasted * ago;
}

/* The first segment of the night is the last to go. */
static const struct part *
choose(const struct parts *parts)
{
	const int64_t now = record_now_ms();
	const struct part *chosen = NULL;
	double most = -1;

	for (size_t i = 0; i < parts->n; i++) {
		double here = burden(parts, i, now);

		if (parts->parts[i].bytes == 0 || here <= most ||
			(i == 0 && is_single(parts->parts[i].name) > 0))
			continue;
		chosen = &parts->parts[i];
		most = here;
	}
	return chosen || parts->n == 0 ? chosen : &parts->parts[0];
}

/* On a full disk a segment that is too much is removed: the size must hold.  After
 * another failure it is tried again when the current file is full.  0, or the error. */
static int
give_up(struct retention *retention, const char *name, int error)
{
	bool full = error == -ENOSPC || error == -EDQUOT;
	bool gone = full && unlink(name) == 0;

	if (gone || !retention->failed)
		log_warn("record: %s cannot be thinned: %s; %s", name, strerror(-error),
			gone ? "it is removed, as record.max-size wants"
			     : "nothing more is recorded when the current file is "
			       "full, until that is fixed");
	retention->failed = !gone;
	return gone ? 0 : error;
}

/* What a segment becomes, until it takes its place.  NULL: out of memory. */
static char *
thinned_name(const struct retention *retention)
{
	char *name;

	return asprintf(&name, "%s.thinned", retention->file) < 0 ? NULL : name;
}

/* 1: begun; 0: the segment is gone; -errno, logged. */
static int
give_way(struct retention *retention, const struct part *part)
{
	char *to = NULL;
	int ret = is_single(part->name);

	if (ret > 0 && unlink(part->name) == 0) {
		retention->failed = false;
		return 0;
	}
	if (ret > 0)
		ret = -errno;
	else if (ret == 0 && !(to = thinned_name(retention)))
		ret = -ENOMEM;
	if (ret == 0)
		ret = thinning_begin(&retention->thinning, part->name, to);
	free(to);
	return ret < 0 ? give_up(retention, part->name, ret) : 1;
}

/* ------------------------------------------------------------------ the work */

/* Goes on until there is nothing to do: 0; or a segment is to be thinned: 1. */
static int
begin_next(struct retention *retention)
{
	int ret = 0;

	while (ret == 0) {
		const struct part *part = NULL;
		struct parts parts;

		ret = list_parts(retention->file, &parts);
		if (ret < 0)
			return ret;
		remove_old(retention, &parts);
		if (parts.bytes > retention->closed_most)
			part = choose(&parts);
		if (part)
			ret = give_way(retention, part);
		parts_free(&parts);
		if (!part)
			return 0;
	}
	return ret;
}

/* 1; 0: done, or given up; -errno, logged. */
static int
go_on(struct retention *retention)
{
	const uint64_t until = uv_hrtime() + STEP_MS * UINT64_C(1000000);
	char *name = strdup(retention->thinning.from);
	int ret = 1;

	while (ret > 0 && uv_hrtime() < until)
		ret = thinning_step(&retention->thinning);
	if (ret == 0)
		retention->failed = false;
	else if (ret < 0)
		ret = give_up(retention, name ? name : "a segment", ret);
	free(name);
	return ret;
}

static void
on_step(uv_work_t *work)
{
	struct retention *retention = container_of(work, struct retention, work);
	int ret = 1;

	if (!retention->thinning.history)
		ret = begin_next(retention);
	retention->more = ret > 0 && go_on(retention) >= 0;
}

static void
on_step_done(uv_work_t *work, int status)
{
	struct retention *retention = container_of(work, struct retention, work);
	bool again = retention->again;

	(void)status;
	retention->busy = retention->again = false;
	if (!retention->stopping && (retention->more || again))
		retention_run(retention);
}

void
retention_run(struct retention *retention)
{
	if (retention->stopping)
		return; /* the last saves come after retention_stop() */
	if (retention->busy) {
		retention->again = true;
		return;
	}
	retention->busy = true;
	uv_queue_work(retention->loop, &retention->work, on_step, on_step_done);
}

void
retention_init(struct retention *retention, const struct config_record *config,
	uint64_t segment_max, uv_loop_t *loop)
{
	*retention = (struct retention){
		.file = config->file,
		.closed_most = UINT64_MAX,
		.max_age_ms = config->max_age,
		.loop = loop,
	};
	if (config->max_size > 0)
		retention->closed_most =
			config->max_size - MIN(config->max_size, segment_max);
}

void
retention_remove_leftover(const struct retention *retention)
{
	char *name = thinned_name(retention);

	if (name && unlink(name) < 0 && errno != ENOENT)
		log_warn(
			"record: %s is left over from a crash, and cannot be removed: %s",
			name, strerror(errno));
	free(name);
}

void
retention_stop(struct retention *retention)
{
	retention->stopping = true;
	while (retention->busy)
		uv_run(retention->loop, UV_RUN_ONCE);
	thinning_end(&retention->thinning);
}
