/* SPDX-License-Identifier: MIT */
/* Appends to the control log, and keeps the last acts. */
#include "control/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "control/values.h"

static void
complain(struct control_log *log, const char *what, const char *result)
{
	const int error = errno;

	log_set_dedup(&log->said);
	log_warn("control: %s: cannot %s: %s; %s until that is mended, or control.log "
		 "set",
		log->path, what, strerror(error), result);
	log_set_dedup(NULL);
}

static const char nothing_written[] = "acts are not written down";

/* O_NONBLOCK: a FIFO without a reader must not hold the wall up. */
static void
open_file(struct control_log *log)
{
	if (log->fd >= 0 || !*log->path)
		return;
	log->fd = open(log->path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (log->fd < 0)
		complain(log, "open it", nothing_written);
}

static void
close_file(struct control_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

/* NULL: out of memory, or there is no log. */
static char *
former_name(const struct control_log *log)
{
	char *name;

	return *log->path && asprintf(&name, "%s.1", log->path) >= 0 ? name : NULL;
}

/* Whoever rotates it may have given its name to another file, before the SIGHUP. */
static bool
has_its_name(const struct control_log *log, const struct stat *st)
{
	struct stat named;

	return stat(log->path, &named) == 0 && named.st_dev == st->st_dev &&
	       named.st_ino == st->st_ino;
}

/* The disk is not an operator's script's to fill.  A FIFO or a device is never full. */
static void
begin_anew_if_full(struct control_log *log)
{
	struct stat st;
	char *former;

	if (fstat(log->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		st.st_size < CONTROL_LOG_BYTES_MAX)
		return;
	if (!has_its_name(log, &st)) {
		close_file(log);
		return;
	}
	former = former_name(log);
	if (former && rename(log->path, former) == 0)
		close_file(log);
	else if (former)
		complain(log, "rename it", "it grows beyond 16 MiB");
	free(former);
}

/* ------------------------------------------------------------------ the last acts */

/* How much of the file's end is read. */
#define TAIL_BYTES (64 << 10)

/* All that are kept go into one answer: the arguments of longer acts are in the file
 * only. */
#define RECENT_BYTES 1024

/* Takes over the reference. */
static void
remember(struct control_log *log, json_t *line, size_t len)
{
	if (len > RECENT_BYTES)
		(void)json_object_set_new(line, "args", json_object());
	if (json_array_size(log->recent) == CONTROL_RECENT)
		(void)json_array_remove(log->recent, 0);
	(void)json_array_append_new(log->recent, line);
}

/* What is no line of a log, such as the rest of a long one, is passed over.  What was
 * painted before the start cannot be taken back by its number, which may be given again.
 */
static void
remember_lines(struct control_log *log, char *text)
{
	char *save = NULL;

	for (char *at = strtok_r(text, "\n", &save); at;
		at = strtok_r(NULL, "\n", &save)) {
		json_t *line = json_loads(at, JSON_REJECT_DUPLICATES, NULL);

		if (json_is_string(json_object_get(line, "verb"))) {
			(void)json_object_del(line, "number");
			remember(log, line, strlen(at));
		} else {
			json_decref(line);
		}
	}
}

/* A log of former times; a FIFO or a device has none. */
static void
remember_file(struct control_log *log, const char *path)
{
	int fd = path && *path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
			       : -1;
	struct stat st;
	char *text = NULL;
	ssize_t n;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		text = malloc(TAIL_BYTES + 1);
	if (text) {
		n = pread(fd, text, TAIL_BYTES, MAX(st.st_size - TAIL_BYTES, 0));
		text[MAX(n, 0)] = '\0';
		remember_lines(log, text);
	}
	free(text);
	if (fd >= 0)
		close(fd);
}

/* ------------------------------------------------------------------ open, close */

void
control_log_open(struct control_log *log, const char *path)
{
	char *former;

	*log = (struct control_log){ .path = path, .fd = -1, .recent = json_array() };
	former = former_name(log);
	remember_file(log, former);
	remember_file(log, path);
	free(former);
	open_file(log);
}

void
control_log_reopen(struct control_log *log)
{
	close_file(log);
	open_file(log);
}

void
control_log_close(struct control_log *log)
{
	close_file(log);
	json_decref(log->recent);
	log->recent = NULL;
}

/* ------------------------------------------------------------------ writing */

static json_t *
act_json(const struct control_act *act)
{
	char at[VALUE_TIME_MAX];
	struct timespec now;
	json_t *line;

	clock_gettime(CLOCK_REALTIME, &now);
	value_time_text(now, at);
	line = json_pack("{s:s, s:s, s:s, s:O, s:s, s:I}", "at", at, "who", act->who,
		"verb", act->verb, "args", act->with, "outcome", act->outcome, "act",
		(json_int_t)act->number);
	if (line && act->undo_number > 0)
		(void)json_object_set_new(
			line, "number", json_integer((json_int_t)act->undo_number));
	return line;
}

/* All of it, or nothing.  A disk may fill up in the middle of a line: the next write then
 * says why, and what was written is cut off, or the next act would be joined to it. */
static bool
append(int fd, const char *line, size_t len)
{
	size_t done = 0;
	ssize_t n = 0;
	struct stat st;
	int error;

	while (done < len && (n = write(fd, line + done, len - done)) > 0)
		done += (size_t)n;
	if (done == len)
		return true;
	error = n < 0 ? errno : EIO;
	if (done > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)!ftruncate(fd, MAX(st.st_size - (off_t)done, 0));
	errno = error;
	return false;
}

/* ASCII only, so that a line feed or an escape sequence in a name stays one. */
void
control_log_act(struct control_log *log, const struct control_act *act)
{
	json_t *line = act_json(act);
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	size_t len = text ? strlen(text) : 0;

	log->written++;
	open_file(log);
	if (text && log->fd >= 0) {
		text[len] = '\n';
		if (append(log->fd, text, len + 1)) {
			begin_anew_if_full(log);
		} else {
			complain(log, "append to it", nothing_written);
			close_file(log);
		}
	}
	free(text);
	if (line)
		remember(log, line, len);
}
