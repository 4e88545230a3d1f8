/* SPDX-License-Identifier: MIT */
/*
 * Makes the C library fail as a test asks; preloaded into murald.
 *
 *	FAULT_ALLOC=N     the Nth allocation fails
 *	FAULT_ALLOC=-N    the Nth and the N after it fail
 *	FAULT_COUNT=FILE  at exit, writes the number of allocations to FILE
 *	FAULT_RAW=FILE    at exit, writes the number of raw streams of deflate to FILE
 *	FAULT_FSYNC=FILE  fsync() fails while FILE exists
 *	FAULT_SYNC=yes    adjtimex() says that the clock is synchronised; no: it is not
 *	FAULT_CPUS=N      there are N processors
 *	FAULT_CLOCK=FILE  eight bytes, mapped: nanoseconds to add to the system clock
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define SHIM __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic long count, raw_streams;
static long from, until; /* allocations that fail; none if from is 0 */
static const int64_t *clock_ns;

__attribute__((constructor)) static void
read_orders(void)
{
	const char *alloc = getenv("FAULT_ALLOC"), *clock = getenv("FAULT_CLOCK");
	long n = alloc ? atol(alloc) : 0;
	int fd = clock ? open(clock, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		clock_ns = mmap(NULL, sizeof(*clock_ns), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	atomic_store(&count, 0);
	from = n < 0 ? -n : n;
	until = n < 0 ? 2 * from : from;
}

static void
write_number(const char *order, long number)
{
	const char *path = getenv(order);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (fd >= 0) {
		dprintf(fd, "%ld\n", number);
		close(fd);
	}
}

__attribute__((destructor)) static void
report(void)
{
	write_number("FAULT_COUNT", atomic_load(&count));
	write_number("FAULT_RAW", atomic_load(&raw_streams));
}

/* Without memory libuv's loop aborts, and so do libpcap's filter compiler and the
 * loader's thread-local storage: murald cannot prevent that. */
static int
ends_the_process(void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname &&
	       (strstr(info.dli_fname, "libuv") || strstr(info.dli_fname, "libpcap") ||
		       strstr(info.dli_fname, "ld-linux"));
}

static int
fails(void *caller)
{
	long n = atomic_fetch_add(&count, 1) + 1;

	if (from == 0 || n < from || n > until || ends_the_process(caller))
		return 0;
	errno = ENOMEM;
	return 1;
}

SHIM void *
malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

SHIM void *
calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

SHIM void *
realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

SHIM void *
aligned_alloc(size_t alignment, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL
						  : __libc_memalign(alignment, size);
}

SHIM int
posix_memalign(void **to, size_t alignment, size_t size)
{
	*to = fails(__builtin_return_address(0)) ? NULL
						 : __libc_memalign(alignment, size);
	return *to ? 0 : ENOMEM;
}

/* Raw are only messages of WebSockets. */
SHIM int
deflateInit2_(z_stream *stream, int level, int method, int window_bits, int memory_level,
	int strategy, const char *version, int size)
{
	__typeof__(deflateInit2_) *real =
		(__typeof__(real))dlsym(RTLD_NEXT, "deflateInit2_");

	if (window_bits < 0)
		atomic_fetch_add(&raw_streams, 1);
	return real(stream, level, method, window_bits, memory_level, strategy, version,
		size);
}

static int
sync_fails(void)
{
	const char *path = getenv("FAULT_FSYNC");

	if (!path || access(path, F_OK) < 0)
		return 0;
	errno = EIO;
	return 1;
}

SHIM int
fsync(int fd)
{
	return sync_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

SHIM int
fdatasync(int fd)
{
	return sync_fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

SHIM int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	if (syscall(SYS_clock_gettime, clock, now) < 0)
		return -1;
	if (clock != CLOCK_REALTIME || !clock_ns)
		return 0;
	ns = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + *clock_ns;
	now->tv_sec = ns / 1000000000;
	now->tv_nsec = ns % 1000000000;
	return 0;
}

SHIM time_t
time(time_t *seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (seconds)
		*seconds = now.tv_sec;
	return now.tv_sec;
}

SHIM int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec fine;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &fine);
	now->tv_sec = fine.tv_sec;
	now->tv_usec = fine.tv_nsec / 1000;
	return 0;
}

SHIM int
adjtimex(struct timex *state)
{
	const char *sync = getenv("FAULT_SYNC");

	if (!sync)
		return (int)syscall(SYS_adjtimex, state);
	*state = (struct timex){ .status = strcmp(sync, "yes") == 0 ? 0 : STA_UNSYNC };
	return strcmp(sync, "yes") == 0 ? TIME_OK : TIME_ERROR;
}

SHIM int
sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	const char *cpus = getenv("FAULT_CPUS");
	long got;

	if (!cpus) {
		got = syscall(SYS_sched_getaffinity, pid, size, set);
		if (got >= 0)
			memset((char *)set + got, 0, size - got);
		return got < 0 ? -1 : 0;
	}
	memset(set, 0, size);
	for (int n = 0; n < atoi(cpus); n++)
		CPU_SET_S(n, size, set);
	return 0;
}
