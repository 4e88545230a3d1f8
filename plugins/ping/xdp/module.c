/* SPDX-License-Identifier: MIT */
/* Taps: who reads what the XDP program logs; and the module's table. */
#include "ping/xdp/module.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ping/xdp/program.h"

static void
join_by(enum xdp_role role, int n)
{
	pthread_mutex_lock(&xdp.lock);
	xdp.roles[role].wanted += (unsigned)n;
	xdp_publish_ports();
	pthread_mutex_unlock(&xdp.lock);
}

static void
join(enum xdp_role role)
{
	join_by(role, 1);
}

static void
leave(enum xdp_role role)
{
	join_by(role, -1);
}

static void
count_all(enum xdp_role role, struct xdp_counts *counts)
{
	*counts = (struct xdp_counts){ 0 };
	for (unsigned i = 0; i < xdp.processors; i++) {
		const struct xdp_log *log = xdp_log_of(&xdp.roles[role], i);

		counts->packets += __atomic_load_n(&log->packets, __ATOMIC_RELAXED);
		counts->bytes += __atomic_load_n(&log->bytes, __ATOMIC_RELAXED);
		counts->lost += __atomic_load_n(&log->lost, __ATOMIC_RELAXED);
	}
}

static void
count(const struct xdp_tap *tap, struct xdp_counts *counts)
{
	count_all(tap->role, counts);
	counts->packets -= tap->before.packets;
	counts->bytes -= tap->before.bytes;
	counts->lost -= tap->before.lost;
}

/* Nothing of an earlier reader is left: it was the last that had the role, and every run
 * of the program that saw it has ended. */
static void
forget_entries(const struct xdp_readers *role)
{
	for (unsigned i = 0; i < xdp.processors; i++) {
		struct xdp_log *log = xdp_log_of(role, i);

		__atomic_store_n(&log->tail,
			__atomic_load_n(&log->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	}
}

static int
open_locked(struct xdp_tap **tap, enum xdp_role role, const struct xdp_template *template,
	char *why, size_t len)
{
	struct xdp_readers *shared = &xdp.roles[role];

	if (!xdp.skeleton) {
		snprintf(why, len, "%s",
			xdp.tried ? xdp.why : "restart murald: a reload cannot load it");
		return xdp.tried ? xdp.error : -EPERM;
	}
	if (shared->wanted != 1 || shared->tap) {
		snprintf(why, len, "another instance of the plugin would miss its pings");
		return -EBUSY;
	}
	if (!(*tap = calloc(1, sizeof(**tap)))) {
		snprintf(why, len, "memory is short");
		return -ENOMEM;
	}
	(*tap)->role = role;
	if (template)
		xdp.skeleton->bss->control.template = *template;
	forget_entries(shared);
	count_all(role, &(*tap)->before);
	shared->tap = *tap;
	return 0;
}

static int
tap_open(struct xdp_tap **tap, enum xdp_role role, const struct xdp_template *template,
	char *why, size_t len)
{
	int ret;

	pthread_mutex_lock(&xdp.lock);
	ret = open_locked(tap, role, template, why, len);
	pthread_mutex_unlock(&xdp.lock);
	return ret;
}

/* At its end no processor is in a run of the program that began before. */
static void
tap_close(struct xdp_tap *tap)
{
	pthread_mutex_lock(&xdp.lock);
	for (int i = 0; i < XDP_PORTS_MAX; i++)
		xdp_drop_role(&xdp.ports[i], tap->role);
	xdp.roles[tap->role].tap = NULL;
	xdp_publish_ports();
	pthread_mutex_unlock(&xdp.lock);
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	free(tap);
}

static int
descriptor(const struct xdp_tap *tap)
{
	return xdp.roles[tap->role].bell_fd;
}

static void
set_own(struct xdp_tap *tap, const struct xdp_own *own)
{
	struct xdp_own *shown = &xdp.skeleton->bss->control.own[tap->role];
	const uint32_t pass_on = tap->role == XDP_PINGS ? 0 : XDP_OWN_MAX + 1;

	/* one by one: the program may run meanwhile */
	__atomic_store_n(&shown->n4, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shown->n6, pass_on, __ATOMIC_SEQ_CST);
	memcpy(shown->four, own->four, sizeof(shown->four));
	memcpy(shown->six, own->six, sizeof(shown->six));
	__atomic_store_n(&shown->n4, own->n4, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shown->n6, own->n6, __ATOMIC_SEQ_CST);
}

/* The next entry of a log, or NULL: the program has not written it yet. */
static const struct xdp_entry *
next_entry(const struct xdp_log *log)
{
	uint64_t tail = log->tail, lap = (tail >> xdp.log_shift) + 1;
	const struct xdp_entry *entry =
		&log->at[tail & ((UINT64_C(1) << xdp.log_shift) - 1)];
	uint64_t word = __atomic_load_n(&entry->word, __ATOMIC_ACQUIRE);

	return word >> XDP_LAP_SHIFT == (lap & 0xffff) ? entry : NULL;
}

/* At most `most` entries of a log. */
static size_t
drain_log(struct xdp_log *log, size_t most,
	void (*each)(void *user, const struct xdp_entry *entry), void *user)
{
	const struct xdp_entry *entry;
	size_t n = 0;

	for (; n < most && (entry = next_entry(log)); n++) {
		each(user, entry);
		__atomic_store_n(&log->tail, log->tail + 1, __ATOMIC_RELEASE);
	}
	return n;
}

/* None is kept waiting by another one; what they leave is for whoever has more, since a
 * network card may give all to one processor. */
static size_t
drain(struct xdp_tap *tap, size_t most,
	void (*each)(void *user, const struct xdp_entry *entry), void *user)
{
	const struct xdp_readers *role = &xdp.roles[tap->role];
	size_t n = 0;

	(void)ring_buffer__consume(role->bell);
	for (unsigned i = 0; i < xdp.processors; i++)
		n += drain_log(xdp_log_of(role, i), (most - n) / (xdp.processors - i),
			each, user);
	for (unsigned i = 0; i < xdp.processors; i++)
		n += drain_log(xdp_log_of(role, i), most - n, each, user);
	return n;
}

static bool
tap_sleep(struct xdp_tap *tap)
{
	uint32_t *armed = &xdp.skeleton->bss->control.armed[tap->role].is_set;

	__atomic_exchange_n(armed, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < xdp.processors; i++)
		if (next_entry(xdp_log_of(&xdp.roles[tap->role], i))) {
			__atomic_store_n(armed, 0, __ATOMIC_SEQ_CST);
			return false;
		}
	return true;
}

/* For tests. */
static int
run(bool empty, const void *frame, size_t len, uint32_t ifindex, uint32_t repeat,
	uint32_t *ns)
{
	const struct bpf_program *program =
		empty ? xdp.skeleton->progs.take_nothing : xdp.skeleton->progs.take_pings;
	struct xdp_md context = { .data_end = (uint32_t)len, .ingress_ifindex = ifindex };
	struct bpf_test_run_opts options = {
		.sz = sizeof(options),
		.data_in = frame,
		.data_size_in = (uint32_t)len,
		.ctx_in = &context,
		.ctx_size_in = sizeof(context),
		.repeat = (int)repeat,
	};
	int ret = bpf_prog_test_run_opts(bpf_program__fd(program), &options);

	*ns = options.duration;
	return ret < 0 ? ret : (int)options.retval;
}

__attribute__((visibility("default"))) const struct xdp_module mural_xdp = {
	.version = XDP_MODULE_VERSION,
	.load = xdp_load,
	.join = join,
	.leave = leave,
	.open = tap_open,
	.close = tap_close,
	.descriptor = descriptor,
	.attach = xdp_attach,
	.detach = xdp_detach,
	.set_own = set_own,
	.drain = drain,
	.sleep = tap_sleep,
	.count = count,
	.run = run,
};
