/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, section 4), for bytes that travel in JSON. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* With the NUL behind it. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* `text` has BASE64_SIZE(n) bytes. */
void base64_encode(const uint8_t *bytes, size_t n, char *text);

/* `bytes` has room for len / 4 * 3.  How many there are; -EINVAL: that is no base64. */
ssize_t base64_decode(const char *text, size_t len, uint8_t *bytes);
