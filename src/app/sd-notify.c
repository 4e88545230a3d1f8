/* SPDX-License-Identifier: MIT */
/* Sends systemd's notification datagrams and runs the watchdog's timer. */
#include "app/sd-notify.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define SEND_TIMEOUT_S 2

static const char ready[] = "READY=1\nSTATUS=Painting";

/* The receiver's buffer may be full: a keep-alive does not wait for it (`flags`
 * MSG_DONTWAIT), anything else waits a limited time. */
static void
sd_notify_send(const char *text, int flags)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@') /* abstract: the first byte is zero, the length counts */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	len += offsetof(struct sockaddr_un, sun_path);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | flags,
		    (struct sockaddr *)&address, len) < 0)
		log_debug("notify: %s: %m", path);
	close(fd);
}

static void
on_watchdog(uv_timer_t *timer)
{
	const struct sd_notify *notify = timer->data;

	if (notify->is_alive(notify->arg))
		sd_notify_send("WATCHDOG=1", MSG_DONTWAIT);
}

/* The interval in ms at which systemd expects a keep-alive; 0: none. */
static uint64_t
watchdog_interval_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t interval_us;
	intmax_t wanted;

	if (!usec || sscanf(usec, "%" SCNu64, &interval_us) != 1)
		return 0;
	if (pid && (sscanf(pid, "%jd", &wanted) != 1 || wanted != getpid()))
		return 0;
	return interval_us / 1000;
}

void
sd_notify_ready(
	struct sd_notify *notify, uv_loop_t *loop, bool (*is_alive)(void *arg), void *arg)
{
	uint64_t half_ms = watchdog_interval_ms() / 2;

	sd_notify_send(ready, 0);
	if (half_ms == 0)
		return;
	notify->loop = loop;
	notify->is_alive = is_alive;
	notify->arg = arg;
	uv_timer_init(loop, &notify->watchdog);
	notify->watchdog.data = notify;
	uv_timer_start(&notify->watchdog, on_watchdog, 0, half_ms);
}

void
sd_notify_reloading(void)
{
	struct timespec now;
	char text[128];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text),
		"RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the config",
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	sd_notify_send(text, 0);
}

void
sd_notify_reloaded(void)
{
	sd_notify_send(ready, 0);
}

void
sd_notify_stopping(struct sd_notify *notify)
{
	sd_notify_send("STOPPING=1", 0);
	if (!notify->loop)
		return;
	uv_close((uv_handle_t *)&notify->watchdog, NULL);
	notify->loop = NULL;
}
