/* SPDX-License-Identifier: MIT */
/* Files that hold secrets. */
#ifndef COMMON_CREDENTIAL_H
#define COMMON_CREDENTIAL_H

#include <stdio.h>

/* Opens it for reading; a relative path is looked for in $CREDENTIALS_DIRECTORY first.
 * NULL: errno says why not. */
FILE *credential_open(const char *path);

#endif
