/* SPDX-License-Identifier: MIT */
/* Limits for each source, and the source that a brush paints for; part of
 * <mural/plugin.h>. */
#ifndef MURAL_LIMITS_H
#define MURAL_LIMITS_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits for each source, over all protocols (murald.conf(5), SERVER).  murald enforces
 * them on streams and datagrams; services and pollers ask.  `peer` is any socket address;
 * without an IP address it has no limits.  What is refused is counted in the brush; the
 * plugin tells the client, if its protocol can.
 *
 * Services, for each client: 0: admitted, and to be released with mural_conn_release()
 * when it is gone; -EACCES: its network is not allowed; -EDQUOT: its source has too many
 * clients. */
MURAL_EXPORT int mural_conn_admit(struct mural_host *host, const struct sockaddr *peer);
MURAL_EXPORT void mural_conn_release(
	struct mural_host *host, const struct sockaddr *peer);

/* Consumes pixels about to be painted, and bytes received, from the source's budget, and
 * has `brush` paint for that source, as mural_paint_as() does.  0;
 * -EACCES: its network is no longer allowed: disconnect it; -EDQUOT: the budget is too
 * small, nothing was consumed, paint nothing.  `brush` is the one that the caller paints
 * with.  Any thread.  Costs next to nothing while there is no limit. */
MURAL_EXPORT int mural_consume(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes);

/* The same where nothing but the packet says who sent it, so that anybody may have forged
 * it: pings, datagrams.  Such a source has a budget of its own, apart from that of its
 * connections, so that forgers take nothing away from them. */
MURAL_EXPORT int mural_consume_claimed(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes);

/* Names the source that `brush` paints for from now on: the client at `peer`, or with
 * NULL somebody known by `name`, such as a source of pictures that the plugin fetches; a
 * client that has logged in has both.  For pollers, services, and datagrams that speak
 * for others; for a stream's client and the sender of a datagram murald does it itself
 * before each callback.  Paint what a batch holds first.  0; -EACCES: server.allow or
 * server.deny keeps its network out, and what is painted is discarded as unauthorized
 * until the next call.  The brush's thread. */
MURAL_EXPORT int mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name);

/* False when no limit is configured and it does not matter who paints: callers may then
 * skip building a sockaddr for mural_consume().  Any thread. */
MURAL_EXPORT bool mural_is_limited(const struct mural_host *host);

/* A number for the source that a peer belongs to, for plugins that count by source; it
 * changes with each start of murald.  0: none.  Any thread. */
MURAL_EXPORT uint64_t mural_source(
	const struct mural_host *host, const struct sockaddr *peer);

#ifdef __cplusplus
}
#endif
#endif
