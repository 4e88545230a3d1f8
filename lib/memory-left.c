/* SPDX-License-Identifier: MIT */
/* Tries whether memory can be had by mapping it. */
#include "lib/memory-left.h"

#include <sys/mman.h>

bool
memory_is_left(size_t bytes)
{
	/* never touched, and so no page of it is ever there; malloc() would keep it */
	void *memory = mmap(
		NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	(void)munmap(memory, bytes);
	return true;
}
