/* SPDX-License-Identifier: MIT */
/*
 * Reads one config file.
 *
 * inih takes each line apart, but sees only one at a time: as packaged it cuts long
 * lines, tells no line numbers, keeps quiet about empty sections and all errors but the
 * first, and takes an indented line for more of the value above.  So lines are counted,
 * checked and stripped here, and each goes through ini_parse_stream() on its own with a
 * line behind it that makes inih tell the section.
 */
#include "config/config-private.h"
#include "lib/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

/* A line must fit into inih's buffer, which is much shorter; a file must be one. */
#define LINE_BYTES 1024
#define FILE_BYTES (1 << 20)

/* inih cuts the names of sections to 49 bytes; a name that long may have been cut. */
#define TITLE_MAX 48

static const char PROBE[] = "=\n"; /* an empty key, to be told the section */

/* One line of the file, and what inih made of it. */
struct line {
	char text[LINE_BYTES]; /* without blanks before and line end behind */
	size_t len;
	int number;
	size_t bytes; /* of the file so far */

	unsigned fed; /* lines that inih took: the line, then the probe */
	size_t room;  /* longest line that inih can take; 0 when this one fits */
	char title[TITLE_MAX + 2], key[LINE_BYTES], value[LINE_BYTES];
	bool is_section, is_setting;
};

bool
config_text_is_valid(const char *text, size_t len, const char **why)
{
	const char *end = text + len;
	size_t step;

	for (const char *p = text; p < end; p += step) {
		step = utf8_char_len(p, end - p);
		*why = step == 0 ? "is not UTF-8; write it in that encoding"
				 : "holds a control character; remove it";
		if (step == 0 || ((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	}
	return true;
}

/* inih's fgets(): the line, the probe, the end. */
static char *
feed_inih(char *buf, int size, void *stream)
{
	struct line *line = stream;

	switch (line->fed++) {
	case 0:
		if (line->len + 2 > (size_t)size) {
			line->room = size - 2;
			return NULL;
		}
		memcpy(buf, line->text, line->len);
		memcpy(buf + line->len, "\n", 2);
		return buf;
	case 1:
		memcpy(buf, PROBE, sizeof(PROBE));
		return buf;
	}
	return NULL;
}

static int
on_setting(void *user, const char *section, const char *key, const char *value)
{
	struct line *line = user;

	if (line->fed == 1) {
		line->is_setting = true;
		snprintf(line->key, sizeof(line->key), "%s", key);
		snprintf(line->value, sizeof(line->value), "%s", value);
	} else if (*section || line->text[0] == '[') {
		line->is_section = true;
		snprintf(line->title, sizeof(line->title), "%s", section);
	}
	return 1;
}

/* Whether nothing but a comment follows the bracket that ends the section's name. */
static bool
ends_after_bracket(const struct line *line)
{
	const char *p = strchr(line->text, ']') + 1;

	p += strspn(p, " \t");
	return *p == '\0' || *p == ';' || *p == '#';
}

/* What is wrong with the line as a line, or NULL. */
static const char *
parse_line(struct line *line, char *why, size_t len)
{
	const char *wrong;
	int bad_line;

	if (!config_text_is_valid(line->text, line->len, &wrong))
		return wrong;
	line->fed = 0;
	line->room = 0;
	line->is_section = line->is_setting = false;
	if (line->text[0] == '#' || line->text[0] == ';')
		return NULL; /* however long */
	bad_line = ini_parse_stream(feed_inih, line, on_setting, line);

	if (line->room) {
		snprintf(why, len, "is longer than %zu bytes; make it shorter",
			line->room);
		return why;
	}
	if (bad_line != 0 && line->text[0] == '[')
		return "has no ] after the section's name";
	if (bad_line != 0)
		return "is neither [section] nor key = value";
	if (line->is_section && strlen(line->title) > TITLE_MAX) {
		snprintf(why, len, "has a section name longer than %d bytes", TITLE_MAX);
		return why;
	}
	if (line->is_section && !ends_after_bracket(line))
		return "goes on after the section's ]; put that on a line of its own";
	if (line->is_setting && line->key[0] == '\0')
		return "has no key before the =";
	return NULL;
}

/* Reads the next line; false at the end.  *wrong is what must not even be parsed. */
static bool
read_line(FILE *file, struct line *line, const char **wrong)
{
	bool any = false, nul = false, cut = false;
	int c;

	*wrong = NULL;
	line->len = 0;
	while (line->bytes <= FILE_BYTES && (c = getc(file)) != EOF) {
		any = true;
		line->bytes++;
		if (c == '\n')
			break;
		nul |= c == '\0';
		cut |= line->len == sizeof(line->text) - 1;
		if ((line->len > 0 || !isblank(c)) && !cut)
			line->text[line->len++] = c;
	}
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->len--;
	line->text[line->len] = '\0';
	line->number++;
	if (nul)
		*wrong = "holds a NUL byte; is this a text file?";
	else if (cut)
		*wrong = "is far too long; is this a config file?";
	return any;
}

/* A byte order mark is no part of the first line. */
static void
strip_bom(struct line *line)
{
	size_t blanks;

	if (strncmp(line->text, "\xef\xbb\xbf", 3) != 0)
		return;
	blanks = 3 + strspn(line->text + 3, " \t");
	line->len -= blanks;
	memmove(line->text, line->text + blanks, line->len + 1);
}

/* Reads all lines; 0 or -ENOMEM. */
static int
read_lines(struct config *config, FILE *file, const char *path, struct line *line)
{
	struct section *section = NULL;
	bool before_first = true;
	const char *wrong;
	char why[128];
	int ret = 0;

	while (ret == 0 && read_line(file, line, &wrong)) {
		struct config_location location = { path, line->number };

		if (line->number == 1)
			strip_bom(line);
		if (!wrong)
			wrong = parse_line(line, why, sizeof(why));
		config->has_content |= !wrong && (line->is_section || line->is_setting);
		if (wrong) {
			config_error(config, path, line->number, NULL, NULL,
				"this line %s", wrong);
			/* what a section that nobody can read holds would be misfiled */
			if (line->text[0] == '[') {
				section = NULL;
				before_first = false;
			}
		} else if (line->is_section) {
			before_first = false;
			ret = config_open_section(
				config, line->title, location, &section);
		} else if (line->is_setting && before_first) {
			ret = config_add_named(config, line->key, line->value, location);
		} else if (line->is_setting && section) {
			ret = config_add(
				config, section, line->key, line->value, location);
		}
	}
	if (line->bytes > FILE_BYTES)
		config_error(config, path, 0, NULL, NULL,
			"is larger than %d bytes; is this a config file?", FILE_BYTES);
	return ret;
}

int
config_file_read(struct config *config, const char *path)
{
	FILE *file = fopen(path, "re");
	struct line *line;
	int ret = -ENOMEM;

	if (!file) {
		config_error(config, path, 0, NULL, NULL, "cannot be opened: %s",
			strerror(errno));
		return 0;
	}
	line = calloc(1, sizeof(*line));
	if (line) {
		ret = read_lines(config, file, path, line);
		if (ferror(file))
			config_error(config, path, 0, NULL, NULL, "cannot be read: %s",
				strerror(errno));
	}
	free(line);
	fclose(file);
	return ret;
}
