/* SPDX-License-Identifier: MIT */
/* Writes log lines to standard error, with the priorities that the journal reads. */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "lib/fnv.h"
#include "lib/utf8.h"

#define LINE_MAX_BYTES 1024

static enum mural_level max_level = MURAL_INFO;
static bool to_journal;
static _Thread_local struct log_dedup *tries;

/* $JOURNAL_STREAM names the journal's socket by device and inode (systemd.exec(5));
 * standard error may have been redirected since. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(mine, sizeof(mine), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	return strcmp(stream, mine) == 0;
}

void
log_set_level(enum mural_level level)
{
	if (max_level != level)
		max_level = level;
	if (to_journal != stderr_is_journal())
		to_journal = !to_journal;
}

struct log_dedup *
log_set_dedup(struct log_dedup *dedup)
{
	struct log_dedup *before = tries;

	tries = dedup;
	return before;
}

/* Whether the line is among the last ones, by its hash. */
static bool
is_repeated(const char *line, int len)
{
	uint64_t hash;

	if (!tries)
		return false;
	hash = fnv1a(FNV_START, line, (size_t)len);
	for (size_t i = 0; i < ARRAY_LEN(tries->lines); i++)
		if (tries->lines[i] == hash)
			return true;
	tries->lines[tries->next++ % ARRAY_LEN(tries->lines)] = hash;
	return false;
}

static void
write_line(enum mural_level level, const char *name, const char *format, va_list args)
{
	static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
	static const char *const words[] = { "error: ", "warning: ", "", "debug: " };
	char line[LINE_MAX_BYTES];
	int len, start, more;

	if (level > max_level)
		return;
	len = snprintf(line, sizeof(line), "%s%s%s%s",
		to_journal ? priorities[level] : "murald: ",
		to_journal ? "" : words[level], name ? name : "", name ? ": " : "");
	len = start = MIN(len, (int)sizeof(line) - 2);
	more = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	len = MIN(len + MAX(more, 0), (int)sizeof(line) - 2);
	for (int i = 0; i < len; i++)
		if (line[i] == '\n' || line[i] == '\r' || line[i] == '\t')
			line[i] = ' ';
	line[len] = '\0';
	utf8_mask_controls(line);
	len = (int)strlen(line);
	if (tries && level == MURAL_ERROR && !*tries->error)
		snprintf(tries->error, sizeof(tries->error), "%s", line + start);
	if (is_repeated(line, len) && max_level < MURAL_DEBUG)
		return;
	line[len++] = '\n';
	(void)!write(STDERR_FILENO, line, len);
}

#define DEFINE_LOG(function, level)                                                      \
	void function(const char *format, ...)                                           \
	{                                                                                \
		va_list args;                                                            \
                                                                                         \
		va_start(args, format);                                                  \
		write_line(level, NULL, format, args);                                   \
		va_end(args);                                                            \
	}

DEFINE_LOG(log_error, MURAL_ERROR)
DEFINE_LOG(log_warn, MURAL_WARN)
DEFINE_LOG(log_info, MURAL_INFO)
DEFINE_LOG(log_debug, MURAL_DEBUG)

void
mural_log(const struct mural_host *host, enum mural_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, host->name, format, args);
	va_end(args);
}
