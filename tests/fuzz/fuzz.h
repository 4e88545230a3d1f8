/* SPDX-License-Identifier: MIT */
/* The entry that libFuzzer expects, for tests that call it themselves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Calls it with each file of tests/corpus/NAME, earlier finds of `make fuzz`.  Returns
 * their number. */
int fuzz_replay(const char *name);
