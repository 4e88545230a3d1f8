/* SPDX-License-Identifier: MIT */
/*
 * Makes snapshots, so that the log need not grow and a wall that joins need not read all
 * of it.
 *
 * Each wall counts what the log has had since the last one.  The first that finds one due
 * asks for a lease; two keepers would do no harm, as a snapshot follows from its id.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "link/link.h"

#define LOG_BYTES (32u << 20)

/* How long a wall that did not get the lease, or could not store the snapshot, waits
 * before it looks again. */
#define AGAIN_MS 10000

struct keeper_job {
	uv_work_t work;
	struct link *link;
	struct entry_id id;
	uint64_t hash;
	uint8_t *packed;
	size_t n, len;
	uint32_t pixels[];
};

static void
on_packing(uv_work_t *work)
{
	struct keeper_job *job = work->data;

	job->packed = picture_pack(job->pixels, job->n, &job->len);
}

static void
on_packed(uv_work_t *work, int status)
{
	struct keeper_job *job = work->data;
	struct link *link = job->link;
	const struct snapshot snapshot = {
		.id = job->id,
		.width = link->shared.view.width,
		.height = link->shared.view.height,
		.born = { link->born, strlen(link->born) },
		.format = { "rgb-planes", 10 },
		.picture = { job->packed, job->len },
	};

	if (status == 0 && job->packed && link->phase == PHASE_LINKED)
		engine_put_snapshot(link->engine, &snapshot, job->hash);
	else
		link->is_keeping = false;
	free(job->packed);
	free(job);
	link_job_done(link);
}

void
keeper_now(struct link *link)
{
	const size_t n = picture_size(&link->shared);
	struct keeper_job *job = malloc(sizeof(*job) + n * sizeof(uint32_t));

	link->is_keeping = true;
	if (job) {
		*job = (struct keeper_job){
			.link = link, .id = link->last, .hash = link->shared.hash, .n = n
		};
		job->work.data = job;
		memcpy(job->pixels, link->shared.pixels, n * sizeof(uint32_t));
	}
	if (!job ||
		uv_queue_work(link->host->loop, &job->work, on_packing, on_packed) < 0) {
		free(job);
		link->is_keeping = false;
		return;
	}
	link->jobs++;
}

void
keeper_tick(struct link *link)
{
	const uint64_t now = uv_now(link->host->loop);

	if (link->is_keeping || link->config->role == ROLE_VIEW || now < link->keep_next)
		return;
	if (!link->was_refused && /* a shorter log is what a full engine needs */
		(link->kept_entries == 0 ||
			(now - link->kept_at < link->config->snapshot &&
				link->kept_bytes < LOG_BYTES)))
		return;
	link->is_keeping = true;
	link->keep_next = now + AGAIN_MS;
	engine_lease(link->engine);
}

void
keeper_lease(struct link *link, bool granted)
{
	if (granted && link->phase == PHASE_LINKED)
		keeper_now(link);
	else
		link->is_keeping = false;
	if (!granted)
		mural_metric_set(link->host, METRIC_KEEPER, 0);
}

void
keeper_put(struct link *link, bool done)
{
	link->is_keeping = false;
	if (done) { /* its check may be read much later, behind all that others paint */
		link->keep_next = 0;
		keeper_checked(link);
	}
	mural_metric_set(link->host, METRIC_KEEPER, done);
	mural_metric_add(link->host, METRIC_SNAPSHOTS, done);
}

void
keeper_checked(struct link *link)
{
	link->kept_at = uv_now(link->host->loop);
	link->kept_bytes = 0;
	link->kept_entries = 0;
}
