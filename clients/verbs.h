/* SPDX-License-Identifier: MIT */
/* What muralctl can do.  0 or -errno, said. */
#ifndef VERBS_H
#define VERBS_H

#include "options.h"

int paint(const struct options *options);
int load(const struct options *options);
int tell_size(const struct options *options);
int grab(const struct options *options);

#endif
