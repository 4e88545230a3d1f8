/* SPDX-License-Identifier: MIT */
/* What clients of the control socket are answered while the wall stops. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "control/socket.h"
#include "support/folder.h"

static const char questions[] = "{\"id\":1,\"do\":\"status\"}\n"
				"{\"id\":2,\"do\":\"status\",\"every\":1000}\n";

/* The first of them takes more milliseconds to read than a client has in a turn. */
#define LONG_LISTS 20000
static const char long_begin[] = "{\"id\":1,\"do\":\"status\",\"with\":{\"lists\":[[]";
static const char long_end[] = "]}}\n{\"id\":2,\"do\":\"status\"}\n";

static const char answers[] =
	"{\"id\":1,\"error\":\"failed\",\"why\":\"murald is stopping\"}\n"
	"{\"id\":2,\"error\":\"failed\",\"why\":\"murald is stopping\"}\n";

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A client that was greeted. */
static int
join(uv_loop_t *loop)
{
	char greeting[200] = "";
	int fd = connect_to("control");

	while (recv(fd, greeting, sizeof(greeting) - 1, MSG_DONTWAIT) < 0)
		uv_run(loop, UV_RUN_NOWAIT);
	assert_non_null(strstr(greeting, "\"murald\""));
	return fd;
}

static struct control control;

/* The wall stops, and its loop turns as often after somebody has asked. */
static void
expect_answers(const char *asked, unsigned turns)
{
	const struct config_control config = { .socket = "control", .log = "" };
	char got[sizeof(answers)] = "";
	uv_loop_t loop;
	int fd;

	assert_int_equal(uv_loop_init(&loop), 0);
	control_start(&control, &config, NULL, NULL, &loop);
	fd = join(&loop);
	control_refuse_all(&control);
	assert_int_equal(write(fd, asked, strlen(asked)), strlen(asked));
	for (unsigned i = 0; i < turns; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	control_stop(&control);
	uv_run(&loop, UV_RUN_DEFAULT);
	control_finish(&control);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(recv(fd, got, strlen(answers), MSG_WAITALL), strlen(answers));
	assert_string_equal(got, answers);
	close(fd);
}

TEST(what_was_asked_before_the_last_turn_is_answered)
{
	expect_answers(questions, 2);
}

TEST(what_arrives_in_the_last_turn_is_answered)
{
	expect_answers(questions, 1);
}

TEST(what_arrives_behind_the_last_turn_is_answered)
{
	expect_answers(questions, 0);
}

TEST(a_question_behind_a_long_one_is_answered)
{
	static char asked[CONTROL_LINE_MAX];
	char *end = stpcpy(asked, long_begin);

	for (unsigned i = 0; i < LONG_LISTS; i++)
		end = stpcpy(end, ",[]");
	(void)stpcpy(end, long_end);
	expect_answers(asked, 0);
}

TEST(no_client_keeps_the_wall_from_stopping)
{
	static char asked[CONTROL_LINE_MAX];
	char *end = stpcpy(asked, questions);

	while (end - asked + sizeof(questions) < sizeof(asked))
		end = stpcpy(end, questions);
	expect_answers(asked, 0);
	assert_in_range(control.counts[WALL_STATUS], 100, 300);
}

UNIT_TESTS(enter_folder, leave_folder)
