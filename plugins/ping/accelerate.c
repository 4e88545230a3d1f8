/* SPDX-License-Identifier: MIT */
/* Finds the module for XDP, keeps it on the right interfaces, and reads its pixels. */
#include "ping/accelerate.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "ping/address-template.h"

/* How long pixels gather before they are painted, while they come. */
#define GATHER_NS 2000000
/* Between two tries for a tap that another instance has. */
#define RETRY_S 1

/* Passed through the module to on_entry(). */
struct drain_context {
	accelerate_handler *handler;
	void *user;
};

/* Beside the plugin.  The module stays in memory, since it holds what rights loaded.
 * `only_loaded`: NULL if nobody has asked for it so far. */
static const struct xdp_module *
find_module(bool only_loaded)
{
	static const char here;
	const struct xdp_module *module = NULL;
	const char *slash;
	char path[PATH_MAX];
	Dl_info info;
	void *object;

	if (!dladdr(&here, &info) || !(slash = strrchr(info.dli_fname, '/')))
		return NULL;
	snprintf(path, sizeof(path), "%.*s/xdp.module", (int)(slash - info.dli_fname),
		info.dli_fname);
	object = dlopen(path,
		RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | (only_loaded ? RTLD_NOLOAD : 0));
	if (!object)
		return NULL;
	module = dlsym(object, "mural_xdp");
	dlclose(object);
	return module && module->version == XDP_MODULE_VERSION ? module : NULL;
}

void
accelerate_check(const struct accelerate_wish *wish, struct mural_check *check)
{
	if (wish->mode == ACCELERATE_XDP && wish->refusal)
		mural_reject(
			check, "accelerate", "cannot be xdp: it takes %s", wish->refusal);
}

void
accelerate_prepare(const struct accelerate_wish *wish)
{
	const struct xdp_module *module;
	char why[XDP_WHY_MAX];

	if (wish->mode != ACCELERATE_OFF && !wish->refusal &&
		(module = find_module(false)))
		(void)module->load(why, sizeof(why)); /* told by accelerator_open() */
}

/* ------------------------------------------------------------------ interfaces */

/* The host's own addresses.  Of pings those that are no pixels themselves, as far as
 * there is room; of pixels those that are: the host needs what comes to them, such as the
 * answers of its neighbours. */
static void
show_own(const struct accelerator *accelerator, const struct capture *capture,
	const struct mural_host *host)
{
	const struct local_addrs *addrs = &capture->local_addrs;
	const bool wants_claimed = accelerator->role == XDP_ADDRESSES;
	struct xdp_own own = { 0 };

	for (size_t i = 0; i < addrs->n_addresses; i++) {
		const struct local_addr *at = &addrs->addresses[i];
		uint64_t six[2] = { htobe64(at->high), htobe64(at->low) };
		bool claimed = false;

		if (at->high == 0 && at->low >> 32 == 0xffff) {
			if (own.n4 < XDP_OWN_MAX)
				own.four[own.n4++] = htonl((uint32_t)at->low);
			continue;
		}
		for (size_t j = 0; j < host->n_claims; j++)
			claimed |= claim_contains(&host->claims[j], (uint8_t *)six);
		if (claimed != wants_claimed)
			continue;
		if (own.n6 < XDP_OWN_MAX)
			memcpy(own.six[own.n6++], six, sizeof(six));
		else if (wants_claimed)
			own.n6 = XDP_OWN_MAX + 1;
	}
	accelerator->module->set_own(accelerator->tap, &own);
}

static bool
is_wanted(const struct capture *capture, const struct local_card *card)
{
	return capture->any || card->ifindex == capture->ifindex;
}

/* Whether the interface is there as it was. */
static bool
is_same_card(const struct capture *capture, const struct local_card *card)
{
	const struct local_addrs *addrs = &capture->local_addrs;

	for (size_t i = 0; i < addrs->n_cards; i++)
		if (addrs->cards[i].ifindex == card->ifindex)
			return memcmp(addrs->cards[i].mac, card->mac, 6) == 0;
	return false;
}

static bool
was_tried(const struct accelerator *accelerator, const struct local_card *card)
{
	for (size_t i = 0; i < accelerator->n_cards; i++)
		if (accelerator->cards[i].card.ifindex == card->ifindex)
			return true;
	return false;
}

/* Forgets interfaces that are gone or were given another address. */
static void
drop_cards(struct accelerator *accelerator, const struct capture *capture)
{
	size_t kept = 0;

	for (size_t i = 0; i < accelerator->n_cards; i++) {
		const struct accelerated_card *card = &accelerator->cards[i];

		if (is_same_card(capture, &card->card))
			accelerator->cards[kept++] = *card;
		else
			accelerator->module->detach(accelerator->tap, card->card.ifindex);
	}
	accelerator->n_cards = kept;
}

/* On veth the driver's own way copies each packet of all other traffic, too, which makes
 * TCP three times slower. */
static void
try_card(struct accelerator *accelerator, const struct mural_host *host,
	const struct local_card *card)
{
	struct xdp_card wanted = { .ifindex = card->ifindex,
		.wants_generic = card->is_veth && accelerator->mode == ACCELERATE_AUTO };
	char why[XDP_WHY_MAX], name[IF_NAMESIZE] = "?";
	int mode;

	memcpy(wanted.mac, card->mac, sizeof(wanted.mac));
	(void)if_indextoname(card->ifindex, name);
	mode = accelerator->module->attach(accelerator->tap, &wanted, why, sizeof(why));
	if (mode < 0)
		mural_log(host, MURAL_INFO,
			"accelerate: %s: %s; its pings are captured by libpcap", name,
			why);
	else
		mural_log(host, MURAL_INFO, "accelerate: %s: XDP, %s", name,
			mode == XDP_MODE_NATIVE ? "native" : "generic");
	accelerator->cards[accelerator->n_cards++] = (struct accelerated_card){ *card,
		mode < 0 ? XDP_MODE_NONE : (enum xdp_mode)mode };
}

static size_t
count_cards(const struct accelerator *accelerator, enum xdp_mode mode)
{
	size_t n = 0;

	for (size_t i = 0; i < accelerator->n_cards; i++)
		n += accelerator->cards[i].mode == mode;
	return n;
}

/* Follows the interfaces and addresses of the host. */
static void
refresh(struct accelerator *accelerator, const struct capture *capture,
	struct mural_host *host)
{
	const struct local_addrs *addrs = &capture->local_addrs;

	if (accelerator->generation == addrs->generation)
		return;
	accelerator->generation = addrs->generation;
	show_own(accelerator, capture, host);
	drop_cards(accelerator, capture);
	for (size_t i = 0; i < addrs->n_cards; i++)
		if (accelerator->n_cards < XDP_PORTS_MAX &&
			is_wanted(capture, &addrs->cards[i]) &&
			!was_tried(accelerator, &addrs->cards[i]))
			try_card(accelerator, host, &addrs->cards[i]);
	mural_metric_set(host, ACCELERATE_NATIVE,
		(int64_t)count_cards(accelerator, XDP_MODE_NATIVE));
	mural_metric_set(host, ACCELERATE_GENERIC,
		(int64_t)count_cards(accelerator, XDP_MODE_GENERIC));
}

/* ------------------------------------------------------------------ opening */

static time_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

static int
open_tap(struct accelerator *accelerator, const struct capture *capture, char *why,
	size_t len)
{
	const bool is_for_addresses = accelerator->role == XDP_ADDRESSES;
	struct epoll_event event = { .events = EPOLLIN };
	int ret = accelerator->module->open(&accelerator->tap, accelerator->role,
		is_for_addresses ? &accelerator->addresses : NULL, why, len);

	accelerator->next_try = 0;
	if (ret == -EBUSY && accelerator->mode == ACCELERATE_AUTO)
		accelerator->next_try = now_s() + RETRY_S;
	if (ret < 0)
		return ret;
	accelerator->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (accelerator->timer < 0 ||
		epoll_ctl(capture->epoll_fd, EPOLL_CTL_ADD, accelerator->timer, &event) <
			0 ||
		epoll_ctl(capture->epoll_fd, EPOLL_CTL_ADD,
			accelerator->module->descriptor(accelerator->tap), &event) < 0) {
		ret = -errno;
		snprintf(why, len, "%s", strerror(-ret));
	}
	return ret;
}

/* Closes the tap only: the instance still wants its pings, by the capture. */
static void
close_tap(struct accelerator *accelerator)
{
	if (accelerator->timer >= 0)
		close(accelerator->timer);
	if (accelerator->tap)
		accelerator->module->close(accelerator->tap);
	accelerator->timer = -1;
	accelerator->tap = NULL;
}

static void
start_polling(const struct accelerator *accelerator, long ns)
{
	const struct itimerspec in = { .it_value.tv_nsec = ns };

	(void)timerfd_settime(accelerator->timer, 0, &in, NULL);
}

/* An interface that cannot have it may be followed by one that can, unless it must. */
static int
begin(struct accelerator *accelerator, const struct capture *capture,
	struct mural_host *host, char *why, size_t len)
{
	refresh(accelerator, capture, host);
	start_polling(accelerator, GATHER_NS);
	if (count_cards(accelerator, XDP_MODE_NONE) < accelerator->n_cards)
		return 0;
	snprintf(why, len, "%s: no Ethernet card takes it", capture->interface);
	if (accelerator->mode == ACCELERATE_XDP)
		return -ENODEV;
	if (accelerator->n_cards == 0)
		mural_log(host, MURAL_INFO,
			"accelerate: %s; pings are captured by libpcap until one does",
			why);
	return 0;
}

/* With all that it takes, or not at all. */
static int
start(struct accelerator *accelerator, const struct capture *capture,
	struct mural_host *host, char *why, size_t len)
{
	int ret = open_tap(accelerator, capture, why, len);

	if (ret == 0)
		ret = begin(accelerator, capture, host, why, len);
	if (ret < 0)
		close_tap(accelerator);
	return ret;
}

static int
start_as_wished(struct accelerator *accelerator, const struct capture *capture,
	struct mural_host *host, const struct accelerate_wish *wish, char *why,
	size_t len)
{
	if (wish->refusal) {
		snprintf(why, len, "it takes %s", wish->refusal);
		return -EINVAL;
	}
	if (!accelerator->module) {
		snprintf(why, len, "murald-xdp is not installed");
		return -ENOENT;
	}
	if (wish->addresses)
		accelerator->addresses = *wish->addresses;
	return start(accelerator, capture, host, why, len);
}

int
accelerator_open(struct accelerator *accelerator, struct capture *capture,
	struct mural_host *host, const struct accelerate_wish *wish)
{
	char why[XDP_WHY_MAX];
	int ret;

	*accelerator = (struct accelerator){
		.module = find_module(wish->mode == ACCELERATE_OFF || wish->refusal),
		.role = wish->role,
		.mode = wish->mode,
		.timer = -1,
	};
	if (accelerator->module)
		accelerator->module->join(accelerator->role);
	if (wish->mode == ACCELERATE_OFF)
		return 0;
	ret = start_as_wished(accelerator, capture, host, wish, why, sizeof(why));
	if (ret == 0)
		return 0;
	mural_log(host, wish->mode == ACCELERATE_XDP ? MURAL_ERROR : MURAL_INFO,
		"accelerate: %s: %s",
		wish->mode == ACCELERATE_XDP ? "no XDP" : "by libpcap only", why);
	if (wish->mode != ACCELERATE_XDP)
		return 0;
	accelerator_close(accelerator);
	return ret;
}

void
accelerator_close(struct accelerator *accelerator)
{
	close_tap(accelerator);
	if (accelerator->module)
		accelerator->module->leave(accelerator->role);
	*accelerator = (struct accelerator){ .timer = -1 };
}

/* ------------------------------------------------------------------ reading */

static void
on_entry(void *user, const struct xdp_entry *entry)
{
	const struct drain_context *drain = user;
	const uint64_t word = entry->word;
	const struct packet packet = {
		.ifindex = (uint32_t)(entry->paint >> 32),
		.vlan = PACKET_NO_VLAN,
		.version = word & XDP_V4 ? 4 : 6,
		.source = (const uint8_t *)entry->source,
		.payload_len = word >> XDP_BYTES_SHIFT & XDP_BYTES_MAX,
	};
	const struct accelerated_pixel pixel = {
		.x = word >> XDP_X_SHIFT & 0xffff,
		.y = word >> XDP_Y_SHIFT & 0xffff,
		.side = word & XDP_SQUARE ? 2 : 1,
		.argb = (uint32_t)entry->paint,
	};

	drain->handler(drain->user, &packet, &pixel);
}

static void
count_packets(
	struct accelerator *accelerator, struct capture *capture, struct mural_host *host)
{
	struct xdp_counts now;

	accelerator->module->count(accelerator->tap, &now);
	if (now.packets == accelerator->seen.packets)
		return;
	capture->drops += now.lost - accelerator->seen.lost;
	host->counts->received_bytes += now.bytes - accelerator->seen.bytes;
	mural_metric_add(host, ACCELERATE_PACKETS,
		(int64_t)(now.packets - accelerator->seen.packets));
	accelerator->seen = now;
}

/* While pixels come they gather for a while; when none did, the next one rings. */
int
accelerator_drain(struct accelerator *accelerator, struct capture *capture,
	struct mural_host *host, accelerate_handler *handler, void *user)
{
	struct drain_context drain = { handler, user };
	char why[XDP_WHY_MAX]; /* was said when it was opened */
	size_t n;

	if (!accelerator->tap && accelerator->next_try != 0 &&
		now_s() >= accelerator->next_try)
		(void)start(accelerator, capture, host, why, sizeof(why));
	if (!accelerator->tap)
		return 0;
	/* here, since nothing may wake us after the capture has seen a change */
	local_addrs_refresh(&capture->local_addrs);
	refresh(accelerator, capture, host);
	n = accelerator->module->drain(accelerator->tap, CAPTURE_BATCH, on_entry, &drain);
	count_packets(accelerator, capture, host);
	if (n >= CAPTURE_BATCH)
		return 1;
	start_polling(accelerator, n > 0 ? GATHER_NS : 0);
	return n == 0 && !accelerator->module->sleep(accelerator->tap);
}
