/* SPDX-License-Identifier: MIT */
/* Replaces the KMS driver in a build configured --without-drm. */
#include <errno.h>

#include "base/log.h"
#include "display/display.h"
#include "display/driver.h"

static int
nodrm_open(const struct config_display *config, struct display_size *size, char *why,
	size_t len)
{
	(void)size;
	if (config->output == OUTPUT_KMS) {
		log_error("display: this murald was built without KMS; set "
			  "display.output = headless");
		return -ENOSYS;
	}
	snprintf(why, len, "built without KMS");
	return -ENODEV;
}

static int
nodrm_list(const struct config_display *config, FILE *out)
{
	(void)config;
	fputs("none: this murald was built without KMS\n", out);
	return 0;
}

void
display_examine(const struct config_display *config,
	const struct mural_dimensions *canvas, struct report *report)
{
	(void)canvas;
	if (config->output != OUTPUT_KMS) {
		report_note(report, "built without KMS: nothing is shown");
		return;
	}
	report_problem(
		report, "display.output = kms, but this murald was built without it");
	report_advice(report, "install one with KMS, or write display.output = headless");
}

const struct display_driver display_drm = {
	.name = "kms",
	.open = nodrm_open,
	.list = nodrm_list,
};
