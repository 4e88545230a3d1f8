/* SPDX-License-Identifier: MIT */
/*
 * Replays transcripts through the built stream plugins: however the bytes are cut, canvas
 * and replies must be the same.
 *
 * tests/transcripts/PLUGIN/NAME.in    what the client sends
 *                          NAME.ppm   the canvas afterwards (P6), of the canvas's size
 *                          NAME.out   the replies; no file: none
 *                          NAME.conf  options, "key = value" a line; no file: defaults
 *
 * At the end of NAME.in the client closes its side.
 *
 * Adding files adds a case.  Every feed() gets a buffer of exactly the right length, so
 * that a sanitizer detects a plugin that reads past the end.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "canvas/canvas.h"
#include "config/option.h"
#include "ingest/conn.h"

#define RANDOM_CUTS 200

struct blob {
	uint8_t *bytes;
	size_t len;
};

struct fixture {
	const struct mural_plugin *plugin;
	const char *name; /* "dots/corners" */
	void *config;
	struct blob in, out, picture;
	uint32_t width, height;
};

/* One client on a small canvas: all a plugin needs. */
struct harness {
	struct client client;
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_host host;
	struct blob replies, rest;
	bool always_full; /* asks the plugin to pause at every reply */
	bool reply_full;  /* has done so in this feed */
	bool ended;
};

static int cases, failures;

static struct blob
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct blob blob = { 0 };
	struct stat st;

	if (!file)
		return blob;
	fstat(fileno(file), &st);
	blob.bytes = malloc(st.st_size + 1);
	blob.len = fread(blob.bytes, 1, st.st_size, file);
	blob.bytes[blob.len] = '\0';
	fclose(file);
	return blob;
}

static void
append(struct blob *blob, const void *bytes, size_t len)
{
	blob->bytes = realloc(blob->bytes, blob->len + len + 1);
	memcpy(blob->bytes + blob->len, bytes, len);
	blob->len += len;
}

static int
take_reply(struct client *client, const void *data, size_t len)
{
	struct harness *harness = container_of(client, struct harness, client);

	append(&harness->replies, data, len);
	harness->reply_full |= harness->always_full;
	return harness->always_full;
}

static void
harness_start(struct harness *harness, const struct fixture *fixture)
{
	const struct mural_plugin *plugin = fixture->plugin;
	static const struct sockaddr peer = { .sa_family = AF_UNIX };

	*harness = (struct harness){ 0 };
	if (canvas_init(&harness->canvas, fixture->width, fixture->height, 0xff000000) <
			0 ||
		canvas_brush_init(&harness->canvas, &harness->brush, 0, 0, fixture->width,
			fixture->height) < 0)
		abort();
	harness->host = (struct mural_host){
		.config = fixture->config,
		.name = plugin->name,
		.width = fixture->width,
		.height = fixture->height,
		.canvas_width = fixture->width,
		.canvas_height = fixture->height,
	};
	harness->client.pub.state = calloc(1, plugin->conn_size + 1);
	harness->client.pub.config = fixture->config;
	harness->client.pub.host = &harness->host;
	harness->client.pub.peer = &peer;
	harness->client.reply = take_reply;
	harness->ended = plugin->open && plugin->open(&harness->client.pub) < 0;
}

/* What feed() leaves stays in `rest`. */
static void
feed_exactly(struct harness *harness, const struct mural_plugin *plugin)
{
	struct blob data = { malloc(harness->rest.len), harness->rest.len };
	ssize_t used;

	memcpy(data.bytes, harness->rest.bytes, data.len);
	harness->reply_full = false;
	used = plugin->feed(&harness->client.pub, &harness->brush, data.bytes, data.len);
	harness->rest.len = 0;
	if (used < 0)
		harness->ended = true;
	else if ((size_t)used > data.len)
		abort();
	else
		append(&harness->rest, data.bytes + used, data.len - used);
	free(data.bytes);
}

/* As in the daemon, what feed() leaves is passed again with more behind it, or at once
 * when it paused for its replies. */
static void
harness_feed(struct harness *harness, const struct fixture *fixture, const uint8_t *bytes,
	size_t len)
{
	if (harness->ended)
		return;
	append(&harness->rest, bytes, len);
	do
		feed_exactly(harness, fixture->plugin);
	while (harness->reply_full && !harness->ended && harness->rest.len > 0);
	if (harness->rest.len > MURAL_REST_MAX)
		abort();
}

/* Compares with the expectation, prints the first difference, and frees the harness. */
static bool
harness_finish(struct harness *harness, const struct fixture *fixture, const char *how,
	size_t cut)
{
	const uint8_t *want = fixture->picture.bytes + fixture->picture.len -
			      (size_t)3 * fixture->width * fixture->height;
	bool right = true;

	if (fixture->plugin->end && !harness->ended)
		fixture->plugin->end(&harness->client.pub, &harness->brush,
			harness->rest.bytes, harness->rest.len);
	for (uint32_t i = 0; right && i < fixture->width * fixture->height; i++) {
		uint32_t x = i % fixture->width, y = i / fixture->width, argb = 0;
		uint32_t rgb = want[3 * i] << 16 | want[3 * i + 1] << 8 | want[3 * i + 2];

		mural_get(&harness->brush, x, y, &argb);
		if ((argb & 0xffffff) != rgb) {
			printf("%s, %s %zu: pixel %u,%u is %06x, not %06x\n",
				fixture->name, how, cut, x, y, argb & 0xffffff, rgb);
			right = false;
		}
	}
	if (right && (harness->replies.len != fixture->out.len ||
			     (fixture->out.len > 0 &&
				     memcmp(harness->replies.bytes, fixture->out.bytes,
					     fixture->out.len) != 0))) {
		printf("%s, %s %zu: replied %zu bytes, not the %zu expected: %.*s\n",
			fixture->name, how, cut, harness->replies.len, fixture->out.len,
			(int)harness->replies.len, (char *)harness->replies.bytes);
		right = false;
	}
	if (fixture->plugin->close)
		fixture->plugin->close(&harness->client.pub);
	free(harness->client.pub.state);
	free(harness->replies.bytes);
	free(harness->rest.bytes);
	canvas_brush_finish(&harness->brush);
	canvas_finish(&harness->canvas);
	return right;
}

/* The length of the piece that begins at `at`; it may go beyond the end. */
typedef size_t (*cutter)(size_t at, size_t parameter);

static size_t
cut_nowhere(size_t at, size_t parameter)
{
	(void)at, (void)parameter;
	return SIZE_MAX;
}

static size_t
cut_everywhere(size_t at, size_t parameter)
{
	(void)at, (void)parameter;
	return 1;
}

static size_t
cut_once(size_t at, size_t cut)
{
	return at == 0 ? cut : SIZE_MAX;
}

static size_t
cut_randomly(size_t at, size_t seed)
{
	if (at == 0)
		srandom(seed);
	return 1 + random() % 40;
}

static bool
feed_pieces(const struct fixture *fixture, const char *how, cutter cut, size_t parameter)
{
	struct harness harness;
	size_t len;

	harness_start(&harness, fixture);
	harness.always_full = strcmp(how, "with many pauses") == 0;
	for (size_t at = 0; at < fixture->in.len; at += len) {
		len = cut(at, parameter);
		len = MIN(len, fixture->in.len - at);
		harness_feed(&harness, fixture, fixture->in.bytes + at, len);
	}
	return harness_finish(&harness, fixture, how, parameter);
}

static bool
feed_all_ways(const struct fixture *fixture)
{
	bool right = feed_pieces(fixture, "fed whole", cut_nowhere, 0) &&
		     feed_pieces(fixture, "with many pauses", cut_nowhere, 0) &&
		     feed_pieces(fixture, "fed byte by byte", cut_everywhere, 0);

	for (size_t cut = 1; right && cut < fixture->in.len; cut++)
		right = feed_pieces(fixture, "cut at", cut_once, cut);
	for (unsigned seed = 1; right && seed <= RANDOM_CUTS; seed++)
		right = feed_pieces(fixture, "random pieces, seed", cut_randomly, seed);
	return right;
}

static void
set_options(struct fixture *fixture, const char *path)
{
	const struct mural_option *options = fixture->plugin->options;
	struct blob conf = read_file(path);
	char why[200], key[64], value[200];
	const char *line = (const char *)conf.bytes;

	fixture->config = calloc(1, fixture->plugin->config_size + 1);
	if (options && options_init(options, fixture->config, why, sizeof(why)) < 0) {
		printf("%s: %s\n", fixture->name, why);
		exit(1);
	}
	while (line && sscanf(line, " %63[^ =] = %199[^\n]", key, value) == 2) {
		const struct mural_option *option = option_find(options, key);
		if (!option || option_set(option, fixture->config, value, why,
				       sizeof(why)) < 0) {
			printf("%s: %s = %s: %s\n", path, key, value,
				option ? why : "unknown");
			exit(1);
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(conf.bytes);
}

static void
run_case(const struct mural_plugin *plugin, const char *folder, const char *base)
{
	struct fixture fixture = { .plugin = plugin };
	char path[4096], name[512];

	snprintf(name, sizeof(name), "%s/%s", plugin->name, base);
	fixture.name = name;
	snprintf(path, sizeof(path), "%s/%s.in", folder, base);
	fixture.in = read_file(path);
	snprintf(path, sizeof(path), "%s/%s.out", folder, base);
	fixture.out = read_file(path);
	snprintf(path, sizeof(path), "%s/%s.ppm", folder, base);
	fixture.picture = read_file(path);
	if (!fixture.picture.bytes ||
		sscanf((char *)fixture.picture.bytes, "P6 %u %u 255", &fixture.width,
			&fixture.height) != 2 ||
		fixture.picture.len < (size_t)3 * fixture.width * fixture.height) {
		printf("%s: no P6 picture\n", path);
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/%s.conf", folder, base);
	set_options(&fixture, path);
	cases++;
	if (feed_all_ways(&fixture))
		printf("ok %s\n", name);
	else
		failures++;
	if (plugin->options)
		options_finish(plugin->options, fixture.config);
	free(fixture.config);
	free(fixture.in.bytes);
	free(fixture.out.bytes);
	free(fixture.picture.bytes);
}

static void
run_folder(const char *top, const char *plugin_name)
{
	const char *build = getenv("top_builddir");
	char path[4096], folder[2048];
	struct dirent **entries;
	int n;

	snprintf(path, sizeof(path), "%s/.libs/%s.so", build ? build : ".", plugin_name);
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct mural_plugin *plugin = object ? dlsym(object, "mural_plugin") : NULL;
	if (!plugin) {
		printf("%s\n", dlerror());
		exit(1);
	}
	snprintf(folder, sizeof(folder), "%s/%s", top, plugin_name);
	n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *dot = strrchr(entries[i]->d_name, '.');
		if (dot && strcmp(dot, ".in") == 0) {
			*dot = '\0';
			run_case(plugin, folder, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	dlclose(object);
}

int
main(void)
{
	const char *source = getenv("top_srcdir");
	struct dirent **entries;
	char top[1024];
	int n;

	snprintf(top, sizeof(top), "%s/tests/transcripts", source ? source : ".");
	n = scandir(top, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			run_folder(top, entries[i]->d_name);
		free(entries[i]);
	}
	free(n > 0 ? entries : NULL);
	printf("%d transcripts, %d failed\n", cases, failures);
	return failures > 0 || cases == 0;
}
