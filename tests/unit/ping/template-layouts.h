/* SPDX-License-Identifier: MIT */
/* The address layouts known to be in use, as murald.conf(5) lists them. */
#pragma once

#include <stdbool.h>

static const struct layout {
	const char *name;     /* as in tests/vectors/place_ipv6.json, where it is there */
	const char *template; /* as it is written in murald.conf */
	bool decimal;
} layouts[] = {
	{ "place", "2a06:a003:d040:SXXX:YYY:RR:GG:BB", false },
	{ "place-alula", "2602:fa9b:202:SXXX:YYY:RR:GG:BB", false },
	{ "place64", "2a01:4f8:c012:f8e6:SXXX:YYYY:RR:GGBB", false },
	{ "colorping", "fdcf:8538:9ad5:3333:XXXX:YYYY:11RR:GGBB", false },
	{ "colorping-any", "????:????:????:????:XXXX:YYYY:11RR:GGBB", false },
	{ "pixelflut6", "2001:67c:20a1:1234:XXXX:YYYY:RRGG:BB??", false },
	{ "pixelflood6", "2001:db8:0:0:XXXX:YYYY:RRGG:BBAA", false },
	{ "openbased", "2602:f75c:c0:0:XXXX:YYYY:RRGG:BBAA", false },
	{ "snt-bgr", "2001:610:1908:a000:XXXX:YYYY:BBGG:RRAA", false },
	{ "jingle2018", "2001:4c08:2028:XXXX:YYYY:RR:GG:BB", true },
	{ "canvas256", "2400:8902:e001:233:XXYY:RR:GG:BB", false },
	{ "ipcanvas", "2001:db8:1:XXXX:YYYY:RR:GG:BB", false },
	{ "tree2016", "2001:6a8:28c0:2017:????:RR:GG:BB", false },
};
