/* SPDX-License-Identifier: MIT */
/* Joins hiredis to murald's descriptors, and logs in. */
#include "link/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* An empty buffer for replies is kept up to that. */
#define KEPT_BYTES (2u << 20)

/* What hiredis reads at a time. */
#define HIREDIS_BYTES (16u << 10)

/* As much as a local socket holds. */
#define READ_BYTES (256u << 10)

/* What hiredis wants to know of a context's descriptor. */
struct watch {
	redisAsyncContext *context;
	struct mural_poll *poll;
	uint32_t events;
	char *bytes; /* READ_BYTES, once there was much to read; NULL: there never was */
};

/* ------------------------------------------------------------- the descriptor */

/* The bytes that arrived beyond what hiredis reads. */
static size_t
bytes_beyond(int fd)
{
	int waiting = 0;
	size_t beyond;

	if (ioctl(fd, FIONREAD, &waiting) < 0 || waiting <= (int)HIREDIS_BYTES)
		return 0;
	beyond = (size_t)waiting - HIREDIS_BYTES;
	return beyond < READ_BYTES ? beyond : READ_BYTES;
}

/* The loop would turn once for each time that hiredis reads.  It reads the rest itself:
 * where it finds the connection's end instead, it drops the replies before that. */
static void
read_much(struct watch *watch)
{
	redisAsyncContext *context = watch->context;
	const struct redis *redis = context->data;
	size_t beyond;
	ssize_t n;

	if (redis->context != context || !redis->is_ready || redis->tls)
		return;
	beyond = bytes_beyond(context->c.fd);
	if (beyond > 0 && !watch->bytes)
		watch->bytes = malloc(READ_BYTES);
	n = beyond > 0 && watch->bytes ? read(context->c.fd, watch->bytes, beyond) : 0;
	if (n > 0)
		(void)redisReaderFeed(context->c.reader, watch->bytes, (size_t)n);
}

static void
on_event(const struct mural_event *event, struct mural_brush *brush)
{
	struct watch *watch = event->arg;
	redisAsyncContext *context = watch->context;

	(void)brush;
	if (event->error) {
		/* what is wrong, hiredis finds by reading: none of it is read here.  Nor
		 * is the descriptor polled any more, until hiredis asks for it again */
		watch->events = 0;
		redisAsyncHandleRead(context);
	} else if (event->events & MURAL_READABLE) {
		read_much(watch);
		redisAsyncHandleRead(context);
	} else {
		redisAsyncHandleWrite(context);
	}
}

static void
watch_for(struct watch *watch, uint32_t events)
{
	if (watch->events == events)
		return;
	watch->events = events;
	mural_poll_events(watch->poll, events);
}

static void
add_read(void *data)
{
	struct watch *watch = data;

	watch_for(watch, watch->events | MURAL_READABLE);
}

static void
del_read(void *data)
{
	struct watch *watch = data;

	watch_for(watch, watch->events & ~(uint32_t)MURAL_READABLE);
}

static void
add_write(void *data)
{
	struct watch *watch = data;

	watch_for(watch, watch->events | MURAL_WRITABLE);
}

static void
del_write(void *data)
{
	struct watch *watch = data;

	watch_for(watch, watch->events & ~(uint32_t)MURAL_WRITABLE);
}

static void
cleanup(void *data)
{
	struct watch *watch = data;

	mural_poll_stop(watch->poll);
	free(watch->bytes);
	free(watch);
}

static bool
watch_start(struct redis *redis, redisAsyncContext *context)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return false;
	watch->context = context;
	watch->events = MURAL_WRITABLE;
	watch->poll = mural_poll_start(
		redis->host, NULL, context->c.fd, watch->events, on_event, watch);
	if (!watch->poll) {
		free(watch);
		return false;
	}
	context->ev.data = watch;
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = cleanup;
	return true;
}

/* ------------------------------------------------------------------------ TLS */

#define NO_TLS "no TLS with it: has tls-ca signed its certificate?"

#if HAVE_HIREDIS_SSL
struct redis_tls {
	redisSSLContext *context;
};

struct redis_tls *
redis_tls_new(const char *ca, const char **why)
{
	struct redis_tls *tls = malloc(sizeof(*tls));
	redisSSLContextError error = REDIS_SSL_CTX_CREATE_FAILED;

	redisInitOpenSSL();
	if (tls)
		tls->context = redisCreateSSLContext(ca, NULL, NULL, NULL, NULL, &error);
	if (tls && tls->context)
		return tls;
	*why = redisSSLContextGetError(error);
	free(tls);
	return NULL;
}

void
redis_tls_free(struct redis_tls *tls)
{
	if (tls)
		redisFreeSSLContext(tls->context);
	free(tls);
}

static bool
tls_begin(struct redis *redis, redisAsyncContext *context)
{
	return !redis->tls ||
	       redisInitiateSSLWithContext(&context->c, redis->tls->context) == REDIS_OK;
}
#else
struct redis_tls *
redis_tls_new(const char *ca, const char **why)
{
	(void)ca;
	*why = "hiredis has no TLS";
	return NULL;
}

void
redis_tls_free(struct redis_tls *tls)
{
	(void)tls;
}

static bool
tls_begin(struct redis *redis, redisAsyncContext *context)
{
	(void)redis;
	(void)context;
	return true;
}
#endif

/* ------------------------------------------------------------------ its life */

/* Ours no more: hiredis frees it, now or when it returns from a callback. */
static void
lose(struct redis *redis, const char *why)
{
	redis->context = NULL;
	redis->is_ready = false;
	redis->on_lost(redis, why);
}

static void
on_connected(const redisAsyncContext *context, int status)
{
	struct redis *redis = context->data;

	if (status != REDIS_OK && redis->context == context)
		lose(redis, context->errstr);
}

static void
on_disconnected(const redisAsyncContext *context, int status)
{
	struct redis *redis = context->data;

	(void)status;
	if (redis->context != context)
		return;
	if (redis->tls && !redis->is_ready) /* hiredis says "Success" there */
		lose(redis, NO_TLS);
	else
		lose(redis, *context->errstr ? context->errstr : "it went away");
}

/* To AUTH, and to PING behind it. */
static void
on_login(redisAsyncContext *context, void *answer, void *is_last)
{
	struct redis *redis = context->data;
	const redisReply *reply = answer;
	char why[160];

	if (!reply || redis->context != context)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		snprintf(why, sizeof(why), "%s", reply->str);
		redis_drop(redis);
		redis->on_lost(redis, why);
	} else if (is_last) {
		redis->is_ready = true;
		redis->on_ready(redis);
	}
}

static void
log_in(struct redis *redis)
{
	const char *words[3] = { "AUTH" };
	int n = 1;

	if (*redis->user)
		words[n++] = redis->user;
	words[n++] = redis->password;
	if (*redis->password)
		(void)redis_send(redis, on_login, NULL, n, words, NULL);
	words[0] = "PING";
	(void)redis_send(redis, on_login, redis, 1, words, NULL);
}

bool
redis_connect(struct redis *redis, const char *address, uint16_t port)
{
	redisAsyncContext *context =
		port ? redisAsyncConnect(address, port) : redisAsyncConnectUnix(address);
	bool is_open = context && !context->err;
	bool is_secured = is_open && tls_begin(redis, context);
	char why[240] = "out of memory or descriptors";

	if (!is_secured || !watch_start(redis, context)) {
		if (context &&
			context->c.err) /* an engine nearby has answered in tls_begin() */
			snprintf(why, sizeof(why), "%s%s", is_open ? NO_TLS " " : "",
				context->c.errstr);
		if (context)
			redisAsyncFree(context);
		redis->on_lost(redis, why);
		return false;
	}
	context->data = redis;
	redis->context = context;
	redis->is_ready = false;
	/* what it lets go of after each reply the next one of pixels would want again */
	context->c.reader->maxbuf = KEPT_BYTES;
	if (port)
		redisEnableKeepAlive(&context->c);
	redisAsyncSetConnectCallback(context, on_connected);
	redisAsyncSetDisconnectCallback(context, on_disconnected);
	log_in(redis);
	return true;
}

void
redis_drop(struct redis *redis)
{
	redisAsyncContext *context = redis->context;

	redis->context = NULL;
	redis->is_ready = false;
	if (context)
		redisAsyncFree(context);
}

bool
redis_send(struct redis *redis, redisCallbackFn *on_reply, void *arg, int n,
	const char *const *words, const size_t *lens)
{
	/* hiredis 0.14 has these without const, and changes nothing */
	return redis->context && redisAsyncCommandArgv(redis->context, on_reply, arg, n,
					 (const char **)words, lens) == REDIS_OK;
}
