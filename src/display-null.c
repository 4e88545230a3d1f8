/* SPDX-License-Identifier: MIT */
/* A display that shows nothing: the canvas lives in memory alone. */
#include "display-driver.h"

static int
null_open(const struct config_display *config, uint32_t *width, uint32_t *height,
	char *why, size_t len)
{
	(void)config;
	(void)why;
	(void)len;
	*width = DISPLAY_DEFAULT_WIDTH;
	*height = DISPLAY_DEFAULT_HEIGHT;
	return 0;
}

const struct display_driver display_null = {
	.name = "headless",
	.open = null_open,
};
