/* SPDX-License-Identifier: MIT */
/*
 * The operator's bans: networks that may not paint, or not even connect, each until a
 * time or for good.  Only a list; app/verbs-ban.c puts it in force.
 *
 * The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"

/* More are refused. */
#define BANS_MAX 1024

struct ban {
	char *net; /* as it was written */
	struct cidr network;
	char *why, *who; /* may be empty */
	int64_t since_s; /* CLOCK_REALTIME, as the next */
	int64_t until_s; /* 0: for good */
	bool out;        /* it may not connect either */
};

struct bans {
	struct ban *all;
	size_t n;
};

/* Copies the ban; one of the same network is replaced.  0; -ENOSPC, -ENOMEM. */
int bans_set(struct bans *bans, const struct ban *ban);

/* False: there is none of just that network. */
bool bans_remove(struct bans *bans, const struct cidr *network);

/* Removes those that are over, and says when the next one will be; 0: none.  Whether any
 * was. */
bool bans_expire(struct bans *bans, int64_t now_s, int64_t *next_s);

/* The networks of all, or of those that are out; the caller's.  0 or -ENOMEM. */
int bans_networks(const struct bans *bans, bool out_only, struct cidr_list *networks);

/* Accepts a zeroed struct. */
void bans_finish(struct bans *bans);
