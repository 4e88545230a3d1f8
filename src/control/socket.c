/* SPDX-License-Identifier: MIT */
/* Reads the lines of the control socket's clients, and writes answers. */
#include "control/socket.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"

#define LINE_MS 5000
#define WRITE_MS 10000
#define N_HANDLES 5

/* For the lines of one client, before others have their turn. */
#define TURN_NS 1000000

/* Of one client, before it is closed at a stop, which is not to take long. */
#define LAST_LINES 256

/* ------------------------------------------------------------------ the end */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct control_client *client = handle->data;

	if (--client->handles > 0)
		return;
	free(client->in);
	free(client);
}

static void
client_close(struct control_client *client)
{
	uv_handle_t *handles[N_HANDLES] = { (uv_handle_t *)&client->pipe,
		(uv_handle_t *)&client->turn, (uv_handle_t *)&client->line_timer,
		(uv_handle_t *)&client->write_timer,
		(uv_handle_t *)&client->stream_timer };

	if (client->closing)
		return;
	client->closing = true;
	if (client->call)
		control_abandon(client->call);
	control_stream_stop(client);
	json_decref(client->id);
	client->id = NULL;
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	client->control->n_clients--;
	for (size_t i = 0; i < N_HANDLES; i++)
		uv_close(handles[i], on_handle_closed);
}

/* Whether nothing is left to be done for a client that sends nothing more. */
static bool
is_done(const struct control_client *client)
{
	if (client->call || control_client_waiting(client) > 0)
		return false;
	return client->ending || (client->eof && !client->stream.active &&
					 !memchr(client->in, '\n', client->in_len));
}

/* ------------------------------------------------------------------ writing */

struct line_write {
	uv_write_t request;
	struct control_client *client;
	char *text;
};

size_t
control_client_waiting(const struct control_client *client)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe);
}

static void
on_write_timeout(uv_timer_t *timer)
{
	client_close(timer->data);
}

static void
on_written(uv_write_t *request, int status)
{
	struct line_write *write = container_of(request, struct line_write, request);
	struct control_client *client = write->client;

	free(write->text);
	free(write);
	if (client->closing)
		return;
	if (control_client_waiting(client) > 0)
		uv_timer_again(&client->write_timer);
	else
		uv_timer_stop(&client->write_timer);
	if (status < 0)
		client_close(client);
	else
		control_client_turn(client);
}

void
control_client_say(struct control_client *client, json_t *answer)
{
	struct line_write *write = calloc(1, sizeof(*write));
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	uv_buf_t buf;

	json_decref(answer);
	if (!write || !text || client->closing) {
		free(write);
		free(text);
		client_close(client);
		return;
	}
	*write = (struct line_write){ .client = client, .text = text };
	buf = uv_buf_init(text, (unsigned)strlen(text) + 1);
	text[buf.len - 1] = '\n';
	if (uv_write(&write->request, (uv_stream_t *)&client->pipe, &buf, 1, on_written) <
		0) {
		free(write);
		free(text);
		client_close(client);
	} else if (!uv_is_active((uv_handle_t *)&client->write_timer)) {
		uv_timer_start(
			&client->write_timer, on_write_timeout, WRITE_MS, WRITE_MS);
	}
}

/* Sends what is wrong, and closes the client once that is written. */
static void
client_end(struct control_client *client, const char *why)
{
	client->ending = true;
	client->in_len = 0;
	uv_read_stop((uv_stream_t *)&client->pipe);
	uv_timer_stop(&client->line_timer);
	control_client_say(client, control_error_json(CONTROL_SYNTAX, why));
}

/* ------------------------------------------------------------------ reading */

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct control_client *client = handle->data;

	(void)suggested;
	*buf = uv_buf_init(client->in + client->in_len,
		(unsigned)(CONTROL_LINE_MAX - client->in_len));
}

/* Comes again and again: what follows a long call is not ended before its answer. */
static void
on_line_timeout(uv_timer_t *timer)
{
	struct control_client *client = timer->data;

	if (!client->call && !memchr(client->in, '\n', client->in_len))
		client_end(client, "a line did not end within 5 s");
}

static void
start_line_timer(struct control_client *client)
{
	uv_timer_start(&client->line_timer, on_line_timeout, LINE_MS, LINE_MS);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct control_client *client = stream->data;

	(void)buf;
	if (n == 0)
		return;
	if (n < 0) { /* half a line at the end is nothing */
		client->eof = true;
		uv_read_stop(stream);
		uv_timer_stop(&client->line_timer);
	} else {
		if (client->in_len == 0)
			start_line_timer(client);
		client->in_len += (size_t)n;
		client->read_ms = uv_now(stream->loop);
		if (client->in_len == CONTROL_LINE_MAX)
			uv_read_stop(stream);
	}
	control_client_turn(client);
}

/* The end of the first line, if it may be answered now; or NULL. */
static char *
find_line(const struct control_client *client)
{
	if (client->closing || client->ending || client->call ||
		control_client_waiting(client) > CONTROL_WAITING_MAX)
		return NULL;
	return memchr(client->in, '\n', client->in_len);
}

/* Takes one line off the buffer and has it answered; false: there is none. */
static bool
take_line(struct control_client *client)
{
	char *end = find_line(client);
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - client->in);
	if (len > 0)
		control_question(client, client->in, len);
	if (client->closing || client->ending)
		return false;
	client->in_len -= len + 1;
	memmove(client->in, end + 1, client->in_len);
	if (client->in_len > 0 && !client->eof)
		start_line_timer(client);
	else
		uv_timer_stop(&client->line_timer);
	return true;
}

static void
read_on(struct control_client *client)
{
	uv_stream_t *stream = (uv_stream_t *)&client->pipe;

	if (client->eof || client->ending)
		return;
	if (client->in_len < CONTROL_LINE_MAX)
		uv_read_start(stream, on_alloc, on_read);
	else if (memchr(client->in, '\n', client->in_len))
		uv_read_stop(stream);
	else
		client_end(client, "a line is longer than 64 KiB");
}

static void
on_turn(uv_idle_t *turn)
{
	struct control_client *client = turn->data;
	const uint64_t begun = uv_hrtime();

	uv_idle_stop(turn);
	while (take_line(client) && uv_hrtime() - begun < TURN_NS)
		continue;
	if (client->closing)
		return;
	read_on(client);
	if (is_done(client))
		client_close(client);
	else if (find_line(client))
		control_client_turn(client);
}

void
control_client_turn(struct control_client *client)
{
	if (!client->closing)
		uv_idle_start(&client->turn, on_turn);
}

/* ------------------------------------------------------------------ the beginning */

static void
find_peer(struct control_client *client, int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	const struct passwd *user;

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	user = getpwuid(peer.uid);
	client->pid = peer.pid;
	snprintf(client->who, sizeof(client->who), "%.64s(%u) pid %d",
		user ? user->pw_name : "?", peer.uid, peer.pid);
}

/* ---- who gives way */

/* Who sends nothing more may be gone, and not be sent anything for an hour. */
static bool
is_busy(const struct control_client *client)
{
	return client->call || (client->stream.active && !client->eof);
}

static unsigned
count_siblings(const struct control_client *client)
{
	unsigned n = 0;

	for (const struct control_client *other = client->control->clients; other;
		other = other->next)
		n += other->pid == client->pid;
	return n;
}

/* Of the process with most, first those that wait for nothing, and of these the one that
 * said nothing for longest: `a`, which came before `b`, if that was the same
 * millisecond. */
static bool
gives_way_before(const struct control_client *a, const struct control_client *b)
{
	const unsigned of_a = count_siblings(a), of_b = count_siblings(b);

	if (of_a != of_b)
		return of_a > of_b;
	if (is_busy(a) != is_busy(b))
		return is_busy(b);
	return a->read_ms <= b->read_ms;
}

/* NULL: each is another process's, and waits for something. */
static struct control_client *
who_gives_way(const struct control *control)
{
	struct control_client *first = control->clients;

	for (struct control_client *client = first; client; client = client->next)
		if (gives_way_before(client, first))
			first = client;
	return first && (!is_busy(first) || count_siblings(first) > 1) ? first : NULL;
}

static void
refuse(int fd)
{
	static const char text[] =
		"{\"error\":\"busy\",\"why\":\"16 clients are connected already\"}\n";

	(void)!send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* False: there is none. */
static bool
make_room(struct control *control)
{
	struct control_client *client;

	if (control->n_clients < CONTROL_CLIENTS_MAX)
		return true;
	client = who_gives_way(control);
	if (!client)
		return false;
	control_client_say(
		client, control_error_json(CONTROL_BUSY,
				"another client needs the place; this process had most"));
	client_close(client);
	return true;
}

static struct control_client *
client_new(struct control *control, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (client)
		client->in = malloc(CONTROL_LINE_MAX);
	if (!client || !client->in) {
		free(client);
		close(fd);
		return NULL;
	}
	find_peer(client, fd);
	uv_idle_init(control->loop, &client->turn);
	uv_pipe_init(control->loop, &client->pipe, 0);
	uv_timer_init(control->loop, &client->line_timer);
	uv_timer_init(control->loop, &client->write_timer);
	uv_timer_init(control->loop, &client->stream_timer);
	client->pipe.data = client->turn.data = client->line_timer.data = client;
	client->write_timer.data = client->stream_timer.data = client;
	client->handles = N_HANDLES;
	client->read_ms = uv_now(control->loop);
	client->control = control;
	client->next = control->clients;
	client->link = &control->clients;
	if (client->next)
		client->next->link = &client->next;
	control->clients = client;
	control->n_clients++;
	return client;
}

void
control_clients_accept(struct control *control, int fd)
{
	struct control_client *client;

	if (!make_room(control)) {
		refuse(fd);
		return;
	}
	client = client_new(control, fd);
	if (!client)
		return;
	if (uv_pipe_open(&client->pipe, fd) < 0) {
		close(fd);
		client_close(client);
		return;
	}
	log_debug("control: %s connected", client->who);
	control_client_say(client,
		json_pack("{s:s, s:i}", "murald", VERSION, "protocol", CONTROL_PROTOCOL));
	control_client_turn(client);
}

/* What has arrived, whether or not the loop has read it.  A number bounds it, not a time:
 * there is no later turn, and a slow machine is to answer a few questions, too. */
static void
take_rest(struct control_client *client)
{
	uv_os_fd_t fd;
	ssize_t n = 0;

	if (!client->eof && !client->ending &&
		uv_fileno((uv_handle_t *)&client->pipe, &fd) == 0)
		n = read(fd, client->in + client->in_len,
			CONTROL_LINE_MAX - client->in_len);
	if (n > 0)
		client->in_len += (size_t)n;
	for (unsigned lines = 0; lines < LAST_LINES && take_line(client); lines++)
		continue;
}

void
control_clients_close(struct control *control)
{
	struct control_client *client;

	while ((client = control->clients)) {
		take_rest(client);
		client_close(client);
	}
}
