/* SPDX-License-Identifier: MIT */
/* Breaks text into lines that a terminal can show. */
#include "lib/wrap.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define COLUMNS_DEFAULT 80 /* of a terminal of unknown size */

/* A narrower terminal breaks lines by itself: indented text would be a column of words.
 */
#define COLUMNS_LEAST 40

unsigned
wrap_columns(FILE *out)
{
	struct winsize size = { 0 };

	if (!isatty(fileno(out)))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col < COLUMNS_LEAST ? COLUMNS_LEAST : size.ws_col;
}

unsigned
wrap_width(const char *text, size_t len)
{
	mbstate_t state = { 0 };
	unsigned width = 0;

	while (len > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, len, &state);
		int columns;

		if (n == 0 || n > len) { /* no character of this locale */
			state = (mbstate_t){ 0 };
			n = 1;
			columns = 1;
		} else {
			columns = wcwidth(c);
		}
		width += columns < 0 ? 1 : (unsigned)columns;
		text += n;
		len -= n;
	}
	return width;
}

unsigned
wrap_print(FILE *out, const char *text, unsigned at, unsigned indent, unsigned columns)
{
	while (*text) {
		const size_t spaces = strspn(text, " ");
		const size_t len = strcspn(text + spaces, " ");
		const unsigned width = wrap_width(text + spaces, len);

		if (columns > 0 && at > indent && at + spaces + width > columns)
			at = (unsigned)fprintf(out, "\n%*s", (int)indent, "") - 1;
		else
			at += (unsigned)fprintf(out, "%*s", (int)spaces, "");
		fprintf(out, "%.*s", (int)len, text + spaces);
		at += width;
		text += spaces + len;
	}
	return at;
}
