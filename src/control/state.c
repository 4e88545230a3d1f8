/* SPDX-License-Identifier: MIT */
/* Reads and replaces the file of what holds over a restart. */
#include "control/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/util.h"

#define LINE_MAX_BYTES (64 * 1024)
#define PATH_MAX_BYTES 4096

struct control_save {
	struct control_save *next;
	void (*saved)(void *arg, int ret);
	void *arg;
};

/* ------------------------------------------------------------------ loading */

static void
set_aside(const char *path)
{
	char other[PATH_MAX_BYTES];

	snprintf(other, sizeof(other), "%s.bad", path);
	if (rename(path, other) == 0)
		log_error("control: %s: some of it cannot be read; kept as %s", path,
			other);
	else
		log_error("control: %s: some of it cannot be read", path);
}

/* False: the line is none. */
static bool
load_line(struct control_state *state, const char *text, size_t len,
	void (*each)(void *context, const json_t *line))
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_object(line);

	if (good)
		each(state->context, line);
	json_decref(line);
	return good;
}

int
control_state_load(
	struct control_state *state, void (*each)(void *context, const json_t *line))
{
	FILE *file = *state->path ? regular_file_open(state->path) : NULL;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	bool good = true;

	if (!file && *state->path && errno != ENOENT)
		log_error("control: %s: %s; bans and what else was in force are not",
			state->path, strerror(errno));
	if (!file)
		return -ENOENT;
	while ((len = getline(&text, &size, file)) > 0)
		good &= len <= LINE_MAX_BYTES &&
			load_line(state, text, (size_t)len, each);
	good &= !ferror(file);
	free(text);
	fclose(file);
	if (!good)
		set_aside(state->path);
	return good ? 0 : -EBADMSG;
}

/* ------------------------------------------------------------------ saving */

static char *
compose(struct control_state *state)
{
	json_t *lines = state->compose(state->context), *line;
	char *text = NULL;
	size_t len, i;
	FILE *out = lines ? open_memstream(&text, &len) : NULL;

	json_array_foreach(lines, i, line)
	{
		if (out && json_dumpf(line, out, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
			fputc('\n', out);
	}
	json_decref(lines);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int
write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int
replace_file(const char *path, const char *text)
{
	char beside[PATH_MAX_BYTES];
	int fd, ret;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && rename(beside, path) < 0)
		ret = -errno;
	return ret < 0 ? ret : fsync_dir(path);
}

static void
write_file(uv_work_t *work)
{
	struct control_state *state = container_of(work, struct control_state, work);

	state->result = state->text ? replace_file(state->path, state->text) : -ENOMEM;
}

static void
call_saved(struct control_save *save, int ret)
{
	while (save) {
		struct control_save *next = save->next;

		save->saved(save->arg, ret);
		free(save);
		save = next;
	}
}

static void begin(struct control_state *state);

static void
on_written(uv_work_t *work, int status)
{
	struct control_state *state = container_of(work, struct control_state, work);
	struct control_save *done = state->now;
	int ret = status < 0 ? status : state->result;

	if (ret < 0)
		log_error("control: %s: cannot be written: %s; what is in force now is "
			  "lost by a restart",
			state->path, strerror(-ret));
	free(state->text);
	state->writing = false;
	state->now = NULL;
	if (state->again)
		begin(state);
	call_saved(done, ret);
}

static void
begin(struct control_state *state)
{
	state->writing = true;
	state->again = false;
	state->now = state->next;
	state->next = NULL;
	state->text = compose(state);
	if (uv_queue_work(state->loop, &state->work, write_file, on_written) < 0) {
		state->result = -ENOMEM;
		on_written(&state->work, 0);
	}
}

void
control_state_save(
	struct control_state *state, void (*saved)(void *arg, int ret), void *arg)
{
	struct control_save *save;

	if (!*state->path) {
		if (saved)
			saved(arg, 0);
		return;
	}
	if (saved) {
		save = calloc(1, sizeof(*save));
		if (!save) {
			saved(arg, -ENOMEM);
			return;
		}
		*save = (struct control_save){ state->next, saved, arg };
		state->next = save;
	}
	state->again = true;
	if (!state->writing)
		begin(state);
}

void
control_state_start(struct control_state *state, const char *path, uv_loop_t *loop,
	json_t *(*compose_lines)(void *context), void *context)
{
	*state = (struct control_state){
		.path = path, .loop = loop, .compose = compose_lines, .context = context
	};
}

void
control_state_stop(struct control_state *state)
{
	while (state->loop && state->writing)
		uv_run(state->loop, UV_RUN_ONCE);
	state->loop = NULL;
}
