/* SPDX-License-Identifier: MIT */
/*
 * A doubly linked list of structs with `struct foo *next, **link`, where `link` points to
 * whatever points to this one: the head of the list, or the `next` before it.
 */
#pragma once

#include <stddef.h>

#define list_push(head, item)                                                            \
	do {                                                                             \
		(item)->next = *(head);                                                  \
		(item)->link = (head);                                                   \
		if ((item)->next)                                                        \
			(item)->next->link = &(item)->next;                              \
		*(head) = (item);                                                        \
	} while (0)

/* `link` is NULL then, and removing it once more does nothing. */
#define list_remove(item)                                                                \
	do {                                                                             \
		if ((item)->link) {                                                      \
			*(item)->link = (item)->next;                                    \
			if ((item)->next)                                                \
				(item)->next->link = (item)->link;                       \
			(item)->link = NULL;                                             \
		}                                                                        \
	} while (0)
