/* SPDX-License-Identifier: MIT */
/* What muralctl can do.  0 or -errno, said. */
#ifndef VERBS_H
#define VERBS_H

#include "options.h"

int verb_paint(const struct options *options);
int verb_load(const struct options *options);
int verb_size(const struct options *options);
int verb_grab(const struct options *options);

#endif
