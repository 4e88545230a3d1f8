/* SPDX-License-Identifier: MIT */
/* Writes text into HTML. */
#include "http/web/html.h"

#include <string.h>

void
html_put(FILE *out, const char *text)
{
	static const char special[] = "<>&\"";
	static const char *const entities[] = { "&lt;", "&gt;", "&amp;", "&quot;" };

	for (; *text; text++) {
		const char *at = strchr(special, *text);

		if (at)
			fputs(entities[at - special], out);
		else
			putc(*text, out);
	}
}
