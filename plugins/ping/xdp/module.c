/* SPDX-License-Identifier: MIT */
/* Loads the XDP program, runs it on interfaces, and reads its logs. */
#include "ping/xdp/module.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <pings.skel.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of a role, over all processors: a burst of 128 Ki pings on each of two, 8 MiB. */
#define ENTRIES_SHIFT 18
#define ENTRIES_SHIFT_MIN 12

struct xdp_tap {
	enum xdp_role role;
	struct xdp_counts before; /* when it was opened */
};

/* An interface that runs the program. */
struct port {
	uint32_t ifindex; /* 0: none */
	int link;
	enum xdp_mode mode;
	uint32_t roles;
};

struct role {
	struct ring_buffer *bell;
	uint8_t *logs; /* one for each processor */
	int bell_fd;
	unsigned wanted; /* by so many instances */
	struct xdp_tap *tap;
};

/* All that the process has. */
static struct {
	pthread_mutex_t lock; /* not for what a tap's own thread reads */
	bool tried;
	int error;
	char why[XDP_WHY_MAX];
	struct pings_bpf *skeleton;
	size_t log_size;
	unsigned log_shift, processors;
	struct role roles[XDP_ROLES];
	struct port ports[XDP_PORTS_MAX];
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct xdp_log *
log_of(const struct role *role, unsigned processor)
{
	return (struct xdp_log *)(role->logs + processor * all.log_size);
}

/* ------------------------------------------------------------------ loading */

/* The reason is in errno; of libbpf's own lines nobody asked for most. */
static int
print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int
on_bell(void *user, void *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
	return 0;
}

/* Maps are as large as this machine has processors. */
static int
size_maps(struct pings_bpf *skeleton)
{
	int n = libbpf_num_possible_cpus();
	long page = sysconf(_SC_PAGESIZE);
	struct bpf_map *logs[] = { skeleton->maps.ping_logs,
		skeleton->maps.address_logs };
	struct bpf_map *bells[] = { skeleton->maps.ping_bell,
		skeleton->maps.address_bell };
	int ret = n < 0 ? n : 0;

	all.processors = n > 0 ? (unsigned)n : 1;
	all.log_shift = ENTRIES_SHIFT;
	while (all.log_shift > ENTRIES_SHIFT_MIN &&
		(uint64_t)all.processors << all.log_shift > 1u << ENTRIES_SHIFT)
		all.log_shift--;
	all.log_size =
		sizeof(struct xdp_log) + (sizeof(struct xdp_entry) << all.log_shift);
	skeleton->rodata->log_shift = all.log_shift;
	for (int i = 0; ret == 0 && i < XDP_ROLES; i++)
		if ((ret = bpf_map__set_value_size(logs[i], (uint32_t)all.log_size)) ==
				0 &&
			(ret = bpf_map__set_max_entries(logs[i], all.processors)) == 0)
			ret = bpf_map__set_max_entries(bells[i], (uint32_t)page);
	return ret;
}

static int
open_role(struct role *role, const struct bpf_map *logs, const struct bpf_map *bell)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = (all.log_size * all.processors + page - 1) / page * page;

	role->bell_fd = bpf_map__fd(bell);
	role->logs =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(logs), 0);
	if (role->logs == MAP_FAILED)
		return -errno;
	role->bell = ring_buffer__new(role->bell_fd, on_bell, NULL, NULL);
	return role->bell ? 0 : -errno;
}

static int
load_once(void)
{
	struct pings_bpf *skeleton;
	int ret;

	libbpf_set_print(print_nothing);
	if (sizeof(void *) < 8)
		return -ENOTSUP;
	if (!(skeleton = pings_bpf__open()))
		return -errno;
	all.skeleton = skeleton;
	if ((ret = size_maps(skeleton)) < 0 || (ret = pings_bpf__load(skeleton)) < 0 ||
		(ret = open_role(&all.roles[XDP_PINGS], skeleton->maps.ping_logs,
			 skeleton->maps.ping_bell)) < 0)
		return ret;
	return open_role(&all.roles[XDP_ADDRESSES], skeleton->maps.address_logs,
		skeleton->maps.address_bell);
}

static void
say_why_not(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		snprintf(all.why, sizeof(all.why),
			"the kernel forbids bpf(2): it takes CAP_BPF, CAP_NET_ADMIN and "
			"CAP_PERFMON when murald starts");
		break;
	case -ENOTSUP:
		snprintf(all.why, sizeof(all.why), "it takes a machine of 64 bits");
		break;
	case -ENOSYS:
		snprintf(all.why, sizeof(all.why), "the kernel has no bpf(2)");
		break;
	default:
		snprintf(all.why, sizeof(all.why),
			"the kernel does not take the program (%s): it takes Linux 5.18 "
			"or newer",
			strerror(-error));
	}
}

static int
load(char *why, size_t len)
{
	int ret;

	pthread_mutex_lock(&all.lock);
	if (!all.tried) {
		all.tried = true;
		all.error = load_once();
		if (all.error < 0)
			say_why_not(all.error);
		if (all.error < 0 && all.skeleton) {
			pings_bpf__destroy(all.skeleton);
			all.skeleton = NULL;
		}
	}
	ret = all.error;
	snprintf(why, len, "%s", all.why);
	pthread_mutex_unlock(&all.lock);
	return ret;
}

/* ------------------------------------------------------------------ interfaces */

/* Tells the program which roles have readers.  Under the lock. */
static void
publish_ports(void)
{
	struct xdp_control *control;
	uint32_t served = 0;

	if (all.error < 0 || !all.skeleton)
		return;
	control = &all.skeleton->bss->control;
	for (int i = 0; i < XDP_ROLES; i++)
		if (all.roles[i].tap && all.roles[i].wanted == 1)
			served |= 1u << i;
	for (int i = 0; i < XDP_PORTS_MAX; i++) {
		__atomic_store_n(&control->ports[i].roles, all.ports[i].roles & served,
			__ATOMIC_RELEASE);
		__atomic_store_n(&control->ports[i].ifindex, all.ports[i].ifindex,
			__ATOMIC_RELEASE);
	}
}

static struct port *
find_port(uint32_t ifindex)
{
	for (int i = 0; i < XDP_PORTS_MAX; i++)
		if (all.ports[i].ifindex == ifindex)
			return &all.ports[i];
	return NULL;
}

/* Whose program is in the way. */
static void
say_who(uint32_t ifindex, int error, char *why, size_t len)
{
	uint32_t id = 0;

	if ((error == -EBUSY || error == -EEXIST) &&
		bpf_xdp_query_id((int)ifindex, 0, &id) == 0 && id != 0)
		snprintf(why, len, "another XDP program (id %u in bpftool prog) is there",
			id);
	else if (error == -EPERM)
		snprintf(why, len, "the kernel forbids attaching the program");
	else
		snprintf(why, len, "its driver does not take the program: %s",
			strerror(-error));
}

static enum xdp_mode
find_mode(uint32_t ifindex)
{
	struct bpf_xdp_query_opts query = { .sz = sizeof(query) };

	if (bpf_xdp_query((int)ifindex, 0, &query) < 0)
		return XDP_MODE_GENERIC;
	return query.attach_mode == XDP_ATTACHED_SKB ? XDP_MODE_GENERIC : XDP_MODE_NATIVE;
}

/* A descriptor or -errno. */
static int
link_program(uint32_t ifindex, uint32_t flags)
{
	struct bpf_link_create_opts options = { .sz = sizeof(options), .flags = flags };
	int fd = bpf_link_create(bpf_program__fd(all.skeleton->progs.take_pings),
		(int)ifindex, BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

static void
show_mac(const struct port *port, const uint8_t mac[6])
{
	struct xdp_port *shown = &all.skeleton->bss->control.ports[port - all.ports];

	shown->mac_high = 0;
	memcpy(&shown->mac_low, mac, 4);
	memcpy(&shown->mac_high, mac + 4, 2);
}

/* The driver's own way where there is one and it has room for it now. */
static int
add_port(const struct xdp_card *card, struct port *port, char *why, size_t len)
{
	int link = -EOPNOTSUPP;

	if (!card->wants_generic)
		link = link_program(card->ifindex, 0);
	if (link < 0 && link != -EBUSY && link != -EEXIST)
		link = link_program(card->ifindex, XDP_FLAGS_SKB_MODE);
	if (link < 0) {
		say_who(card->ifindex, link, why, len);
		return link;
	}
	*port = (struct port){
		.ifindex = card->ifindex,
		.link = link,
		.mode = find_mode(card->ifindex),
	};
	return 0;
}

static int
attach_locked(
	const struct xdp_tap *tap, const struct xdp_card *card, char *why, size_t len)
{
	struct port *port = find_port(card->ifindex);
	int ret;

	if (!port) {
		if (!(port = find_port(0))) {
			snprintf(
				why, len, "%d interfaces have it already", XDP_PORTS_MAX);
			return -ENOSPC;
		}
		if ((ret = add_port(card, port, why, len)) < 0)
			return ret;
	}
	/* the other role may keep a port whose address has changed */
	show_mac(port, card->mac);
	port->roles |= 1u << tap->role;
	publish_ports();
	return (int)port->mode;
}

static int
attach(struct xdp_tap *tap, const struct xdp_card *card, char *why, size_t len)
{
	int ret;

	pthread_mutex_lock(&all.lock);
	ret = attach_locked(tap, card, why, len);
	pthread_mutex_unlock(&all.lock);
	return ret;
}

static void
drop_role(struct port *port, enum xdp_role role)
{
	port->roles &= ~(1u << role);
	if (port->ifindex == 0 || port->roles != 0)
		return;
	close(port->link);
	*port = (struct port){ 0 };
}

static void
detach(struct xdp_tap *tap, uint32_t ifindex)
{
	struct port *port;

	pthread_mutex_lock(&all.lock);
	if ((port = find_port(ifindex)))
		drop_role(port, tap->role);
	publish_ports();
	pthread_mutex_unlock(&all.lock);
}

/* ------------------------------------------------------------------ taps */

static void
join_by(enum xdp_role role, int n)
{
	pthread_mutex_lock(&all.lock);
	all.roles[role].wanted += (unsigned)n;
	publish_ports();
	pthread_mutex_unlock(&all.lock);
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
	for (unsigned i = 0; i < all.processors; i++) {
		const struct xdp_log *log = log_of(&all.roles[role], i);

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
forget_entries(const struct role *role)
{
	for (unsigned i = 0; i < all.processors; i++) {
		struct xdp_log *log = log_of(role, i);

		__atomic_store_n(&log->tail,
			__atomic_load_n(&log->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	}
}

static int
open_locked(struct xdp_tap **tap, enum xdp_role role, const struct xdp_template *template,
	char *why, size_t len)
{
	struct role *shared = &all.roles[role];

	if (!all.skeleton) {
		snprintf(why, len, "%s",
			all.tried ? all.why : "restart murald: a reload cannot load it");
		return all.tried ? all.error : -EPERM;
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
		all.skeleton->bss->control.template = *template;
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

	pthread_mutex_lock(&all.lock);
	ret = open_locked(tap, role, template, why, len);
	pthread_mutex_unlock(&all.lock);
	return ret;
}

/* At its end no processor is in a run of the program that began before. */
static void
tap_close(struct xdp_tap *tap)
{
	pthread_mutex_lock(&all.lock);
	for (int i = 0; i < XDP_PORTS_MAX; i++)
		drop_role(&all.ports[i], tap->role);
	all.roles[tap->role].tap = NULL;
	publish_ports();
	pthread_mutex_unlock(&all.lock);
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	free(tap);
}

static int
descriptor(const struct xdp_tap *tap)
{
	return all.roles[tap->role].bell_fd;
}

static void
set_own(struct xdp_tap *tap, const struct xdp_own *own)
{
	struct xdp_own *shown = &all.skeleton->bss->control.own[tap->role];
	const uint32_t pass_on = tap->role == XDP_PINGS ? 0 : XDP_OWN_MAX + 1;

	/* one by one: the program may run meanwhile */
	__atomic_store_n(&shown->n4, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shown->n6, pass_on, __ATOMIC_SEQ_CST);
	memcpy(shown->four, own->four, sizeof(shown->four));
	memcpy(shown->six, own->six, sizeof(shown->six));
	__atomic_store_n(&shown->n4, own->n4, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shown->n6, own->n6, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------ reading */

/* The next entry of a log, or NULL: the program has not written it yet. */
static const struct xdp_entry *
next_entry(const struct xdp_log *log)
{
	uint64_t tail = log->tail, lap = (tail >> all.log_shift) + 1;
	const struct xdp_entry *entry =
		&log->at[tail & ((UINT64_C(1) << all.log_shift) - 1)];
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
	const struct role *role = &all.roles[tap->role];
	size_t n = 0;

	(void)ring_buffer__consume(role->bell);
	for (unsigned i = 0; i < all.processors; i++)
		n += drain_log(
			log_of(role, i), (most - n) / (all.processors - i), each, user);
	for (unsigned i = 0; i < all.processors; i++)
		n += drain_log(log_of(role, i), most - n, each, user);
	return n;
}

static bool
tap_sleep(struct xdp_tap *tap)
{
	uint32_t *armed = &all.skeleton->bss->control.armed[tap->role].is_set;

	__atomic_exchange_n(armed, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < all.processors; i++)
		if (next_entry(log_of(&all.roles[tap->role], i))) {
			__atomic_store_n(armed, 0, __ATOMIC_SEQ_CST);
			return false;
		}
	return true;
}

/* ------------------------------------------------------------------ for tests */

static int
run(bool empty, const void *frame, size_t len, uint32_t ifindex, uint32_t repeat,
	uint32_t *ns)
{
	const struct bpf_program *program =
		empty ? all.skeleton->progs.take_nothing : all.skeleton->progs.take_pings;
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
	.load = load,
	.join = join,
	.leave = leave,
	.open = tap_open,
	.close = tap_close,
	.descriptor = descriptor,
	.attach = attach,
	.detach = detach,
	.set_own = set_own,
	.drain = drain,
	.sleep = tap_sleep,
	.count = count,
	.run = run,
};
