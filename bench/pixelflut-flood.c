/* SPDX-License-Identifier: MIT */
/*
 * pixelflut-flood: paints a wall as fast as one core can send, and checks it afterwards.
 *
 *   pixelflut-flood KIND ADDRESS PORT CONNECTIONS WIDTHxHEIGHT SECONDS [BUFFER]
 *
 * KIND is text, binary or reads; or sink-text and so on, for a server that understands
 * nothing and answers reads with as much as they need.
 *
 * The connections repeat the same commands, each from another offset.  The clock stops
 * when the server has answered a last read on every connection (for reads: all of them;
 * for a sink: when it has closed them), so that nothing counted is still in a buffer.
 * BUFFER is the size of a socket's, 0 for the kernel's choice.
 * Prints "COMMANDS SECONDS BYTES"; for reads it prints "painted" before, when there is
 * something to read and the clock starts.  After it is sent a line, it reads every pixel
 * back and prints how many were wrong.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "pixelflut-script.h"

#define CONNECTIONS_MAX 4096
#define PIECE_BYTES (256 * 1024)

/* The kernel takes twice that.  What waits in a socket's buffer here is what the server
 * reads next: left to itself it grows to megabytes, falls out of the caches that the two
 * cores share, and the server waits for memory, which no network would have it do. */
#define SEND_BUFFER_BYTES (128 * 1024)

static int send_buffer_bytes = SEND_BUFFER_BYTES;

static const char last_read[] = "PX 0 0\n";

enum stage { SENDING, COMPLETING, ASKING, WAITING, DONE };

struct link {
	int fd;
	enum stage stage;
	size_t begin, at;        /* of the script, bytes */
	size_t first;            /* command that it began with */
	size_t rounds;           /* times it came to the script's end */
	size_t stop;             /* where it will end */
	size_t asked;            /* bytes of the last read sent */
	size_t received, wanted; /* bytes of answers; reads: from the answers' script */
	size_t compared_at;
	size_t wrong;
};

struct bench_flood {
	const struct script *script;
	const struct script *answers; /* reads; NULL: one last read is answered */
	bool sink;                    /* what is answered says nothing */
	size_t least;                 /* commands that each connection does */
	struct link *links;           /* room for `n` */
	unsigned n;
};

static int
connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 ||
		(send_buffer_bytes > 0 &&
			setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes,
				sizeof(send_buffer_bytes)) < 0) ||
		inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		err(1, "%s", address);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* The first command that ends at `at` bytes or later. */
static size_t
command_at(const struct script *script, size_t at)
{
	size_t low = 0, high = script->commands - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (script->ends[middle] >= at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t
commands_done(const struct script *script, const struct link *link)
{
	size_t done = link->at == 0 ? 0 : command_at(script, link->at) + 1;

	return link->rounds * script->commands + done - link->first;
}

/* Sends from the script, until `stop` when that is set. */
static void
send_commands(struct bench_flood *flood, struct link *link)
{
	const struct script *script = flood->script;
	size_t end = link->stage == COMPLETING ? link->stop : script->len;
	size_t len = end - link->at < PIECE_BYTES ? end - link->at : PIECE_BYTES;
	ssize_t sent = send(link->fd, script->bytes + link->at, len, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN)
		err(1, "send");
	link->at += sent > 0 ? sent : 0;
	if (link->stage == COMPLETING && link->at == link->stop)
		link->stage = ASKING;
	if (link->at == script->len) {
		link->at = 0;
		link->rounds++;
	}
}

/* The end of a command, behind what was sent. */
static void
find_stop(struct bench_flood *flood, struct link *link)
{
	size_t command = link->at == 0 ? 0 : command_at(flood->script, link->at);

	if (link->at > 0 && flood->script->ends[command] == link->at) {
		link->stage = ASKING;
		return;
	}
	link->stop = flood->script->ends[command];
	link->stage = COMPLETING;
}

static size_t
answer_bytes(const struct script *answers, const struct link *link, size_t commands)
{
	size_t last = link->first + commands;
	size_t bytes = last / answers->commands * answers->len;

	last %= answers->commands;
	bytes += last ? answers->ends[last - 1] : 0;
	return bytes - (link->first ? answers->ends[link->first - 1] : 0);
}

static void
send_last_read(struct bench_flood *flood, struct link *link)
{
	if (flood->answers) {
		link->wanted = answer_bytes(
			flood->answers, link, commands_done(flood->script, link));
	} else if (flood->sink) {
		shutdown(link->fd, SHUT_WR);
	} else {
		ssize_t sent = send(link->fd, last_read + link->asked,
			strlen(last_read) - link->asked, MSG_NOSIGNAL);
		link->asked += sent > 0 ? sent : 0;
		if (link->asked < strlen(last_read))
			return;
		link->wanted = strlen("PX 0 0 rrggbb\n");
	}
	link->stage = WAITING;
}

static void
compare_answers(
	struct bench_flood *flood, struct link *link, const char *heard, size_t len)
{
	const struct script *answers = flood->answers;

	while (answers && !flood->sink && len > 0) {
		size_t part = answers->len - link->compared_at;
		part = part < len ? part : len;
		link->wrong +=
			memcmp(heard, answers->bytes + link->compared_at, part) != 0;
		link->compared_at = (link->compared_at + part) % answers->len;
		heard += part;
		len -= part;
	}
}

static void
receive_answers(struct bench_flood *flood, struct link *link)
{
	static char heard[PIECE_BYTES];
	ssize_t len = recv(link->fd, heard, sizeof(heard), 0);

	if (len < 0 && errno != EAGAIN)
		err(1, "recv");
	if (len == 0 && !flood->sink) {
		fprintf(stderr, "the server closed the connection\n");
		exit(1);
	}
	if (len > 0) {
		compare_answers(flood, link, heard, len);
		link->received += len;
	}
	if (link->stage == WAITING &&
		(len == 0 || (link->wanted && link->received >= link->wanted)))
		link->stage = DONE;
}

/* One look at every connection; how many are not done. */
static unsigned
poll_links(struct bench_flood *flood, bool over)
{
	static struct pollfd polls[CONNECTIONS_MAX];
	unsigned open = 0;

	for (unsigned i = 0; i < flood->n; i++) {
		struct link *link = &flood->links[i];

		polls[i].fd = link->stage == DONE ? -1 : link->fd;
		polls[i].events = POLLIN | (link->stage < WAITING ? POLLOUT : 0);
		open += link->stage != DONE;
	}
	if (open == 0)
		return 0;
	poll(polls, flood->n, 1000);
	for (unsigned i = 0; i < flood->n; i++) {
		struct link *link = &flood->links[i];

		if (polls[i].fd < 0)
			continue;
		if (polls[i].revents & POLLIN)
			receive_answers(flood, link);
		if (!(polls[i].revents & POLLOUT))
			continue;
		if (link->stage == SENDING && over &&
			commands_done(flood->script, link) >= flood->least)
			find_stop(flood, link);
		if (link->stage == SENDING || link->stage == COMPLETING)
			send_commands(flood, link);
		if (link->stage == ASKING)
			send_last_read(flood, link);
	}
	return open;
}

/* Runs for so long, and at least until each connection did its part.  How long it took.
 */
static double
flood_run(
	struct bench_flood *flood, const char *address, const char *port, double seconds)
{
	for (unsigned i = 0; i < flood->n; i++) {
		size_t first = flood->script->commands * i / flood->n;

		flood->links[i] = (struct link){ .fd = connect_to(address, port),
			.first = first,
			.at = first ? flood->script->ends[first - 1] : 0,
			.compared_at = flood->answers && first
					       ? flood->answers->ends[first - 1]
					       : 0 };
	}
	flood->least = (flood->script->commands + flood->n - 1) / flood->n;
	double begin = now_s();
	while (poll_links(flood, now_s() - begin >= seconds) > 0)
		continue;
	double took = now_s() - begin;
	for (unsigned i = 0; i < flood->n; i++)
		close(flood->links[i].fd);
	return took;
}

/* What asks for every pixel, and what is answered. */
static void
reads_init(struct script *reads, struct script *answers, unsigned width, unsigned height,
	unsigned seed)
{
	if (reads->bytes)
		return;
	script_init(reads, SCRIPT_READS, width, height, seed);
	script_init(answers, SCRIPT_ANSWERS, width, height, seed);
}

int
main(int argc, char *argv[])
{
	unsigned width, height, seed = getpid();
	static struct link links[CONNECTIONS_MAX], look_links[1];
	struct script paint, reads = { 0 }, answers = { 0 };
	struct bench_flood flood = { .script = &paint, .links = links };
	struct bench_flood look = { .script = &reads, .links = look_links, .n = 1 };
	size_t commands = 0, wrong = 0, bytes = 0;

	if (argc < 7 || argc > 8 || sscanf(argv[5], "%ux%u", &width, &height) != 2) {
		fprintf(stderr, "usage: pixelflut-flood [sink-]text|binary|reads ADDRESS "
				"PORT CONNECTIONS WxH SECONDS [BUFFER]\n");
		return 2;
	}
	if (argc > 7)
		send_buffer_bytes = atoi(argv[7]);
	const char *kind = argv[1], *address = argv[2], *port = argv[3];
	double seconds = strtod(argv[6], NULL), took;

	flood.sink = strncmp(kind, "sink-", 5) == 0;
	kind += flood.sink ? 5 : 0;
	script_init(&paint, strcmp(kind, "binary") ? SCRIPT_TEXT : SCRIPT_BINARY, width,
		height, seed);
	look.answers = &answers;
	flood.n = strtoul(argv[4], NULL, 10);
	if (flood.n < 1 || flood.n > CONNECTIONS_MAX)
		return 2;
	if (strcmp(kind, "reads") == 0) {
		unsigned n = flood.n;

		reads_init(&reads, &answers, width, height, seed);
		flood.n = 1; /* paints, so that there is something to read */
		if (!flood.sink)
			flood_run(&flood, address, port, 0);
		puts("painted");
		fflush(stdout);
		flood.n = n;
		flood.script = &reads;
		flood.answers = &answers;
	}
	took = flood_run(&flood, address, port, seconds);
	for (unsigned i = 0; i < flood.n; i++) {
		commands += commands_done(flood.script, &flood.links[i]);
		wrong += flood.links[i].wrong;
	}
	bytes = (double)commands * flood.script->len / flood.script->commands;
	printf("%zu %.6f %zu\n", commands, took, bytes);
	fflush(stdout);
	if (getchar() != EOF && !flood.sink) {
		reads_init(&reads, &answers, width, height, seed);
		flood_run(&look, address, port, 0);
		wrong += look.links[0].wrong;
	}
	printf("%zu\n", wrong);
	script_finish(&paint);
	script_finish(&reads);
	script_finish(&answers);
	return 0;
}
