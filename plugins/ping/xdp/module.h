/* SPDX-License-Identifier: MIT */
/*
 * What the module xdp.module offers to the icmp and ipv6 plugins: pings decoded in the
 * kernel.  It is apart from them, because it needs libbpf.
 *
 * The process has one XDP program, which all interfaces and both roles share, since an
 * interface takes one program only.  Loading it needs rights that murald has only when it
 * starts; afterwards its descriptors are kept until the process ends, and serve every
 * instance.  A role has one reader at a time, and pixels only while it is the only one
 * that wants them: no second instance of the plugin misses its pings.
 *
 * A tap belongs to one thread; the functions are called by any.  Errors are -errno, and
 * a sentence without its end in `why`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ping/xdp/shared.h"

#define XDP_MODULE_VERSION 2
#define XDP_WHY_MAX 256

/* A reader of a role's pixels.  All is the module's own. */
struct xdp_tap;

/* An interface that pings arrive at. */
struct xdp_card {
	uint32_t ifindex;
	uint8_t mac[6];
	bool wants_generic; /* not before its driver's own work, but after it */
};

/* How an interface runs the program. */
enum xdp_mode { XDP_MODE_NONE, XDP_MODE_GENERIC, XDP_MODE_NATIVE };

/* Sums of all processors since the tap was opened. */
struct xdp_counts {
	uint64_t packets, bytes; /* taken; frames with their headers */
	uint64_t lost;           /* of them, because the log was full */
};

struct xdp_module {
	uint32_t version;

	/* Loads the program, once; later calls say what became of it. */
	int (*load)(char *why, size_t len);

	/* One more instance wants the pixels of a role, by whatever means; or one fewer.
	 */
	void (*join)(enum xdp_role role);
	void (*leave)(enum xdp_role role);

	/* For a role that the caller has joined.  `template`: of XDP_ADDRESSES.  -EBUSY:
	 * other instances want its pixels, too. */
	int (*open)(struct xdp_tap **tap, enum xdp_role role,
		const struct xdp_template *template, char *why, size_t len);
	void (*close)(struct xdp_tap *tap);

	/* The descriptor that is readable after xdp_module.sleep(). */
	int (*descriptor)(const struct xdp_tap *tap);

	/* Runs the program on an interface, too.  Returns an enum xdp_mode. */
	int (*attach)(
		struct xdp_tap *tap, const struct xdp_card *card, char *why, size_t len);
	void (*detach)(struct xdp_tap *tap, uint32_t ifindex);

	/* XDP_PINGS: the addresses whose pings the program takes.  XDP_ADDRESSES: those
	 * that it leaves to the host; with n6 above XDP_OWN_MAX it takes nothing. */
	void (*set_own)(struct xdp_tap *tap, const struct xdp_own *own);

	/* Calls each() for at most `most` pixels; how many there were. */
	size_t (*drain)(struct xdp_tap *tap, size_t most,
		void (*each)(void *user, const struct xdp_entry *entry), void *user);

	/* Has the next pixel make the descriptor readable; false: there is one already.
	 */
	bool (*sleep)(struct xdp_tap *tap);

	void (*count)(const struct xdp_tap *tap, struct xdp_counts *counts);

	/* For tests: runs the program, or with `empty` one that does nothing, over a
	 * frame that arrives at `ifindex` of this namespace, `repeat` times; what it
	 * returned, and the ns of a run. */
	int (*run)(bool empty, const void *frame, size_t len, uint32_t ifindex,
		uint32_t repeat, uint32_t *ns);
};

/* The module's only symbol. */
extern const struct xdp_module mural_xdp;
