/* SPDX-License-Identifier: MIT */
/* Captures packets with libpcap and a filter in the kernel. */
#include "ping/capture.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/macros.h"
#include "lib/peer-address.h"

/* Enough for a burst of 64 Ki pings of 56 bytes while this process is not scheduled, with
 * a block of the ring closed every CAPTURE_TIMEOUT_MS however little is in it: 16 MiB
 * lost 12 % of one that took 370 ms.  Less where memory is short. */
#define BUFFER_BYTES (32 << 20)
#define BUFFER_BYTES_MIN (1 << 20)

/* Handed through libpcap to on_frame(). */
struct drain_context {
	struct capture *capture;
	struct mural_host *host;
	capture_handler *handler;
	void *user;
};

void
capture_check(const char *interface, struct mural_check *check)
{
	size_t len = strlen(interface);

	if (len == 0 || len >= IFNAMSIZ)
		mural_reject(check, "interface",
			"is not the name of an interface; write one of 1 to %d bytes, "
			"such as eth0, or any",
			IFNAMSIZ - 1);
}

uint64_t
capture_capabilities(bool sysctls)
{
	uint64_t capabilities = UINT64_C(1) << CAP_NET_RAW;

	if (sysctls)
		capabilities |= UINT64_C(1) << CAP_NET_ADMIN;
	return capabilities;
}

/* The names of all interfaces, as far as they fit. */
static const char *
list_interfaces(char *text, size_t len)
{
	struct if_nameindex *all = if_nameindex();
	size_t used = 0;

	text[0] = '\0';
	for (struct if_nameindex *i = all; i && i->if_index != 0; i++) {
		int n = snprintf(text + used, len - used, " %s", i->if_name);

		if (n < 0 || (size_t)n >= len - used)
			break;
		used += (size_t)n;
	}
	if (all)
		if_freenameindex(all);
	return text;
}

/* The path of the running program, for a command that can be copied. */
static const char *
program_path(char *path, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", path, len - 1);

	if (n < 0)
		return "murald";
	path[n] = '\0';
	return path;
}

/* Turns libpcap's error into ours, with what to do next. */
static int
capture_error(
	const struct mural_host *host, const char *interface, int error, const char *text)
{
	char buf[512];

	switch (error) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		mural_log(host, MURAL_ERROR,
			"cannot capture on %s: CAP_NET_RAW is missing; run setcap "
			"cap_net_raw+ep %s, or have AmbientCapabilities=CAP_NET_RAW in "
			"the unit",
			interface, program_path(buf, sizeof(buf)));
		return -EPERM;
	case PCAP_ERROR_NO_SUCH_DEVICE:
		mural_log(host, MURAL_ERROR,
			"cannot capture on %s: there is no such interface; choose one "
			"of: any%s",
			interface, list_interfaces(buf, sizeof(buf)));
		return -ENODEV;
	case PCAP_ERROR_IFACE_NOT_UP:
		mural_log(host, MURAL_ERROR,
			"cannot capture on %s: it is down; run ip link set %s up",
			interface, interface);
		return -ENETDOWN;
	default:
		mural_log(host, MURAL_ERROR, "cannot capture on %s: %s", interface,
			text && text[0] ? text : pcap_statustostr(error));
		return -EIO;
	}
}

/* Tries a buffer of that size with a new handle, since none can be activated twice.  0 or
 * one of libpcap's errors, with its text in `why`. */
static int
handle_activate(struct capture *capture, const char *interface, int bytes, char *why)
{
	const int is_promisc = capture->also == CAPTURE_OTHER_HOSTS && !capture->any;
	int ret;

	if (!(capture->pcap = pcap_create(interface, why)))
		return PCAP_ERROR;
	if ((ret = pcap_set_snaplen(capture->pcap, CAPTURE_SNAPLEN)) == 0 &&
		(ret = pcap_set_promisc(capture->pcap, is_promisc)) == 0 &&
		(ret = pcap_set_timeout(capture->pcap, CAPTURE_TIMEOUT_MS)) == 0 &&
		(ret = pcap_set_buffer_size(capture->pcap, bytes)) == 0 &&
		(ret = pcap_activate(capture->pcap)) >= 0)
		return 0;
	snprintf(why, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(capture->pcap));
	pcap_close(capture->pcap);
	capture->pcap = NULL;
	return ret;
}

/* Opens the handle with the largest buffer available. */
static int
handle_open(struct capture *capture, const struct mural_host *host, const char *interface)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int bytes = BUFFER_BYTES, ret;

	while ((ret = handle_activate(capture, interface, bytes, why)) < 0) {
		/* A plain error may mean a lack of memory; all others have a number of
		 * their own and would come again. */
		if (ret != PCAP_ERROR || bytes <= BUFFER_BYTES_MIN)
			return capture_error(host, interface, ret, why);
		bytes /= 2;
	}
	if (bytes < BUFFER_BYTES)
		mural_log(host, MURAL_WARN,
			"%s: memory is short: the buffer has %d MiB instead of %d, "
			"bursts may be lost",
			interface, bytes >> 20, BUFFER_BYTES >> 20);

	/* The only header that names the interface, which replies to link-local
	 * addresses and the rule about ports need. */
	if (capture->any && pcap_set_datalink(capture->pcap, DLT_LINUX_SLL2) < 0)
		return capture_error(
			host, interface, PCAP_ERROR, pcap_geterr(capture->pcap));
	capture->link = pcap_datalink(capture->pcap);
	return 0;
}

/* Compiles the filter for the kernel: packets of cooked captures begin with the IP header
 * there, without a link header.  0 or one of libpcap's errors. */
static int
filter_compile(struct capture *capture, struct bpf_program *program, const char *filter,
	char *why)
{
	bool cooked = capture->link == DLT_LINUX_SLL || capture->link == DLT_LINUX_SLL2;
	pcap_t *dead = NULL;
	char text[1024];
	int ret;

	if (cooked && !(dead = pcap_open_dead(DLT_RAW, CAPTURE_SNAPLEN)))
		return PCAP_ERROR;
	/* For stacked tags: the kernel removes only the first. */
	ret = snprintf(text, sizeof(text), "%s%s", filter,
		capture->link == DLT_EN10MB
			? " or ether proto 0x8100 or ether proto 0x88a8"
			: "");
	if (ret < 0 || (size_t)ret >= sizeof(text))
		snprintf(why, PCAP_ERRBUF_SIZE, "the filter is too long");
	else if ((ret = pcap_compile(dead ? dead : capture->pcap, program, text, 1,
			  PCAP_NETMASK_UNKNOWN)) < 0)
		snprintf(why, PCAP_ERRBUF_SIZE, "%s",
			pcap_geterr(dead ? dead : capture->pcap));
	else
		ret = 0;
	if (dead)
		pcap_close(dead);
	return ret == 0 ? 0 : PCAP_ERROR;
}

/* Attaches the program behind a check of the packet's type and, on "any", of its VLAN.
 * The kernel has both beside the frame and not in it, so the text of a filter cannot test
 * them on every link type.  Nor can libpcap, which runs a filter of its own over the
 * ring's first blocks, so it is not told.  PACKET_HOST excludes what this host sends,
 * such as the outgoing copy of each frame on the loopback interface.  Jumps are relative,
 * so the program may move. */
static int
filter_attach(struct capture *capture, const struct bpf_program *program)
{
	static const uint32_t also_types[] = {
		[CAPTURE_NO_OTHERS] = PACKET_HOST,
		[CAPTURE_GROUPS] = PACKET_MULTICAST,
		[CAPTURE_OTHER_HOSTS] = PACKET_OTHERHOST,
	};
	const struct sock_filter before[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, capture->any ? 0xfff : 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, also_types[capture->also], 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const size_t n = ARRAY_LEN(before);
	struct sock_filter all[BPF_MAXINSNS];
	const struct sock_fprog attached = {
		.len = (unsigned short)(n + program->bf_len),
		.filter = all,
	};

	if (program->bf_len > BPF_MAXINSNS - n)
		return -E2BIG;
	memcpy(all, before, sizeof(before));
	for (size_t i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		all[n + i] =
			(struct sock_filter){ insn->code, insn->jt, insn->jf, insn->k };
	}
	if (setsockopt(pcap_fileno(capture->pcap), SOL_SOCKET, SO_ATTACH_FILTER,
		    &attached, sizeof(attached)) < 0)
		return -errno;
	return 0;
}

static int
filter_set(struct capture *capture, const struct mural_host *host, const char *interface,
	const char *filter)
{
	struct bpf_program program = { 0 };
	char why[PCAP_ERRBUF_SIZE] = "";
	int ret;

	if (filter_compile(capture, &program, filter, why) < 0)
		return capture_error(host, interface, PCAP_ERROR, why);
	ret = filter_attach(capture, &program);
	pcap_freecode(&program);
	if (ret < 0)
		return capture_error(host, interface, PCAP_ERROR, strerror(-ret));
	/* For frames that arrived before the filter. */
	if (pcap_setdirection(capture->pcap, PCAP_D_IN) < 0)
		return capture_error(
			host, interface, PCAP_ERROR, pcap_geterr(capture->pcap));
	return 0;
}

/* One descriptor that is readable for frames and for changes of interfaces: a renamed one
 * may never deliver frames again, and a new one must be known before its first frame. */
static int
epoll_open(struct capture *capture)
{
	struct epoll_event event = { .events = EPOLLIN };

	capture->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (capture->epoll_fd < 0 ||
		epoll_ctl(capture->epoll_fd, EPOLL_CTL_ADD,
			pcap_get_selectable_fd(capture->pcap), &event) < 0 ||
		epoll_ctl(capture->epoll_fd, EPOLL_CTL_ADD, capture->local_addrs.events,
			&event) < 0)
		return -errno;
	return capture->epoll_fd;
}

static int
open_all(struct capture *capture, const struct mural_host *host, const char *interface,
	const char *filter)
{
	char why[PCAP_ERRBUF_SIZE];
	int ret;

	if ((ret = local_addrs_open(&capture->local_addrs)) < 0)
		return capture_error(host, interface, PCAP_ERROR, strerror(-ret));
	if (!capture->any && (capture->ifindex = if_nametoindex(interface)) == 0)
		return capture_error(host, interface, PCAP_ERROR_NO_SUCH_DEVICE, NULL);
	if ((ret = handle_open(capture, host, interface)) < 0)
		return ret;
	if ((ret = filter_set(capture, host, interface, filter)) < 0)
		return ret;
	if (pcap_setnonblock(capture->pcap, 1, why) < 0)
		return capture_error(host, interface, PCAP_ERROR, why);
	if ((ret = epoll_open(capture)) < 0)
		return capture_error(host, interface, PCAP_ERROR, strerror(-ret));
	return ret;
}

int
capture_open(struct capture *capture, const struct mural_host *host,
	const char *interface, const char *filter, enum capture_also also)
{
	int ret;

	*capture = (struct capture){
		.any = strcmp(interface, "any") == 0,
		.also = also,
		.interface = interface,
		.epoll_fd = -1,
	};
	ret = open_all(capture, host, interface, filter);
	if (ret < 0) {
		if (capture->pcap)
			pcap_close(capture->pcap);
		if (capture->epoll_fd >= 0)
			close(capture->epoll_fd);
		local_addrs_close(&capture->local_addrs);
		*capture = (struct capture){ 0 };
	}
	return ret;
}

static void
on_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *frame)
{
	struct drain_context *drain = (struct drain_context *)user;
	struct capture *capture = drain->capture;
	struct packet packet;
	enum packet_fault fault;

	drain->host->counts->received_bytes += header->len;
	fault = packet_parse(&packet, capture->link, frame, header->caplen, header->len);
	if (packet.ifindex == 0)
		packet.ifindex = capture->ifindex;
	if (capture->any && local_addrs_is_port(&capture->local_addrs, packet.ifindex))
		return;
	drain->handler(drain->user, &packet, fault);
}

/* Not with pcap_stats(), which opens files in /sys each time.  Each answer resets the
 * kernel's counter. */
static void
count_drops(struct capture *capture, struct mural_host *host)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(pcap_fileno(capture->pcap), SOL_PACKET, PACKET_STATISTICS, &stats,
		    &len) == 0)
		capture->drops += stats.tp_drops;
	host->counts->kernel_drops = capture->drops;
}

/* A capture stays bound to its interface under any name; the config means a name. */
static bool
interface_was_renamed(struct capture *capture)
{
	if (capture->any || capture->generation == capture->local_addrs.generation)
		return false;
	capture->generation = capture->local_addrs.generation;
	return if_nametoindex(capture->interface) != capture->ifindex;
}

int
capture_drain(struct capture *capture, struct mural_host *host, capture_handler *handler,
	void *user)
{
	struct drain_context drain = { capture, host, handler, user };
	int n;

	local_addrs_refresh(&capture->local_addrs);
	if (interface_was_renamed(capture)) {
		mural_log(host, MURAL_ERROR, "capture ended: %s was renamed or removed",
			capture->interface);
		return -ENODEV;
	}
	n = pcap_dispatch(capture->pcap, CAPTURE_BATCH, on_frame, (u_char *)&drain);
	count_drops(capture, host);
	if (n < 0) {
		mural_log(host, MURAL_ERROR, "capture ended: %s",
			pcap_geterr(capture->pcap));
		return -EIO;
	}
	return n >= CAPTURE_BATCH;
}

bool
capture_consume_limited(struct mural_host *host, struct mural_brush *brush,
	const struct packet *packet, uint64_t pixels)
{
	union peer_address peer;

	if (packet->version == 4) {
		peer.in4 = (struct sockaddr_in){ .sin_family = AF_INET };
		memcpy(&peer.in4.sin_addr, packet->source, 4);
	} else {
		peer.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
		memcpy(&peer.in6.sin6_addr, packet->source, 16);
		peer.in6.sin6_scope_id = packet->ifindex;
	}
	return mural_consume_claimed(
		       host, brush, &peer.any, pixels, packet->payload_len) == 0;
}

void
capture_close(struct capture *capture, struct mural_host *host)
{
	if (!capture->pcap)
		return;
	count_drops(capture, host);
	pcap_close(capture->pcap);
	if (capture->epoll_fd >= 0)
		close(capture->epoll_fd);
	local_addrs_close(&capture->local_addrs);
	*capture = (struct capture){ 0 };
}
