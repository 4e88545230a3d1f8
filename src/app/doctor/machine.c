/* SPDX-License-Identifier: MIT */
/* Checks how the kernel was booted: its arguments, a Raspberry Pi's config.txt, and the
 * memory that is reserved for devices. */
#include <inttypes.h>
#include <string.h>

#include "app/doctor/parts.h"
#include "base/util.h"
#include "lib/digits.h"

/* Of Raspberry Pi OS, the newer path first. */
static const char *const config_txt[] = { "/boot/firmware/config.txt",
	"/boot/config.txt" };

/* Arguments that matter for the display. */
static const char *const arguments[] = { "video=", "drm.", "drm_kms_helper.", "vc4.",
	"nomodeset", "cma=", "console=" };

/* Without full KMS a Raspberry Pi's kernel draws through the firmware. */
static void
examine_config_txt(FILE *file, const char *path, struct report *report)
{
	bool full = false, fake = false, hdmi = false;
	char line[256];

	while (fgets(line, sizeof(line), file)) {
		full |= strncmp(line, "dtoverlay=vc4-kms-v3d", 21) == 0;
		fake |= strncmp(line, "dtoverlay=vc4-fkms-v3d", 22) == 0;
		hdmi |= strncmp(line, "hdmi_", 5) == 0;
	}
	if (full && !fake) {
		report_ok(report, "%s: dtoverlay=vc4-kms-v3d", path);
	} else {
		report_problem(report, "%s: %s", path,
			fake ? "vc4-fkms-v3d draws through the firmware"
			     : "no dtoverlay=vc4-kms-v3d");
		report_advice(report, "add dtoverlay=vc4-kms-v3d to it, and reboot");
	}
	if (hdmi)
		report_note(report,
			"%s: its hdmi_ lines do nothing under KMS; use video= on the "
			"kernel's command line",
			path);
}

static void
examine_pi(struct report *report)
{
	char model[128];

	if (!doctor_read_line("/proc/device-tree/model", model, sizeof(model)))
		return;
	report_note(report, "%s", model);
	if (!strstr(model, "Raspberry Pi"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(config_txt); i++) {
		FILE *file = fopen(config_txt[i], "re");

		if (!file)
			continue;
		examine_config_txt(file, config_txt[i], report);
		fclose(file);
		return;
	}
	report_note(report, "no config.txt that this user may read");
}

static bool
is_relevant(const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(arguments); i++)
		if (strncmp(argument, arguments[i], strlen(arguments[i])) == 0)
			return true;
	return false;
}

static void
examine_arguments(struct report *report)
{
	char line[4096], *rest = line;
	bool any = false, nomodeset = false;

	if (!doctor_read_line("/proc/cmdline", line, sizeof(line)))
		return;
	for (const char *word; (word = strsep(&rest, " "));) {
		if (!is_relevant(word))
			continue;
		report_note(report, "kernel argument %s", word);
		nomodeset |= strcmp(word, "nomodeset") == 0;
		any = true;
	}
	if (!any)
		report_note(report, "no kernel argument about the display");
	if (nomodeset) {
		report_problem(report, "nomodeset disables the graphics drivers");
		report_advice(
			report, "remove it from the kernel's command line, and reboot");
	}
}

/* On small boards, dumb buffers are allocated from the memory reserved for devices. */
static void
examine_memory(struct report *report)
{
	uint64_t total = 0, left = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		uint64_t *figure = strncmp(line, "CmaTotal:", 9) == 0  ? &total
				   : strncmp(line, "CmaFree:", 8) == 0 ? &left
								       : NULL;

		if (figure)
			(void)digits_read(
				line + strcspn(line, "0123456789"), UINT64_MAX, figure);
	}
	if (file)
		fclose(file);
	if (total > 0)
		report_note(report,
			"memory for devices (CMA): %" PRIu64 " MB, %" PRIu64
			" MB free; a screen of 1920x1080 takes 16 MB",
			total >> 10, left >> 10);
}

void
doctor_check_machine(struct report *report)
{
	char vt[32];

	examine_pi(report);
	examine_arguments(report);
	examine_memory(report);
	if (doctor_read_line("/sys/class/tty/tty0/active", vt, sizeof(vt)))
		report_note(report, "%s is the active console", vt);
}
