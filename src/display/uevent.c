/* SPDX-License-Identifier: MIT */
/* Reads uevents from NETLINK_KOBJECT_UEVENT: "action@path", then KEY=value, each ended by
 * a zero byte (the kernel's lib/kobject_uevent.c). */
#include "display/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* The kernel's limit is 2048 bytes of keys after the path. */
#define MESSAGE_MAX 8192
#define KERNEL_GROUP 1

bool
uevent_matches(const char *message, size_t len, const char *subsystem)
{
	static const char key[] = "SUBSYSTEM=";
	const size_t key_len = sizeof(key) - 1;
	const char *end = message + len;

	while (message < end) {
		const size_t size = strnlen(message, (size_t)(end - message));

		if (size == key_len + strlen(subsystem) &&
			memcmp(message, key, key_len) == 0 &&
			memcmp(message + key_len, subsystem, size - key_len) == 0)
			return true;
		message += size + 1;
	}
	return false;
}

static void
on_debounced(uv_timer_t *timer)
{
	struct uevent *uevent = timer->data;

	uevent->on_change(uevent->arg);
}

/* Reads all pending events; lost ones (ENOBUFS) may have been of the subsystem. */
static bool
read_events(struct uevent *uevent)
{
	char message[MESSAGE_MAX];
	bool any = false;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(uevent->fd, message, sizeof(message), 0,
			(struct sockaddr *)&from, &from_len);

		if (len < 0 && errno == ENOBUFS)
			any = true;
		else if (len < 0)
			return any;
		else if (from.nl_pid == 0)
			any |= uevent_matches(message, len, uevent->subsystem);
	}
}

/* ENOBUFS is an error on the socket, at which libuv stops polling it. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct uevent *uevent = poll->data;

	(void)events;
	if (read_events(uevent) && !uv_is_active((uv_handle_t *)&uevent->debounce))
		uv_timer_start(&uevent->debounce, on_debounced, UEVENT_DEBOUNCE_MS, 0);
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
}

int
uevent_start(struct uevent *uevent, uv_loop_t *loop, const char *subsystem,
	void (*on_change)(void *arg), void *arg)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	int ret;

	*uevent = (struct uevent){
		.subsystem = subsystem,
		.on_change = on_change,
		.arg = arg,
		.socket.data = uevent,
		.debounce.data = uevent,
	};
	uevent->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_KOBJECT_UEVENT);
	if (uevent->fd < 0 || bind(uevent->fd, (const struct sockaddr *)&address,
				      sizeof(address)) < 0) {
		ret = -errno;
		log_warn("display: cannot monitor hotplug events: %s; restart murald "
			 "after connecting a screen",
			strerror(-ret));
		if (uevent->fd >= 0)
			close(uevent->fd);
		uevent->fd = -1;
		return ret;
	}
	uv_timer_init(loop, &uevent->debounce);
	uv_poll_init(loop, &uevent->socket, uevent->fd);
	uv_poll_start(&uevent->socket, UV_READABLE, on_readable);
	return 0;
}

void
uevent_stop(struct uevent *uevent)
{
	if (uevent->fd < 0)
		return;
	uv_close((uv_handle_t *)&uevent->debounce, NULL);
	uv_close((uv_handle_t *)&uevent->socket, NULL);
	close(uevent->fd);
	uevent->fd = -1;
}
