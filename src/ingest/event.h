/* SPDX-License-Identifier: MIT */
/*
 * Events that a plugin asks for: timers, descriptors of its own and readers of the
 * canvas, for a connection or for the instance.  Implements what the plugin API says of
 * them.
 *
 * The thread of their owner.
 */
#pragma once

struct event;

/* Stops those that the plugin has left, and frees its readers. */
void events_close(struct event **events);
