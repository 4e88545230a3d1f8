/* SPDX-License-Identifier: MIT */
/*
 * The clients of the control socket: bytes in, lines out.  socket.c reads and writes,
 * question.c is about what a line says.
 *
 * A line has 64 KiB and five seconds from its first byte to its end.  Up to 16 clients
 * are served at a time, each for a millisecond or one line in each turn of the loop; for
 * one more the process that has most of them loses one.  Who reads no answers for ten
 * seconds is closed.
 *
 * The main loop's thread.
 */
#pragma once

#include <sys/types.h>

#include "control/call.h"

#define CONTROL_LINE_MAX (64 * 1024)
#define CONTROL_CLIENTS_MAX 16

/* Answers that may wait for a client; with more, streams skip and questions wait. */
#define CONTROL_WAITING_MAX (1024 * 1024)

/* An answer that comes again and again, until the client says stop. */
struct control_stream {
	bool active;
	char verb[32];
	json_t *id, *with;         /* id NULL: the question had none */
	struct control_call *call; /* in progress */
	uint64_t skipped;          /* lines that found too much waiting */
};

struct control_client {
	struct control_client *next, **link;
	struct control *control;
	char who[CONTROL_WHO_MAX];
	pid_t pid;        /* of its process */
	uint64_t read_ms; /* uv_now() when it last sent something */
	uv_pipe_t pipe;
	uv_idle_t turn;          /* active: it has one in the next turn of the loop */
	uv_timer_t line_timer;   /* while a line is incomplete */
	uv_timer_t write_timer;  /* while answers wait */
	uv_timer_t stream_timer; /* while a stream is active */
	unsigned handles;        /* not closed yet */
	char *in;                /* CONTROL_LINE_MAX bytes */
	size_t in_len;
	struct control_call *call; /* in progress: the next line waits for its answer */
	json_t *id;                /* of that question; NULL: it had none */
	struct control_stream stream;
	bool eof;    /* it sends nothing more */
	bool ending; /* closed once its answers are written */
	bool closing;
};

/* ---- socket.c */

void control_clients_accept(struct control *control, int fd);
void control_clients_close(struct control *control);

/* Sends one line; takes over the reference. */
void control_client_say(struct control_client *client, json_t *answer);

/* How much waits to be sent. */
size_t control_client_waiting(const struct control_client *client);

/* Has the lines that are there looked at in the next turn of the loop. */
void control_client_turn(struct control_client *client);

/* ---- question.c */

/* Does what a line says. */
void control_question(struct control_client *client, const char *line, size_t len);

/* Ends its stream, if there is one. */
void control_stream_stop(struct control_client *client);
