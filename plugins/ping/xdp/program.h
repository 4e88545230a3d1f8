/* SPDX-License-Identifier: MIT */
/*
 * The process's one XDP program, as the files of xdp.module share it: what it is loaded
 * into, the logs that it writes, one for each role and processor, and the interfaces that
 * run it.
 */
#pragma once

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ping/xdp/module.h"

/* with the structs of shared.h */
#include <pings.skel.h>

struct xdp_tap {
	enum xdp_role role;
	struct xdp_counts before; /* when it was opened */
};

/* An interface that runs the program. */
struct xdp_interface {
	uint32_t ifindex; /* 0: none */
	int link;
	enum xdp_mode mode;
	uint32_t roles;
};

struct xdp_readers {
	struct ring_buffer *bell;
	uint8_t *logs; /* one for each processor */
	int bell_fd;
	unsigned wanted; /* the number of instances that want it */
	struct xdp_tap *tap;
};

struct xdp_process {
	pthread_mutex_t lock; /* not for what a tap's own thread reads */
	bool tried;
	int error;
	char why[XDP_WHY_MAX];
	struct pings_bpf *skeleton;
	size_t log_size;
	unsigned log_shift, processors;
	struct xdp_readers roles[XDP_ROLES];
	struct xdp_interface ports[XDP_PORTS_MAX];
};

extern struct xdp_process xdp;

static inline struct xdp_log *
xdp_log_of(const struct xdp_readers *role, unsigned processor)
{
	return (struct xdp_log *)(role->logs + processor * xdp.log_size);
}

/* What xdp_module.load does. */
int xdp_load(char *why, size_t len);

/* What xdp_module.attach and detach do; tap_close(), under the lock, has a role leave an
 * interface. */
int xdp_attach(struct xdp_tap *tap, const struct xdp_card *card, char *why, size_t len);
void xdp_detach(struct xdp_tap *tap, uint32_t ifindex);
void xdp_drop_role(struct xdp_interface *port, enum xdp_role role);

/* Tells the program which roles have readers.  Under the lock. */
void xdp_publish_ports(void);
