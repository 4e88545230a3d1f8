/* SPDX-License-Identifier: MIT */
/* Messages and a progress bar on stderr. */
#include "console.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "lib/utf8.h"

#define REDRAW_INTERVAL (CLOCK_SECOND / 10)
#define DEFAULT_WIDTH 80 /* of a terminal of unknown size */

static struct {
	pthread_mutex_t lock;
	bool on, visible;
	const char *unit;
	uint64_t total;
	int64_t started, drawn;
} bar = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Lock held. */
static void
bar_clear(void)
{
	if (bar.visible)
		fputs("\r\033[K", stderr);
	bar.visible = false;
}

/* The text may quote a server. */
static void
console_vprint(const char *format, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, args);
	utf8_mask_controls(text);
	pthread_mutex_lock(&bar.lock);
	bar_clear();
	fprintf(stderr, "muralctl: %s\n", text);
	pthread_mutex_unlock(&bar.lock);
}

void
console_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	console_vprint(format, args);
	va_end(args);
}

int
console_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	console_vprint(format, args);
	va_end(args);
	return err;
}

const char *
amount_format(double number, char text[AMOUNT_MAX])
{
	static const char *const units[] = { "", " k", " M", " G", " T" };
	size_t unit = 0;
	int digits;

	while (number >= 999.5 && unit < 4) {
		number /= 1000;
		unit++;
	}
	digits = unit == 0 ? 0 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
	snprintf(text, AMOUNT_MAX, "%.*f%s", digits, number, units[unit]);
	return text;
}

static int
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return DEFAULT_WIDTH;
	return size.ws_col;
}

/* "1.20 M of 3.60 M pixels, 900 k a second, 0:02 left", at first without the rate. */
static void
bar_describe(char *text, size_t len, uint64_t done, double seconds)
{
	double rate = (double)done / seconds;
	char so_far[AMOUNT_MAX], all[AMOUNT_MAX], each[AMOUNT_MAX];
	uint64_t left;
	int used;

	if (!bar.unit) {
		snprintf(
			text, len, "%ju of %ju s", (uintmax_t)done, (uintmax_t)bar.total);
		return;
	}
	amount_format((double)done, so_far);
	if (bar.total == 0)
		used = snprintf(text, len, "%s %s", so_far, bar.unit);
	else
		used = snprintf(text, len, "%s of %s %s", so_far,
			amount_format((double)bar.total, all), bar.unit);
	if (seconds < clock_seconds(REDRAW_INTERVAL) || used < 0 || (size_t)used >= len)
		return;
	used += snprintf(text + used, len - (size_t)used, ", %s a second",
		amount_format(rate, each));
	if (bar.total == 0 || rate <= 0 || (size_t)used >= len)
		return;
	left = (uint64_t)((double)(bar.total - done) / rate);
	snprintf(text + used, len - (size_t)used, ", %ju:%02ju left",
		(uintmax_t)left / 60, (uintmax_t)left % 60);
}

static void
bar_draw(uint64_t done, int64_t now)
{
	char text[128], cells[64];
	int width = terminal_width(), room, full;

	bar_describe(text, sizeof(text), done, clock_seconds(now - bar.started));
	room = width - (int)strlen(text) - 10;
	if (room > (int)sizeof(cells) - 1)
		room = sizeof(cells) - 1;
	if (bar.total == 0 || room < 8) {
		fprintf(stderr, "\r\033[K%.*s", width - 1, text);
	} else {
		full = (int)(done * (uint64_t)room / bar.total);
		memset(cells, '#', (size_t)full);
		memset(cells + full, '.', (size_t)(room - full));
		fprintf(stderr, "\r\033[K%3d%% [%.*s] %s", (int)(done * 100 / bar.total),
			room, cells, text);
	}
	fflush(stderr);
	bar.visible = true;
	bar.drawn = now;
}

void
progress_start(const char *unit, uint64_t total)
{
	pthread_mutex_lock(&bar.lock);
	bar.on = isatty(STDERR_FILENO);
	bar.unit = unit;
	bar.total = total;
	bar.started = clock_now();
	bar.drawn = 0;
	pthread_mutex_unlock(&bar.lock);
}

void
progress_update(uint64_t done)
{
	int64_t now;

	pthread_mutex_lock(&bar.lock);
	if (bar.on) {
		now = clock_now();
		if (bar.total && done > bar.total)
			done = bar.total;
		if (now - bar.drawn >= REDRAW_INTERVAL)
			bar_draw(done, now);
	}
	pthread_mutex_unlock(&bar.lock);
}

void
progress_stop(void)
{
	pthread_mutex_lock(&bar.lock);
	bar_clear();
	fflush(stderr);
	bar.on = false;
	pthread_mutex_unlock(&bar.lock);
}
