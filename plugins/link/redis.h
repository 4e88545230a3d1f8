/* SPDX-License-Identifier: MIT */
/*
 * One connection to Valkey or Redis, by hiredis, on the main loop.
 *
 * Connects once and logs in; what happens then is told by `on_ready` and `on_lost`, one
 * of them always, and on_lost at most once.
 */
#pragma once

#include <hiredis/async.h>
#if HAVE_HIREDIS_SSL
#include <hiredis/hiredis_ssl.h>
#endif
#include <stdbool.h>

#include <mural/plugin.h>

/* hiredis before 1.0 speaks no TLS. */
#if HAVE_HIREDIS_SSL
#define REDIS_HAS_TLS true
#else
#define REDIS_HAS_TLS false
#endif

/* Whom to trust, for connections by TLS.  NULL: why says it. */
struct redis_tls;
struct redis_tls *redis_tls_new(const char *ca, const char **why);
void redis_tls_free(struct redis_tls *tls);

struct redis {
	struct mural_host *host;
	redisAsyncContext *context; /* NULL: not connected, nor about to be */
	bool is_ready;
	const char *user, *password; /* may be empty */
	struct redis_tls *tls;       /* NULL: without */
	void (*on_ready)(struct redis *redis);
	void (*on_lost)(struct redis *redis, const char *why);
	void *arg;
};

/* Connects to a numeric address, or with port 0 to a Unix socket.  False: on_lost was
 * called. */
bool redis_connect(struct redis *redis, const char *address, uint16_t port);

/* Drops the connection; no callback comes any more but those of commands, without a
 * reply.
 */
void redis_drop(struct redis *redis);

/* Sends a command, whose reply, NULL if the connection is lost, `on_reply` gets.  Words
 * are copied.  False: it was not sent, and no reply comes. */
bool redis_send(struct redis *redis, redisCallbackFn *on_reply, void *arg, int n,
	const char *const *words, const size_t *lens);
