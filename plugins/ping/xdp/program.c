/* SPDX-License-Identifier: MIT */
/* Loads the XDP program, once, with maps as large as the machine needs. */
#include "ping/xdp/program.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a role, over all processors: a burst of 128 Ki pings on each of two, 8 MiB. */
#define ENTRIES_SHIFT 18
#define ENTRIES_SHIFT_MIN 12

struct xdp_process xdp = { .lock = PTHREAD_MUTEX_INITIALIZER };

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

	xdp.processors = n > 0 ? (unsigned)n : 1;
	xdp.log_shift = ENTRIES_SHIFT;
	while (xdp.log_shift > ENTRIES_SHIFT_MIN &&
		(uint64_t)xdp.processors << xdp.log_shift > 1u << ENTRIES_SHIFT)
		xdp.log_shift--;
	xdp.log_size =
		sizeof(struct xdp_log) + (sizeof(struct xdp_entry) << xdp.log_shift);
	skeleton->rodata->log_shift = xdp.log_shift;
	for (int i = 0; ret == 0 && i < XDP_ROLES; i++)
		if ((ret = bpf_map__set_value_size(logs[i], (uint32_t)xdp.log_size)) ==
				0 &&
			(ret = bpf_map__set_max_entries(logs[i], xdp.processors)) == 0)
			ret = bpf_map__set_max_entries(bells[i], (uint32_t)page);
	return ret;
}

/* Of a role's logs in memory. */
static size_t
logs_len(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (xdp.log_size * xdp.processors + page - 1) / page * page;
}

static int
open_role(
	struct xdp_readers *role, const struct bpf_map *logs, const struct bpf_map *bell)
{
	void *mapped = mmap(NULL, logs_len(), PROT_READ | PROT_WRITE, MAP_SHARED,
		bpf_map__fd(logs), 0);

	if (mapped == MAP_FAILED)
		return -errno;
	role->logs = mapped;
	role->bell_fd = bpf_map__fd(bell);
	role->bell = ring_buffer__new(role->bell_fd, on_bell, NULL, NULL);
	return role->bell ? 0 : -errno;
}

static void
close_role(struct xdp_readers *role)
{
	ring_buffer__free(role->bell);
	if (role->logs)
		munmap(role->logs, logs_len());
	role->bell = NULL;
	role->logs = NULL;
}

/* What load_once() has opened before it failed. */
static void
unload(void)
{
	for (int i = 0; i < XDP_ROLES; i++)
		close_role(&xdp.roles[i]);
	pings_bpf__destroy(xdp.skeleton);
	xdp.skeleton = NULL;
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
	xdp.skeleton = skeleton;
	if ((ret = size_maps(skeleton)) < 0 || (ret = pings_bpf__load(skeleton)) < 0 ||
		(ret = open_role(&xdp.roles[XDP_PINGS], skeleton->maps.ping_logs,
			 skeleton->maps.ping_bell)) < 0)
		return ret;
	return open_role(&xdp.roles[XDP_ADDRESSES], skeleton->maps.address_logs,
		skeleton->maps.address_bell);
}

static void
say_why_not(int error)
{
	switch (error) {
	case -EPERM:
		snprintf(xdp.why, sizeof(xdp.why),
			"the kernel forbids bpf(2): it takes CAP_BPF, CAP_NET_ADMIN and "
			"CAP_PERFMON when murald starts");
		break;
	case -ENOTSUP:
		snprintf(xdp.why, sizeof(xdp.why), "it takes a machine of 64 bits");
		break;
	case -ENOSYS:
		snprintf(xdp.why, sizeof(xdp.why), "the kernel has no bpf(2)");
		break;
	default:
		snprintf(xdp.why, sizeof(xdp.why),
			"the kernel does not take the program (%s): it takes Linux 5.18 "
			"or newer",
			strerror(-error));
	}
}

int
xdp_load(char *why, size_t len)
{
	int ret;

	pthread_mutex_lock(&xdp.lock);
	if (!xdp.tried) {
		xdp.tried = true;
		xdp.error = load_once();
		if (xdp.error < 0) {
			say_why_not(xdp.error);
			unload();
		}
	}
	ret = xdp.error;
	snprintf(why, len, "%s", xdp.why);
	pthread_mutex_unlock(&xdp.lock);
	return ret;
}
