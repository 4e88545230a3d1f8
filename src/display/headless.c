/* SPDX-License-Identifier: MIT */
/* A display that shows nothing: the canvas lives in memory alone. */
#include "display/driver.h"

const struct display_driver display_null = { .name = "headless" };
