/* SPDX-License-Identifier: MIT */
/*
 * Transcripts through the built stream plugins, and the law they stand under: however the
 * bytes are cut, canvas and answers are the same.
 *
 * tests/transcripts/PLUGIN/NAME.in    what the client sends
 *                          NAME.ppm   the canvas afterwards (P6), of the canvas's size
 *                          NAME.out   what the client gets; no file: nothing
 *                          NAME.conf  options, "key = value" a line; no file: defaults
 *
 * At the end of NAME.in the client closes its side.
 *
 * A case is added by adding files.  Every feed gets memory of its own of just the right
 * length, so that a sanitizer sees a plugin that reads past the end.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "canvas/canvas.h"
#include "config/option.h"
#include "ingest/conn.h"

#define RANDOM_CUTS 200

struct blob {
	uint8_t *bytes;
	size_t len;
};

/* One client on a small canvas: all a plugin needs. */
struct fixture {
	const struct mural_plugin *plugin;
	const char *name; /* "dots/corners" */
	void *config;
	struct blob in, out, picture;
	uint32_t width, height;
};

struct session {
	struct client client;
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_host host;
	struct blob replies, rest;
	bool impatient; /* says that enough is waiting, at every answer */
	bool full;      /* said so in this feed */
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
	struct session *session = container_of(client, struct session, client);

	append(&session->replies, data, len);
	session->full |= session->impatient;
	return session->impatient;
}

static void
session_start(struct session *session, const struct fixture *fixture)
{
	const struct mural_plugin *plugin = fixture->plugin;

	*session = (struct session){ 0 };
	if (canvas_init(&session->canvas, fixture->width, fixture->height, 0xff000000) <
			0 ||
		canvas_brush_init(&session->canvas, &session->brush, 0, 0, fixture->width,
			fixture->height) < 0)
		abort();
	session->host = (struct mural_host){
		.config = fixture->config,
		.name = plugin->name,
		.width = fixture->width,
		.height = fixture->height,
		.canvas_width = fixture->width,
		.canvas_height = fixture->height,
	};
	session->client.pub.state = calloc(1, plugin->conn_size + 1);
	session->client.pub.config = fixture->config;
	session->client.pub.host = &session->host;
	session->client.reply = take_reply;
	session->ended = plugin->open && plugin->open(&session->client.pub) < 0;
}

/* Feeds memory of just the right length; what feed() leaves stays in `rest`. */
static void
feed_exactly(struct session *session, const struct mural_plugin *plugin)
{
	struct blob data = { malloc(session->rest.len), session->rest.len };
	ssize_t used;

	memcpy(data.bytes, session->rest.bytes, data.len);
	session->full = false;
	used = plugin->feed(&session->client.pub, &session->brush, data.bytes, data.len);
	session->rest.len = 0;
	if (used < 0)
		session->ended = true;
	else if ((size_t)used > data.len)
		abort();
	else
		append(&session->rest, data.bytes + used, data.len - used);
	free(data.bytes);
}

/* As the daemon does it: what feed() leaves comes again, with more behind it; at once and
 * alone when it stopped because of its answers. */
static void
session_feed(struct session *session, const struct fixture *fixture, const uint8_t *bytes,
	size_t len)
{
	if (session->ended)
		return;
	append(&session->rest, bytes, len);
	do
		feed_exactly(session, fixture->plugin);
	while (session->full && !session->ended && session->rest.len > 0);
	if (session->rest.len > MURAL_REST_MAX)
		abort();
}

/* Compares with what is expected and frees the session; says where it first differs. */
static bool
session_finish(struct session *session, const struct fixture *fixture, const char *how,
	size_t cut)
{
	const uint8_t *want = fixture->picture.bytes + fixture->picture.len -
			      (size_t)3 * fixture->width * fixture->height;
	bool right = true;

	if (fixture->plugin->end && !session->ended)
		fixture->plugin->end(&session->client.pub, &session->brush,
			session->rest.bytes, session->rest.len);
	for (uint32_t i = 0; right && i < fixture->width * fixture->height; i++) {
		uint32_t x = i % fixture->width, y = i / fixture->width, argb = 0;
		uint32_t rgb = want[3 * i] << 16 | want[3 * i + 1] << 8 | want[3 * i + 2];

		mural_get(&session->brush, x, y, &argb);
		if ((argb & 0xffffff) != rgb) {
			printf("%s, %s %zu: pixel %u,%u is %06x, not %06x\n",
				fixture->name, how, cut, x, y, argb & 0xffffff, rgb);
			right = false;
		}
	}
	if (right && (session->replies.len != fixture->out.len ||
			     (fixture->out.len > 0 &&
				     memcmp(session->replies.bytes, fixture->out.bytes,
					     fixture->out.len) != 0))) {
		printf("%s, %s %zu: answered %zu bytes, not the %zu expected: %.*s\n",
			fixture->name, how, cut, session->replies.len, fixture->out.len,
			(int)session->replies.len, (char *)session->replies.bytes);
		right = false;
	}
	if (fixture->plugin->close)
		fixture->plugin->close(&session->client.pub);
	free(session->client.pub.state);
	free(session->replies.bytes);
	free(session->rest.bytes);
	canvas_brush_finish(&session->brush);
	canvas_finish(&session->canvas);
	return right;
}

static bool
feed_whole(const struct fixture *fixture)
{
	struct session session;

	session_start(&session, fixture);
	session_feed(&session, fixture, fixture->in.bytes, fixture->in.len);
	return session_finish(&session, fixture, "fed whole", 0);
}

static bool
feed_impatiently(const struct fixture *fixture)
{
	struct session session;

	session_start(&session, fixture);
	session.impatient = true;
	session_feed(&session, fixture, fixture->in.bytes, fixture->in.len);
	return session_finish(&session, fixture, "with many pauses", 0);
}

static bool
feed_bytes(const struct fixture *fixture)
{
	struct session session;

	session_start(&session, fixture);
	for (size_t i = 0; i < fixture->in.len; i++)
		session_feed(&session, fixture, fixture->in.bytes + i, 1);
	return session_finish(&session, fixture, "fed byte by byte", 0);
}

static bool
feed_cut_at(const struct fixture *fixture, size_t cut)
{
	struct session session;

	session_start(&session, fixture);
	session_feed(&session, fixture, fixture->in.bytes, cut);
	session_feed(&session, fixture, fixture->in.bytes + cut, fixture->in.len - cut);
	return session_finish(&session, fixture, "cut at", cut);
}

static bool
feed_random_pieces(const struct fixture *fixture, unsigned seed)
{
	struct session session;
	size_t at = 0;

	srandom(seed);
	session_start(&session, fixture);
	while (at < fixture->in.len) {
		size_t len = 1 + random() % 40;
		if (len > fixture->in.len - at)
			len = fixture->in.len - at;
		session_feed(&session, fixture, fixture->in.bytes + at, len);
		at += len;
	}
	return session_finish(&session, fixture, "random pieces, seed", seed);
}

static bool
chop(const struct fixture *fixture)
{
	bool right =
		feed_whole(fixture) && feed_impatiently(fixture) && feed_bytes(fixture);

	for (size_t cut = 1; right && cut < fixture->in.len; cut++)
		right = feed_cut_at(fixture, cut);
	for (unsigned seed = 1; right && seed <= RANDOM_CUTS; seed++)
		right = feed_random_pieces(fixture, seed);
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
	if (chop(&fixture))
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
