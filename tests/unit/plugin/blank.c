/* SPDX-License-Identifier: MIT */
/* A shared object that is no plugin. */
extern const int mural_nothing;
const int mural_nothing __attribute__((visibility("default"))) = 1;
