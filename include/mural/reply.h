/* SPDX-License-Identifier: MIT */
/* What a plugin sends to its clients, and to the senders of datagrams; part of
 * <mural/plugin.h>. */
#ifndef MURAL_REPLY_H
#define MURAL_REPLY_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In open(), feed(), end() and ready() only: queues a copy of a reply to the client, or
 * to the sender of the datagram.  While a client does not read its replies, murald reads
 * nothing from it.  0; 1: queued, but many replies are waiting: a feed() whose input may
 * ask for much more should return what it has used so far; it is called with the rest,
 * however long, once the replies are on their way.  -ENOBUFS: not queued; a datagram is
 * lost, a client is closed. */
MURAL_EXPORT int mural_reply(struct mural_conn *conn, const void *data, size_t len);

/* Streams, on the connection's thread, in any callback: sends what the client did not ask
 * for, after the replies before it, as far as the socket takes it, and queues a copy of
 * the rest.  Unlike with a reply, murald goes on reading the client meanwhile, and does
 * not close one that does not read: look at mural_unsent() before sending more.  After
 * mural_wake(), ready() is called once all is on its way.  0; -ENOTCONN: the client is
 * gone, or being closed; -ENOBUFS: a megabyte waits already, nothing is sent; or another
 * -errno: the client is being closed. */
MURAL_EXPORT int mural_send(struct mural_conn *conn, const void *data, size_t len);

/* Streams, on the connection's thread: the bytes that wait for the client to read. */
MURAL_EXPORT size_t mural_unsent(const struct mural_conn *conn);

/* Streams, on the connection's thread: closes the client once what waits for it is
 * written, or at once.  It is fed nothing more; close() comes later, from the loop.  May
 * be called again. */
MURAL_EXPORT void mural_close(struct mural_conn *conn, bool at_once);

/* Streams, on the connection's thread: has the kernel buffer about that many bytes for
 * the client.  With fewer, a slow client sees what is newer; with more, as without this
 * call, a distant one is faster. */
MURAL_EXPORT void mural_send_buffer(struct mural_conn *conn, uint32_t bytes);

/* Datagrams: sends one to any address through the socket of `conn`.  The connection's
 * thread.  0 or -errno; what does not fit into the socket's buffer is lost. */
MURAL_EXPORT int mural_send_to(
	struct mural_conn *conn, const struct sockaddr *to, const void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
