/* SPDX-License-Identifier: MIT */
/* Measures how fast a client reads: the window restarts whenever enough was read in it.
 */
#include "http/web/progress.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int
progress_query(int fd, uint64_t *taken, bool *waits)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int queued = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
		ioctl(fd, SIOCOUTQ, &queued) < 0)
		return -errno;
	if (len < offsetof(struct tcp_info, tcpi_bytes_acked) +
			  sizeof(info.tcpi_bytes_acked))
		return -EOPNOTSUPP;
	*taken = info.tcpi_bytes_acked;
	*waits = queued > 0;
	return 0;
}

bool
progress_is_slow(struct progress *progress, uint64_t taken, bool waits, uint64_t now_ms)
{
	if (!progress->begun || !waits || taken - progress->taken >= PROGRESS_BYTES) {
		*progress = (struct progress){ true, now_ms, taken };
		return false;
	}
	return now_ms - progress->since_ms >= PROGRESS_MS;
}
