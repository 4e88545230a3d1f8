/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the file of a snapshot.  The first byte selects the canvas's size.
 * tests/unit/storage/test-png runs it on the corpus.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storage/png.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t width = len > 0 ? 1 + data[0] % 16 : 1, height = 1 + width % 5;
	uint32_t *pixels = malloc(width * height * sizeof(*pixels));
	int fd = memfd_create("snapshot", MFD_CLOEXEC), ret;
	char path[40], why[64] = "";

	assert(pixels && fd >= 0);
	if (len > 0)
		assert(write(fd, data + 1, len - 1) == (ssize_t)len - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = png_file_load(path, width, height, pixels, why, sizeof(why));
	assert(ret <= 0 && strlen(why) < sizeof(why));
	assert(ret != -ERANGE || why[0]);
	for (uint32_t i = 0; ret == 0 && i < width * height; i++)
		assert(pixels[i] >> 24 == 0xff);
	close(fd);
	free(pixels);
	return 0;
}
