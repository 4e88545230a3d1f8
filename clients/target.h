/* SPDX-License-Identifier: MIT */
/*
 * Parses a target, the server to paint to, as the command line names it:
 *
 *	icmp://HOST                    a name or an address, [V6] or bare
 *	ipv6://TEMPLATE[%INTERFACE]    as in murald.conf: ping/address-template.h
 *	p2://USER:OTP@HOST:PORT        port 7062 when none is given
 *	http://HOST:PORT/PATH          or https://; the board may lie below a path
 *	pixelflut://HOST:PORT          port 1234 when none is given
 *	unix:PATH                      Pixelflut over a socket on this machine
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ping/address-template.h"

#define TARGET_HOST_MAX 256
#define TARGET_USER_MAX 256
#define TARGET_URL_MAX 1024
#define TARGET_WHY_MAX (TEMPLATE_WHY_MAX + 64)

enum target_scheme {
	TARGET_ICMP,
	TARGET_IPV6,
	TARGET_P2,
	TARGET_HTTP,
	TARGET_PIXELFLUT,
	TARGET_SCHEMES,
};

struct target {
	enum target_scheme scheme;
	char text[TARGET_URL_MAX];  /* as given but without the OTP, for messages */
	char host[TARGET_HOST_MAX]; /* without brackets; or the path of a socket */
	bool is_path;
	char port[6];                     /* digits; empty: icmp, ipv6, perhaps http */
	char user[TARGET_USER_MAX];       /* p2: 1 to 255 bytes */
	char otp[9];                      /* p2: 1 to 8 digits */
	char url[TARGET_URL_MAX];         /* http: without a slash at the end */
	struct address_template template; /* ipv6 */
	unsigned interface; /* ipv6: the index of %INTERFACE; 0: none given */
};

/* `decimal`: X and Y of an ipv6 template are decimal digits.  0, or -EINVAL with the
 * reason in `why`, which names the text; *target is then undefined. */
int target_parse(
	struct target *target, const char *text, bool decimal, char *why, size_t len);
