/* SPDX-License-Identifier: MIT */
/* Appends to the control log. */
#include "control/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/values.h"

static void
complain(struct control_log *log, const char *what)
{
	const int error = errno;

	log_set_dedup(&log->said);
	log_warn("control: %s: cannot %s: %s; acts are not written down until it can",
		log->path, what, strerror(error));
	log_set_dedup(NULL);
}

/* O_NONBLOCK: a FIFO without a reader must not hold the wall up. */
static void
open_file(struct control_log *log)
{
	if (log->fd >= 0 || !*log->path)
		return;
	log->fd = open(log->path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (log->fd < 0)
		complain(log, "open it");
}

void
control_log_open(struct control_log *log, const char *path)
{
	*log = (struct control_log){ .path = path, .fd = -1 };
	open_file(log);
}

void
control_log_close(struct control_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

/* ASCII only, so that a line feed or an escape sequence in a name stays one. */
static char *
act_line(const struct control_act *act)
{
	char at[VALUE_TIME_MAX];
	struct timespec now;
	json_t *line;
	char *text;

	clock_gettime(CLOCK_REALTIME, &now);
	value_time_text(now, at);
	line = json_pack("{s:s, s:s, s:s, s:O, s:s, s:I}", "at", at, "who", act->who,
		"verb", act->verb, "args", act->with, "outcome", act->outcome, "act",
		(json_int_t)act->number);
	text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(line);
	return text;
}

void
control_log_act(struct control_log *log, const struct control_act *act)
{
	char *text = act_line(act);
	size_t len = text ? strlen(text) : 0;

	open_file(log);
	if (text && log->fd >= 0) {
		text[len] = '\n';
		if (write(log->fd, text, len + 1) != (ssize_t)(len + 1)) {
			complain(log, "append to it");
			control_log_close(log);
		}
	}
	free(text);
}
