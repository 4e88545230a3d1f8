/* SPDX-License-Identifier: MIT */
/* Parses rectangles, points, durations and times of the operator. */
#include "control/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip-key.h"
#include "base/util.h"
#include "config/option.h"
#include "lib/digits.h"

#define COORDINATE_MAX 1000000

/* ------------------------------------------------------------------ places */

bool
value_rect(const char *text, struct mural_rect *rect)
{
	uint64_t n[4];

	if (!digits_read_rect(text, COORDINATE_MAX, n))
		return false;
	*rect = (struct mural_rect){ (uint32_t)n[2], (uint32_t)n[3], (uint32_t)n[0],
		(uint32_t)n[1] };
	return true;
}

void
value_rect_text(const struct mural_rect *rect, char text[VALUE_RECT_MAX])
{
	snprintf(text, VALUE_RECT_MAX, "%ux%u+%u+%u", rect->width, rect->height, rect->x,
		rect->y);
}

/* ------------------------------------------------------------------ as in murald.conf */

static bool
parse_option(uint32_t type, const char *text, void *value)
{
	const struct mural_option option = { .type = type };
	char why[200];

	return option_set(&option, value, text, why, sizeof(why)) == 0;
}

bool
value_point(const char *text, struct mural_point *point)
{
	return parse_option(MURAL_TYPE_POINT, text, point);
}

bool
value_colour(const char *text, uint32_t *argb)
{
	return parse_option(MURAL_TYPE_COLOUR, text, argb);
}

bool
value_duration(const char *text, uint64_t *ms)
{
	return parse_option(MURAL_TYPE_DURATION, text, ms);
}

/* ------------------------------------------------------------------ times */

static const char *
read_two(const char *p, int least, int most, char stop, int *value)
{
	uint64_t n;
	const char *end = p ? digits_read(p, 9999, &n) : NULL;

	if (!end || (int)n < least || (int)n > most || (stop && *end != stop))
		return NULL;
	*value = (int)n;
	return end + (stop != '\0');
}

/* HH:MM or HH:MM:SS; what follows it. */
static const char *
read_clock(const char *p, struct tm *tm)
{
	p = read_two(p, 0, 23, ':', &tm->tm_hour);
	p = read_two(p, 0, 59, '\0', &tm->tm_min);
	tm->tm_sec = 0;
	if (p && *p == ':')
		p = read_two(p + 1, 0, 60, '\0', &tm->tm_sec);
	return p;
}

/* The last time that the clock said so. */
static bool
parse_clock(const char *text, time_t now, struct timespec *time)
{
	struct tm tm;
	time_t then;

	localtime_r(&now, &tm);
	text = read_clock(text, &tm);
	if (!text || *text)
		return false;
	tm.tm_isdst = -1;
	then = mktime(&tm);
	if (then > now) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	*time = (struct timespec){ .tv_sec = then };
	return true;
}

/* .123: what follows it. */
static const char *
read_fraction(const char *p, long *ns)
{
	long unit = 100000000;

	*ns = 0;
	if (!p || *p != '.')
		return p;
	for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
		*ns += (*p - '0') * unit;
	return p;
}

/* Z or +HH:MM, to the end. */
static bool
read_zone(const char *p, long *seconds)
{
	int hours = 0, minutes = 0, sign = p && *p == '-' ? -1 : 1;

	if (p && (*p == '+' || *p == '-')) {
		p = read_two(p + 1, 0, 23, ':', &hours);
		p = read_two(p, 0, 59, '\0', &minutes);
	} else if (p && (*p == 'Z' || *p == 'z')) {
		p++;
	} else {
		return false;
	}
	*seconds = sign * (hours * 3600L + minutes * 60L);
	return p && !*p;
}

/* 2026-01-31T22:30:00.5+01:00 */
static bool
parse_rfc3339(const char *text, struct timespec *time)
{
	struct tm tm = { 0 };
	long zone, ns;

	text = read_two(text, 1970, 9999, '-', &tm.tm_year);
	text = read_two(text, 1, 12, '-', &tm.tm_mon);
	text = read_two(text, 1, 31, '\0', &tm.tm_mday);
	if (!text || (*text != 'T' && *text != 't' && *text != ' '))
		return false;
	text = read_clock(text + 1, &tm);
	text = read_fraction(text, &ns);
	if (!read_zone(text, &zone))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*time = (struct timespec){ timegm(&tm) - zone, ns };
	return true;
}

bool
value_time(const char *text, struct timespec now, struct timespec *time)
{
	uint64_t ms;

	if (*text == '-') {
		if (!value_duration(text + 1, &ms) || ms / 1000 > (uint64_t)now.tv_sec)
			return false;
		now.tv_sec -= (time_t)(ms / 1000);
		now.tv_nsec -= (long)(ms % 1000) * 1000000;
		if (now.tv_nsec < 0) {
			now.tv_nsec += 1000000000;
			now.tv_sec--;
		}
		*time = now;
		return true;
	}
	return parse_clock(text, now.tv_sec, time) || parse_rfc3339(text, time);
}

void
value_time_text(struct timespec time, char text[VALUE_TIME_MAX])
{
	struct tm tm;
	size_t len;

	gmtime_r(&time.tv_sec, &tm);
	len = strftime(text, VALUE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, VALUE_TIME_MAX - len, ".%03ldZ", time.tv_nsec / 1000000);
}

void
value_local_time_text(struct timespec time, char text[VALUE_TIME_MAX])
{
	struct tm tm;
	size_t len;
	long minutes; /* from UTC */

	localtime_r(&time.tv_sec, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	len = strftime(text, VALUE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, VALUE_TIME_MAX - len, ".%03ld%c%02ld:%02ld",
		time.tv_nsec / 1000000, tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60,
		minutes % 60);
}

/* ------------------------------------------------------------------ any kind */

bool
value_is(enum wall_arg_kind kind, const char *text, const char **right)
{
	static const char *const rights[] = {
		[WALL_DURATION] =
			"a number followed by ms, s, min, h or d, such as 10min",
		[WALL_TIME] = "-10min, 22:30 or 2026-01-31T22:30:00Z",
		[WALL_RECT] = "WxH+X+Y, such as 200x100+0+0",
		[WALL_POINT] = "X,Y, such as 100,50",
		[WALL_COLOUR] = "rrggbb in hexadecimal digits, such as ff8000",
		[WALL_NETWORK] = "an address or ADDRESS/BITS, such as 192.0.2.0/24",
		[WALL_SWITCH] = "on or off",
		[WALL_PIXELS] = "base64",
	};
	union {
		struct mural_rect rect;
		struct mural_point point;
		uint32_t colour;
		uint64_t duration;
		struct timespec time;
		struct cidr network;
	} value;

	*right = kind < ARRAY_LEN(rights) ? rights[kind] : NULL;
	switch (kind) {
	case WALL_DURATION:
		return value_duration(text, &value.duration);
	case WALL_TIME:
		return value_time(text, (struct timespec){ INT32_MAX, 0 }, &value.time);
	case WALL_RECT:
		return value_rect(text, &value.rect);
	case WALL_POINT:
		return value_point(text, &value.point);
	case WALL_COLOUR:
		return value_colour(text, &value.colour);
	case WALL_NETWORK:
		return cidr_parse(text, &value.network);
	case WALL_SWITCH:
		return strcmp(text, "on") == 0 || strcmp(text, "off") == 0;
	default:
		return true;
	}
}
