/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer's function on the corpus that earlier fuzzing left. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int
replay_file(const char *folder, const char *name)
{
	static uint8_t data[1 << 20];
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return 0;
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
	fclose(file);
	return 1;
}

int
fuzz_replay(const char *name)
{
	const char *source = getenv("abs_top_srcdir");
	struct dirent *entry;
	char folder[512];
	int files = 0;
	DIR *corpus;

	snprintf(folder, sizeof(folder), "%s/tests/corpus/%s", source ? source : ".",
		name);
	corpus = opendir(folder);
	while (corpus && (entry = readdir(corpus)))
		if (entry->d_name[0] != '.')
			files += replay_file(folder, entry->d_name);
	if (corpus)
		closedir(corpus);
	return files;
}
