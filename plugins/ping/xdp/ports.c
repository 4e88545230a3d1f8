/* SPDX-License-Identifier: MIT */
/* The interfaces that run the XDP program. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ping/xdp/program.h"

void
xdp_publish_ports(void)
{
	struct xdp_control *control;
	uint32_t served = 0;

	if (xdp.error < 0 || !xdp.skeleton)
		return;
	control = &xdp.skeleton->bss->control;
	for (int i = 0; i < XDP_ROLES; i++)
		if (xdp.roles[i].tap && xdp.roles[i].wanted == 1)
			served |= 1u << i;
	for (int i = 0; i < XDP_PORTS_MAX; i++) {
		__atomic_store_n(&control->ports[i].roles, xdp.ports[i].roles & served,
			__ATOMIC_RELEASE);
		__atomic_store_n(&control->ports[i].ifindex, xdp.ports[i].ifindex,
			__ATOMIC_RELEASE);
	}
}

static struct xdp_interface *
find_port(uint32_t ifindex)
{
	for (int i = 0; i < XDP_PORTS_MAX; i++)
		if (xdp.ports[i].ifindex == ifindex)
			return &xdp.ports[i];
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
	int fd = bpf_link_create(bpf_program__fd(xdp.skeleton->progs.take_pings),
		(int)ifindex, BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

static void
show_mac(const struct xdp_interface *port, const uint8_t mac[6])
{
	struct xdp_port *shown = &xdp.skeleton->bss->control.ports[port - xdp.ports];

	shown->mac_high = 0;
	memcpy(&shown->mac_low, mac, 4);
	memcpy(&shown->mac_high, mac + 4, 2);
}

/* The driver's own way where there is one and it has room for it now. */
static int
add_port(const struct xdp_card *card, struct xdp_interface *port, char *why, size_t len)
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
	*port = (struct xdp_interface){
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
	struct xdp_interface *port = find_port(card->ifindex);
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
	xdp_publish_ports();
	return (int)port->mode;
}

int
xdp_attach(struct xdp_tap *tap, const struct xdp_card *card, char *why, size_t len)
{
	int ret;

	pthread_mutex_lock(&xdp.lock);
	ret = attach_locked(tap, card, why, len);
	pthread_mutex_unlock(&xdp.lock);
	return ret;
}

void
xdp_drop_role(struct xdp_interface *port, enum xdp_role role)
{
	port->roles &= ~(1u << role);
	if (port->ifindex == 0 || port->roles != 0)
		return;
	close(port->link);
	*port = (struct xdp_interface){ 0 };
}

void
xdp_detach(struct xdp_tap *tap, uint32_t ifindex)
{
	struct xdp_interface *port;

	pthread_mutex_lock(&xdp.lock);
	if ((port = find_port(ifindex)))
		xdp_drop_role(port, tap->role);
	xdp_publish_ports();
	pthread_mutex_unlock(&xdp.lock);
}
