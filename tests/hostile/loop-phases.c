/* SPDX-License-Identifier: MIT */
/*
 * Measures how long murald's loops work between two polls, on a machine that is busy with
 * other things too; preloaded into murald.
 *
 *	LOOP_PHASES=FILE  eight bytes, mapped: the longest phase, in ns of the thread's
 *own CPU time, of any loop of libuv's; whoever reads it may reset it
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SHIM __attribute__((visibility("default")))

int SHIM epoll_wait(int fd, struct epoll_event *events, int n, int timeout);
int SHIM epoll_pwait(
	int fd, struct epoll_event *events, int n, int timeout, const sigset_t *signals);

static _Atomic uint64_t *longest;
static __thread uint64_t begun;

__attribute__((constructor)) static void
map_result(void)
{
	const char *path = getenv("LOOP_PHASES");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *result;

	if (fd < 0)
		return;
	result = mmap(NULL, sizeof(*longest), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	longest = result == MAP_FAILED ? NULL : result;
}

/* libmicrohttpd polls too, in the middle of a phase. */
static int
is_loop(const void *caller)
{
	static _Thread_local const void *known[2];
	static _Thread_local int known_as[2];
	Dl_info info;

	for (int i = 0; i < 2; i++) {
		if (known[i] == caller)
			return known_as[i];
		if (known[i])
			continue;
		known[i] = caller;
		known_as[i] = dladdr(caller, &info) && info.dli_fname &&
			      strstr(info.dli_fname, "libuv");
		return known_as[i];
	}
	return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libuv");
}

static uint64_t
cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
end_phase(void)
{
	uint64_t took = begun ? cpu_ns() - begun : 0, before;

	if (!longest)
		return;
	before = atomic_load(longest);
	while (took > before && !atomic_compare_exchange_weak(longest, &before, took))
		;
}

int
epoll_pwait(
	int fd, struct epoll_event *events, int n, int timeout, const sigset_t *signals)
{
	static int (*real)(int, struct epoll_event *, int, int, const sigset_t *);
	int is_phase = is_loop(__builtin_return_address(0)), ready;

	if (!real)
		real = (int (*)(int, struct epoll_event *, int, int,
			const sigset_t *))dlsym(RTLD_NEXT, "epoll_pwait");
	if (is_phase)
		end_phase();
	ready = real(fd, events, n, timeout, signals);
	if (is_phase)
		begun = cpu_ns();
	return ready;
}

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);
	int is_phase = is_loop(__builtin_return_address(0)), ready;

	if (!real)
		real = (int (*)(int, struct epoll_event *, int, int))dlsym(
			RTLD_NEXT, "epoll_wait");
	if (is_phase)
		end_phase();
	ready = real(fd, events, n, timeout);
	if (is_phase)
		begun = cpu_ns();
	return ready;
}
