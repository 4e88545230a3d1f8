/* SPDX-License-Identifier: MIT */
/* Asks who painted the spots that changed, and tells the viewers that it was. */
#include "http/viewers/yours.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "http/viewers/viewers.h"

#define SPOTS_MAX 4
#define ASKED_MAX 10
#define SECOND_MS 1000

/* Until it is asked again whether owners are kept. */
#define AGAIN_MS 60000

/* The number of the source that "who" names; 0: it is not an address. */
static uint64_t
source_of(const struct mural_host *host, const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char address[INET6_ADDRSTRLEN];

	/* of a network its first address */
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return mural_source(host, (const struct sockaddr *)&v4);
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
		return mural_source(host, (const struct sockaddr *)&v6);
	return 0;
}

void
yours_send(struct viewer *viewer)
{
	if (viewer_send_text(viewer, viewer->yours, strlen(viewer->yours)))
		*viewer->yours = '\0';
}

static void
tell(struct viewers *viewers, const struct yours_call *call, const json_t *is)
{
	const char *source = json_string_value(json_object_get(is, "source"));
	uint64_t number = source ? source_of(viewers->web->host, source) : 0;
	char text[YOURS_TEXT_MAX];

	if (number == 0)
		return;
	snprintf(text, sizeof(text), "{\"type\": \"yours\", \"x\": %u, \"y\": %u}",
		call->x, call->y);
	for (struct viewer *v = viewers->first; v; v = v->next)
		if (v->sight.bands && v->ws.source == number) {
			memcpy(v->yours, text, sizeof(text));
			yours_send(v);
		}
}

static void
on_who(void *arg, const char *json, size_t len)
{
	struct yours_call *call = arg;
	struct viewers *viewers = call->viewers;
	json_t *answer = json_loadb(json, len, 0, NULL);
	const json_t *is = json_object_get(answer, "is");

	call->call = NULL;
	if (is)
		tell(viewers, call, is);
	else
		viewers->yours.again_ms = uv_now(viewers->web->host->loop) + AGAIN_MS;
	json_decref(answer);
}

static void
ask(struct viewers *viewers, uint32_t x, uint32_t y)
{
	struct yours *yours = &viewers->yours;
	struct yours_call *call = yours->calls;
	char with[64];
	struct mural_question question = {
		.size = sizeof(question),
		.verb = "who",
		.with = with,
		.who = "viewers",
		.answer = on_who,
	};

	while (call < yours->calls + YOURS_CALLS && call->call)
		call++;
	if (call == yours->calls + YOURS_CALLS)
		return;
	question.with_len =
		(size_t)snprintf(with, sizeof(with), "{\"point\":\"%u,%u\"}", x, y);
	question.arg = call;
	*call = (struct yours_call){ .viewers = viewers, .x = x, .y = y };
	call->call = mural_ask(viewers->web->host, &question);
	yours->asked++;
}

static bool
has_listeners(const struct viewers *viewers)
{
	for (const struct viewer *v = viewers->first; v; v = v->next)
		if (v->sight.bands)
			return true;
	return false;
}

void
yours_look(struct viewers *viewers)
{
	struct yours *yours = &viewers->yours;
	uint64_t now = uv_now(viewers->web->host->loop);
	struct framediff_spot spots[SPOTS_MAX];
	size_t n;

	if (viewers->stopping || now < yours->again_ms || !has_listeners(viewers))
		return;
	if (now - yours->second_ms >= SECOND_MS) {
		yours->second_ms = now;
		yours->asked = 0;
	}
	n = framediff_spots(&viewers->capture.diff, spots, SPOTS_MAX);
	for (size_t i = 0; i < n && yours->asked < ASKED_MAX; i++)
		ask(viewers, spots[i].x, spots[i].y);
}

void
yours_stop(struct viewers *viewers)
{
	for (size_t i = 0; i < YOURS_CALLS; i++) {
		mural_ask_abandon(viewers->yours.calls[i].call);
		viewers->yours.calls[i].call = NULL;
	}
}
