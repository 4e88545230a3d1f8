/* SPDX-License-Identifier: MIT */
/*
 * pixelflut-parse: the limit of a core.  Runs the plugin's feed() on the bytes that
 * pixelflut-flood sends, from memory, in pieces of one read, with a canvas.
 *
 *   pixelflut-parse KIND WIDTHxHEIGHT SECONDS [THREADS [display [LOGO]]]
 *
 * KIND is text, binary, reads, or what nobody should send: text with each eighth line or
 * every line wrong (eighths, wrong), all of it outside, or line feeds alone (feeds).
 *
 * Threads paint one canvas, as workers do, each from another offset.  With `display` one
 * more thread draws what changed 60 times a second, as a display of the canvas's size
 * does; with a logo it has the HUD's strip, too, a fifth as high as the canvas and below
 * it, with a title, drawn anew each second.  Prints "COMMANDS SECONDS CPU-SECONDS FRAMES
 * LATE DEAR WORST": the CPU time of the painting threads, the frames drawn, those that
 * were finished late, those that computed for too long whatever else the machine did, and
 * the CPU seconds of the dearest.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "canvas/canvas.h"
#include "config/config.h"
#include "display/scale.h"
#include "hud/hud.h"
#include "ingest/conn.h"
#include "measure.h"
#include "pixelflut-script.h"

#define THREADS_MAX 16
#define FRAMES 60 /* a second */
#define FRAME_NS (1e9 / FRAMES)

/* The beginning of the plugin's config. */
static const struct {
	int64_t connections_per_source;
	bool binary, multi;
	const char *help;
} config = { .binary = true, .help = "" };

struct bench_thread {
	pthread_t id;
	struct canvas *canvas;
	const struct script *script;
	size_t begin; /* bytes into the script */
	double until;
	struct client client;
	struct mural_brush brush;
	size_t rounds;
	double cpu_ns;
};

/* What a display is to the canvas. */
struct bench_display {
	pthread_t id;
	struct mural_reader *reader;
	struct scale scale;
	uint64_t *tiles;
	uint8_t *pixels;
	size_t pitch;
	struct hud *hud; /* NULL: there is no strip */
	struct hud_text text;
	struct hud_room room;
	struct box place;
	uint32_t *strip;
	double until;
	size_t frames, late, dear;
	double worst_ns;
};

/* Answers are copied, as the daemon does it, and thrown away. */
static int
take_reply(struct client *client, const void *data, size_t len)
{
	static _Thread_local char answers[REPLY_BYTES_DRAINED + 4096];
	static _Thread_local size_t used;

	(void)client;
	if (used + len > sizeof(answers))
		used = 0;
	memcpy(answers + used, data, len);
	used += len;
	return 0;
}

static void
feed_part(struct bench_thread *thread, size_t from, size_t to)
{
	const uint8_t *p = (const uint8_t *)thread->script->bytes + from,
		      *end = p + to - from;

	while (p < end) {
		size_t piece =
			(size_t)(end - p) < READ_BYTES ? (size_t)(end - p) : READ_BYTES;
		p += mural_plugin.feed(&thread->client.pub, &thread->brush, p, piece);
		canvas_publish(thread->canvas, &thread->brush);
	}
}

static void
feed_round(struct bench_thread *thread)
{
	feed_part(thread, thread->begin, thread->script->len);
	feed_part(thread, 0, thread->begin);
}

static void *
thread_run(void *arg)
{
	struct bench_thread *thread = arg;
	double before = cpu_ns();

	do {
		feed_round(thread);
		thread->rounds++;
	} while (now_ns() < thread->until);
	thread->cpu_ns = cpu_ns() - before;
	return NULL;
}

/* What the HUD does while many paint: its figures change. */
static void
draw_strip(struct bench_display *screen)
{
	screen->text.rate += 12345;
	screen->text.total += screen->text.rate;
	hud_set_text(screen->hud, &screen->text);
	(void)hud_draw(screen->hud, screen->strip, &screen->room, &screen->place);
	(void)scale_paste(&screen->scale, screen->strip, &screen->place, screen->pixels,
		screen->pitch);
}

static void *
display_run(void *arg)
{
	struct bench_display *screen = arg;
	double due = now_ns();

	while (due < screen->until) {
		double before = cpu_ns(), took;

		mural_reader_take(screen->reader, screen->tiles);
		(void)scale_draw(&screen->scale, screen->reader, screen->tiles,
			screen->pixels, screen->pitch);
		if (screen->hud && screen->frames % FRAMES == 0)
			draw_strip(screen);
		took = cpu_ns() - before;
		if (took > screen->worst_ns)
			screen->worst_ns = took;
		screen->dear += took > FRAME_NS;
		screen->frames++;
		due += FRAME_NS;
		double left = due - now_ns();
		if (left < 0)
			screen->late++;
		else
			nanosleep(&(struct timespec){ .tv_nsec = (long)left }, NULL);
	}
	return NULL;
}

static void
bench_thread_init(struct bench_thread *thread, struct canvas *canvas,
	const struct script *script, size_t first)
{
	*thread = (struct bench_thread){
		.canvas = canvas,
		.script = script,
		.begin = first ? script->ends[first - 1] : 0,
		.client = { .reply = take_reply },
	};
	thread->client.pub.config = &config;
	thread->client.pub.state = calloc(1, mural_plugin.conn_size);
	if (!thread->client.pub.state ||
		canvas_brush_init(canvas, &thread->brush, 0, 0, canvas->view.width,
			canvas->view.height) < 0)
		exit(1);
	feed_round(thread);
}

static void
bench_strip_init(struct bench_display *screen, const char *logo)
{
	const struct hud_look look = { "FrogCon 2026", logo, "", "", 0xff10141a,
		0xffffffff, 0xffffc857, 0xff9fd3ff, HUD_ENGLISH };
	struct box picture;

	hud_place(&screen->room, 0, 0, &screen->place, &picture);
	screen->hud = hud_new();
	screen->strip = calloc((size_t)screen->room.width * screen->room.height, 4);
	if (!screen->hud || !screen->strip)
		exit(1);
	hud_set_look(screen->hud, &look);
	screen->text = (struct hud_text){ .url = "http://192.0.2.10:8080/",
		.painting = 17,
		.watching = 5,
		.n_lines = 2,
		.lines = { { .hint = "ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10" },
			{ .hint = "echo PX 960 540 ff8000 | nc -N 192.0.2.10 1234" } } };
}

/* `logo` NULL: without the HUD. */
static void
bench_display_init(struct bench_display *screen, struct canvas *canvas, const char *logo)
{
	const struct mural_view *view = &canvas->view;
	const uint32_t height = logo ? view->height * 6 / 5 : view->height;
	const struct scale_screen shape = {
		.width = view->width,
		.height = height,
		.area = { 0, 0, view->width, view->height },
	};

	*screen = (struct bench_display){
		.reader = canvas_reader_new(canvas),
		.tiles = calloc(view->words, sizeof(uint64_t)),
		.pixels = calloc((size_t)view->width * height, 4),
		.pitch = (size_t)view->width * 4,
		.room = { .width = view->width, .height = height, .strip = true },
	};
	if (logo)
		bench_strip_init(screen, logo);
	if (!screen->reader || !screen->tiles || !screen->pixels ||
		scale_init(&screen->scale, SCALE_NONE, view, &shape) < 0)
		exit(1);
}

static void
bench_display_finish(struct bench_display *screen)
{
	mural_reader_free(screen->reader);
	scale_finish(&screen->scale);
	hud_free(screen->hud);
	free(screen->strip);
	free(screen->tiles);
	free(screen->pixels);
}

/* Returns false if there is none of that name. */
static bool
kind_of(const char *name, enum script_kind *kind)
{
	static const char *const names[] = {
		[SCRIPT_TEXT] = "text",
		[SCRIPT_BINARY] = "binary",
		[SCRIPT_READS] = "reads",
		[SCRIPT_EIGHTHS] = "eighths",
		[SCRIPT_WRONG] = "wrong",
		[SCRIPT_OUTSIDE] = "outside",
		[SCRIPT_FEEDS] = "feeds",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		*kind = (enum script_kind)i;
		if (names[i] && strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

int
main(int argc, char *argv[])
{
	static struct bench_thread threads[THREADS_MAX];
	struct bench_display screen = { .frames = 0 };
	struct canvas canvas;
	struct script script;
	enum script_kind kind;
	unsigned width, height;
	unsigned n = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
	bool shown = argc > 5;
	size_t rounds = 0;
	double cpu = 0;

	if (argc < 4 || argc > 7 || !kind_of(argv[1], &kind) ||
		sscanf(argv[2], "%ux%u", &width, &height) != 2 || n < 1 ||
		n > THREADS_MAX) {
		fprintf(stderr, "usage: pixelflut-parse text|binary|reads|eighths|wrong|"
				"outside|feeds WxH SECONDS [THREADS [display [LOGO]]]\n");
		return 2;
	}
	script_init(&script, kind, width, height, 1);
	if (canvas_init(&canvas, width, height, 0xff000000) < 0)
		return 1;
	for (unsigned i = 0; i < n; i++)
		bench_thread_init(&threads[i], &canvas, &script, script.commands * i / n);
	bench_display_init(&screen, &canvas, argc > 6 ? argv[6] : NULL);

	double begin = now_ns(), until = begin + strtod(argv[3], NULL) * 1e9;
	screen.until = until;
	if (shown)
		pthread_create(&screen.id, NULL, display_run, &screen);
	for (unsigned i = 0; i < n; i++) {
		threads[i].until = until;
		pthread_create(&threads[i].id, NULL, thread_run, &threads[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(threads[i].id, NULL);
		rounds += threads[i].rounds;
		cpu += threads[i].cpu_ns;
	}
	double took = now_ns() - begin;
	if (shown)
		pthread_join(screen.id, NULL);
	printf("%zu %.6f %.6f %zu %zu %zu %.6f\n", rounds * script.commands, took * 1e-9,
		cpu * 1e-9, screen.frames, screen.late, screen.dear,
		screen.worst_ns * 1e-9);

	for (unsigned i = 0; i < n; i++) {
		canvas_brush_finish(&threads[i].brush);
		free(threads[i].client.pub.state);
	}
	bench_display_finish(&screen);
	canvas_finish(&canvas);
	script_finish(&script);
	return 0;
}
