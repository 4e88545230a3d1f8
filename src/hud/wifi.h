/* SPDX-License-Identifier: MIT */
/* How people get into the network in which the wall is: for phones as what a QR code
 * says, and in words. */
#pragma once

#include <stddef.h>

#include "hud/words.h"

/* `wifi` is "SSID:PASSWORD" as in the config, in which a password may be missing.  0, or
 * -EMSGSIZE if the text is too long. */
int wifi_scanned(const char *wifi, char *text, size_t len);

/* In words, name and password with a dot between. */
#define WIFI_DOT " · "
int wifi_words(enum hud_language language, const char *wifi, char *text, size_t len);
