/* SPDX-License-Identifier: MIT */
/* In a build without FreeType or FriBidi no text is written. */
#include "frames.h"

#include <errno.h>

#include "console.h"

int
frames_write(struct frames *frames, const char *text, uint32_t capital, uint32_t argb)
{
	(void)frames;
	(void)text;
	(void)capital;
	(void)argb;
	return console_error(-ENOTSUP,
		"this muralctl was built without FreeType and FriBidi, and "
		"cannot write text: apt-get install libfreetype-dev "
		"libfribidi-dev, then configure and make again");
}
