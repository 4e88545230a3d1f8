/* SPDX-License-Identifier: MIT */
/* Which uevents are of the subsystem drm. */

#include <string.h>

#include "display/uevent.h"
#include "support/unit.h"

#define CHANGE                                                                           \
	"change@/devices/pci0000:00/0000:00:03.0/virtio1/drm/card0\0"                    \
	"ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1\0SEQNUM=1042"

/* Copies the message to memory of exactly its size, so that a sanitizer sees overruns. */
static bool
is_about_drm(const char *message, size_t len)
{
	char *exact = malloc(len ? len : 1);
	bool answer;

	memcpy(exact, message, len);
	answer = uevent_matches(exact, len, "drm");
	free(exact);
	return answer;
}

TEST(finds_the_subsystem)
{
	const char other[] = "add@/x\0SUBSYSTEM=drm_dp_aux_dev\0SUBSYSTEM=dr\0"
			     "XSUBSYSTEM=drm\0DEVNAME=SUBSYSTEM=drm";

	assert_true(is_about_drm(CHANGE, sizeof(CHANGE)));
	assert_true(is_about_drm("SUBSYSTEM=drm", 13)); /* no zero byte at the end */
	assert_false(is_about_drm("SUBSYSTEM=drm", 12));
	assert_false(is_about_drm(other, sizeof(other)));
	assert_false(is_about_drm("", 0));
	assert_false(is_about_drm("\0\0\0", 3));
}

TEST(reads_any_part_of_a_message)
{
	const size_t subsystem = strlen(CHANGE) + 1 + strlen("ACTION=change") + 1;

	for (size_t len = 0; len <= sizeof(CHANGE); len++)
		assert_int_equal(is_about_drm(CHANGE, len), len >= subsystem + 13);
}

UNIT_TESTS(NULL, NULL)
