/* SPDX-License-Identifier: MIT */
/*
 * Reads a config file: splits it into lines, and each line into the title of a section or
 * a key and its value.
 *
 * Each line stands for itself, and is taken or refused without a look at the others, so
 * that every error in the file is found at once.
 */
#include "config/config-private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

#define FILE_BYTES (1 << 20)
#define TITLE_MAX 48 /* bytes: titles appear in the log and as labels of metrics */

static const char blanks[] = " \t";

/* The parts of one line, cut in place.  Of an empty line, a comment, and a line that is
 * refused, title and key are NULL. */
struct line {
	bool opens_section; /* true also of a section's line that is refused */
	const char *title;
	const char *key, *value;
};

struct reader {
	struct config *config;
	struct config_location location;
	struct section *section; /* NULL: unknown, its settings are skipped */
	bool before_first;       /* no section yet: settings are SECTION.KEY */
};

const char *
config_check_text(const char *text, size_t len)
{
	if (memchr(text, '\0', len))
		return "holds a NUL byte; is this a text file?";
	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_char_len(text + at, len - at);
		if (step == 0)
			return "is not UTF-8; write it in that encoding";
		if (step == 1 && iscntrl((unsigned char)text[at]) && text[at] != '\t')
			return "holds a control character; remove it";
	}
	return NULL;
}

char *
config_strip(char *text)
{
	size_t len;

	text += strspn(text, blanks);
	for (len = strlen(text); len > 0 && strchr(blanks, text[len - 1]);)
		text[--len] = '\0';
	return text;
}

/* Behind a blank: ; or, since colours begin with #, that and a blank. */
bool
config_is_comment(const char *p)
{
	return *p == ';' || (*p == '#' && (p[1] == '\0' || strchr(blanks, p[1])));
}

/* The first of `stops`, or the comment if that comes earlier, or the end. */
static char *
find_stop(char *p, const char *stops)
{
	for (bool after_blank = false; *p; p++) {
		if (strchr(stops, *p) || (after_blank && config_is_comment(p)))
			break;
		after_blank = strchr(blanks, *p);
	}
	return p;
}

/* Blanks, and byte order marks: files that were joined have them on any line. */
static char *
skip_start(char *text)
{
	text += strspn(text, blanks);
	while (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3 + strspn(text + 3, blanks);
	return text;
}

/* Both splitters return what is wrong with the line, or NULL. */
static const char *
split_section(struct line *line, char *title)
{
	char *end = find_stop(title, "]");

	if (*end != ']')
		return "has no ] after the section's name";
	*end = '\0';
	if (end - title > TITLE_MAX)
		return "has a section name longer than 48 bytes";
	end += 1 + strspn(end + 1, blanks);
	if (*end != '\0' && *end != ';' && *end != '#')
		return "has text after the section's ]; put it on a line of its own";
	line->title = title;
	return NULL;
}

static const char *
split_line(struct line *line, char *text, size_t len)
{
	const char *wrong = config_check_text(text, len);
	char *start = skip_start(text), *end;

	*line = (struct line){ .opens_section = *start == '[' };
	if (wrong || *start == '\0' || *start == '#' || *start == ';')
		return wrong;
	if (line->opens_section)
		return split_section(line, start + 1);
	end = find_stop(start, "=:");
	if (*end != '=' && *end != ':')
		return "is neither [section] nor key = value";
	*end++ = '\0';
	start = config_strip(start);
	if (*start == '\0')
		return "has no key before the =";
	*find_stop(end, "") = '\0';
	line->key = start;
	line->value = config_strip(end);
	return NULL;
}

/* `text` has room for a NUL at its end, and is cut.  0 or -ENOMEM. */
static int
read_line(struct reader *reader, char *text, size_t len)
{
	struct config *config = reader->config;
	const char *wrong;
	struct line line;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	text[len] = '\0';
	reader->location.line++;
	wrong = split_line(&line, text, len);
	if (wrong)
		config_error(config, reader->location.file, reader->location.line, NULL,
			NULL, "this line %s", wrong);
	config->has_content |= line.title || line.key;
	if (line.opens_section) {
		reader->before_first = false;
		reader->section = NULL;
	}
	if (line.title)
		return config_open_section(
			config, line.title, reader->location, &reader->section);
	if (line.key && reader->before_first)
		return config_add_named(config, line.key, line.value, reader->location);
	if (line.key && reader->section)
		return config_add(
			config, reader->section, line.key, line.value, reader->location);
	return 0;
}

static int
read_lines(struct config *config, const char *path, char *text, size_t len)
{
	struct reader reader = { config, { path, 0 }, NULL, true };
	char *end = text + len;
	int ret = 0;

	while (ret == 0 && text < end) {
		char *newline = memchr(text, '\n', end - text);
		char *stop = newline ? newline : end;

		ret = read_line(&reader, text, stop - text);
		text = stop + 1;
	}
	return ret;
}

int
config_file_read(struct config *config, const char *path)
{
	char *text = malloc(FILE_BYTES + 2); /* one byte too many, and a NUL */
	FILE *file = fopen(path, "re");
	const char *wrong = file ? NULL : strerror(errno);
	size_t len;
	int ret = text ? 0 : -ENOMEM;

	if (!file) {
		config_error(config, path, 0, NULL, NULL, "cannot be opened: %s", wrong);
	} else if (text) {
		len = fread(text, 1, FILE_BYTES + 1, file);
		wrong = ferror(file) ? strerror(errno) : NULL;
		ret = read_lines(config, path, text, len);
		if (len > FILE_BYTES)
			config_error(config, path, 0, NULL, NULL,
				"is larger than %d bytes; is this a config file?",
				FILE_BYTES);
		if (wrong)
			config_error(
				config, path, 0, NULL, NULL, "cannot be read: %s", wrong);
	}
	if (file)
		fclose(file);
	free(text);
	return ret;
}
