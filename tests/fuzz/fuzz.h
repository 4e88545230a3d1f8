/* SPDX-License-Identifier: MIT */
/* The entry that libFuzzer expects, for tests that call it themselves. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Calls it with each file of tests/corpus/NAME, earlier finds of `make fuzz`.  Returns
 * their number. */
int fuzz_replay(const char *name);

#endif
