/* SPDX-License-Identifier: MIT */
/* Answers neighbour solicitations with advertisements. */
#include "ping/ndp.h"

#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ping/address-template.h"

enum {
	OPTION_SOURCE_LINK = 1,
	OPTION_TARGET_LINK = 2,
	FLAG_SOLICITED = 0x40,
	TARGET_LEN = 16, /* the target, behind the eight bytes that all ICMPv6 has */
	ADVERTISEMENT_LEN = 32,
};

/* ------------------------------------------------------------------ the messages */

/* Whether there is an option of that type; *well_formed: the options fill their space
 * exactly. */
static bool
has_option(const uint8_t *options, size_t len, uint8_t type, bool *well_formed)
{
	bool found = false;

	*well_formed = true;
	while (len > 0) {
		size_t option_len = len < 2 ? 0 : options[1] * 8u;

		if (option_len == 0 || option_len > len) {
			*well_formed = false;
			return found;
		}
		found |= options[0] == type;
		options += option_len;
		len -= option_len;
	}
	return found;
}

/* ff02::1:ff00:0/104, RFC 4291. */
static bool
is_solicited_node(const uint8_t *address)
{
	static const uint8_t prefix[13] = { 0xff, 2, [11] = 1, [12] = 0xff };

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

enum ndp_verdict
ndp_parse(const struct packet *packet, const struct packet_icmp *icmp,
	const uint8_t **target)
{
	static const uint8_t unspecified[16];
	bool well_formed, has_source_link, is_probe;

	if (packet->hop_limit != 255 || !packet_icmp_checksum_ok(packet))
		return NDP_MALFORMED;
	if (icmp->code != 0 || icmp->len < TARGET_LEN || icmp->data[0] == 0xff)
		return NDP_MALFORMED;
	has_source_link = has_option(icmp->data + TARGET_LEN, icmp->len - TARGET_LEN,
		OPTION_SOURCE_LINK, &well_formed);
	is_probe = memcmp(packet->source, unspecified, sizeof(unspecified)) == 0;
	if (!well_formed || packet->source[0] == 0xff)
		return NDP_MALFORMED;
	if (is_probe && (has_source_link || !is_solicited_node(packet->destination)))
		return NDP_MALFORMED;
	if (is_probe) /* duplicate address detection */
		return NDP_IGNORED;
	*target = icmp->data;
	return NDP_ANSWERED;
}

void
ndp_build(uint8_t frame[NDP_FRAME_LEN], const struct packet *packet,
	const uint8_t target[16], const uint8_t mac[6])
{
	uint8_t *ip = frame + 14, *message = ip + 40;
	uint16_t sum;

	memset(frame, 0, NDP_FRAME_LEN);
	memcpy(frame, packet->link_source, 6);
	memcpy(frame + 6, mac, 6);
	frame[12] = ETHERTYPE_IPV6 >> 8;
	frame[13] = ETHERTYPE_IPV6 & 0xff;

	ip[0] = 6 << 4;
	ip[5] = ADVERTISEMENT_LEN;
	ip[6] = PACKET_PROTO_ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, target, 16);
	memcpy(ip + 24, packet->source, 16);

	message[0] = NDP_ADVERTISEMENT;
	message[4] = FLAG_SOLICITED;
	memcpy(message + 8, target, 16);
	message[24] = OPTION_TARGET_LINK;
	message[25] = 1; /* times eight bytes */
	memcpy(message + 26, mac, 6);

	/* the addresses before the message are those of the pseudo header */
	sum = packet_checksum(
		ip + 8, 32 + ADVERTISEMENT_LEN, ADVERTISEMENT_LEN + PACKET_PROTO_ICMP6);
	message[2] = sum >> 8;
	message[3] = sum & 0xff;
}

/* ------------------------------------------------------------------ the links */

/* The hardware address of an Ethernet interface; false for others. */
static bool
link_address(const struct ndp *ndp, uint32_t ifindex, uint8_t mac[6])
{
	struct ifreq request = { .ifr_ifindex = (int)ifindex };

	if (ioctl(ndp->link, SIOCGIFNAME, &request) < 0 ||
		ioctl(ndp->link, SIOCGIFHWADDR, &request) < 0 ||
		request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	return true;
}

/* Harmless if called twice for one interface: the kernel counts. */
static void
enable_allmulti(struct ndp *ndp, const struct mural_host *host, uint32_t ifindex)
{
	struct packet_mreq membership = {
		.mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_ALLMULTI,
	};
	char name[IF_NAMESIZE] = "?";
	uint8_t mac[6];

	if (!link_address(ndp, ifindex, mac) ||
		setsockopt(ndp->link, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
			sizeof(membership)) == 0)
		return;
	int error = errno;

	(void)if_indextoname(ifindex, name);
	mural_log(host, MURAL_WARN,
		"ndp: %s: all-multicast: %s; solicitations may not arrive", name,
		strerror(error));
}

static void
enable_allmulti_everywhere(struct ndp *ndp, const struct mural_host *host)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index != 0; i++)
		enable_allmulti(ndp, host, i->if_index);
	if (all)
		if_freenameindex(all);
}

int
ndp_open(struct ndp *ndp, const struct mural_host *host, uint32_t ifindex)
{
	char name[IF_NAMESIZE];
	uint8_t mac[6];
	/* protocol 0: it receives nothing */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		int ret = -errno;

		mural_log(host, MURAL_ERROR, "ndp: packet socket: %s%s", strerror(-ret),
			ret == -EPERM ? "; it needs CAP_NET_RAW" : "");
		return ret;
	}
	*ndp = (struct ndp){ .is_open = true, .link = fd, .any = ifindex == 0 };
	ndp->share = answer_share_new(NDP_RATE, NDP_TOTAL);
	if (!ndp->share) {
		ndp_close(ndp);
		return -ENOMEM;
	}
	if (ndp->any)
		enable_allmulti_everywhere(ndp, host);
	else if (link_address(ndp, ifindex, mac))
		enable_allmulti(ndp, host, ifindex);
	else
		mural_log(host, MURAL_WARN,
			"ndp: %s is not Ethernet, there are no solicitations to answer",
			if_indextoname(ifindex, name) ? name : "the interface");
	return 0;
}

void
ndp_close(struct ndp *ndp)
{
	if (ndp->is_open)
		close(ndp->link);
	answer_share_free(ndp->share);
	*ndp = (struct ndp){ 0 };
}

void
ndp_update_interfaces(
	struct ndp *ndp, const struct local_addrs *addrs, const struct mural_host *host)
{
	if (ndp->any && ndp->generation != addrs->generation)
		enable_allmulti_everywhere(ndp, host);
	ndp->generation = addrs->generation;
	ndp->near = 0;
}

/* link_address(), asked for once in a batch of packets. */
static const uint8_t *
near_address(struct ndp *ndp, uint32_t ifindex)
{
	if (ndp->near != ifindex && !link_address(ndp, ifindex, ndp->mac))
		return NULL;
	ndp->near = ifindex;
	return ndp->mac;
}

/* ------------------------------------------------------------------ answering */

enum ndp_verdict
ndp_answer(struct ndp *ndp, const struct local_addrs *addrs,
	const struct mural_claim *claim, const struct packet *packet,
	const struct packet_icmp *icmp)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)packet->ifindex };
	uint8_t frame[NDP_FRAME_LEN];
	const uint8_t *target, *mac;
	enum ndp_verdict verdict;

	if ((verdict = ndp_parse(packet, icmp, &target)) != NDP_ANSWERED)
		return verdict;
	if (!claim_contains(claim, target) || local_addrs_contain(addrs, 6, target))
		return NDP_IGNORED;
	if (!packet->link_source || packet->link_source[0] & 1)
		return NDP_MALFORMED; /* no station sends from a group's address */
	/* by the hardware address: a station has any number of IPv6 addresses */
	if (!answer_share_take(ndp->share, packet->link_source, mural_now_ms()))
		return NDP_RATE_LIMITED;
	mac = near_address(ndp, packet->ifindex);
	if (!mac)
		return NDP_IGNORED;
	ndp_build(frame, packet, target, mac);
	if (sendto(ndp->link, frame, sizeof(frame), 0, (const struct sockaddr *)&to,
		    sizeof(to)) < 0)
		return NDP_RATE_LIMITED;
	ndp->answered++;
	return NDP_ANSWERED;
}
