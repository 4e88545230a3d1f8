/* SPDX-License-Identifier: MIT */
/*
 * xdpgen: paints a picture with pings that are made in the kernel, faster than any
 * process can send them.
 *
 *   xdpgen flood INTERFACE TO-MAC FROM-IP TO-IP WIDTHxHEIGHT SECONDS
 *   xdpgen drop INTERFACE
 *   xdpgen pass INTERFACE
 *   xdpgen cost MODULE FROM-IP TO-IP
 *
 * flood sends the picture of icmpgen over and over; prints "SENT SECONDS".  The core that
 * makes a ping out of a veth also takes it at the other end.  drop has all that arrives
 * dropped at once, until it is killed; prints "ready".  pass does the same with a program
 * that passes all on, behind the driver (generic).  cost runs the program of murald's
 * xdp.module over one ping; prints the ns of a run, of one that does nothing, and of one
 * over a TCP segment, some times.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <err.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "bench/xdpgen.h"
#include "measure.h"
#include "ping/packet.h"
#include "ping/pingxelflut.h"
#include "ping/xdp/module.h"

#include <xdpgen.skel.h>

#define FRAME_MAX 80
#define FRAME_MIN 60
#define CALL (1 << 17) /* frames of a call, which waits for the kernel afterwards */
#define STEP 611953    /* a prime */
#define ROUND 100000   /* runs, which is fewer than a log has room for */
#define TAKES 15

struct frame {
	uint8_t at[FRAME_MAX];
	size_t len, icmp;
	int version;
};

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
sum_words(const uint8_t *at, size_t len)
{
	return (uint16_t)~packet_checksum(at, len, 0);
}

/* A ping with a pixel in black at 0,0. */
static struct frame
make_frame(const char *mac, const char *from, const char *to)
{
	struct frame frame = { .version = strchr(to, ':') ? 6 : 4 };
	size_t addresses = frame.version == 4 ? 4 : 16, data = 8 + 8;
	uint8_t *ip = frame.at + 14, *source = ip + (frame.version == 4 ? 12 : 8);
	int family = frame.version == 4 ? AF_INET : AF_INET6;
	uint32_t sum = 0;

	frame.icmp = 14 + (frame.version == 4 ? 20 : 40);
	frame.len = frame.icmp + data > FRAME_MIN ? frame.icmp + data : FRAME_MIN;
	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", frame.at, frame.at + 1,
		    frame.at + 2, frame.at + 3, frame.at + 4, frame.at + 5) != 6 ||
		inet_pton(family, from, source) != 1 ||
		inet_pton(family, to, source + addresses) != 1)
		errx(2, "what is %s, %s or %s?", mac, from, to);
	put16(frame.at + 12, frame.version == 4 ? 0x0800 : 0x86dd);
	if (frame.version == 4) {
		ip[0] = 0x45;
		put16(ip + 2, 20 + data);
		ip[8] = 64;
		ip[9] = PACKET_PROTO_ICMP;
		put16(ip + 10, packet_checksum(ip, 20, 0));
	} else {
		ip[0] = 0x60;
		put16(ip + 4, data);
		ip[6] = PACKET_PROTO_ICMP6;
		ip[7] = 64;
		sum = sum_words(source, 32) + (uint32_t)data + PACKET_PROTO_ICMP6;
	}
	frame.at[frame.icmp] = frame.version == 4 ? 8 : 128;
	ping_pixel_write(frame.at + frame.icmp + 8, 0, 0, 0);
	put16(frame.at + frame.icmp + 2,
		packet_checksum(frame.at + frame.icmp, data, sum));
	return frame;
}

/* Of what the ICMP checksum covers, without it and without the pixel. */
static uint32_t
sum_base(const struct frame *frame)
{
	const uint8_t *icmp = frame->at + frame->icmp;
	uint32_t sum = sum_words(icmp, 2) + sum_words(icmp + 4, 4);

	if (frame->version == 6)
		sum += sum_words(frame->at + 22, 32) + 16 + PACKET_PROTO_ICMP6;
	return sum;
}

static struct xdpgen_bpf *
load(void)
{
	struct xdpgen_bpf *skeleton = xdpgen_bpf__open_and_load();

	if (!skeleton)
		err(1, "bpf(2)");
	return skeleton;
}

static void
flood(char *argv[])
{
	const struct frame frame = make_frame(argv[3], argv[4], argv[5]);
	struct xdpgen_bpf *skeleton = load();
	struct generator *generator = &skeleton->bss->generator;
	uint32_t width, height;
	double begin, end;

	if (sscanf(argv[6], "%ux%u", &width, &height) != 2)
		errx(2, "what is %s?", argv[6]);
	*generator = (struct generator){
		.ifindex = if_nametoindex(argv[2]),
		.width = width,
		.pixels = width * height,
		.step = STEP % (width * height),
		.icmp = (uint32_t)frame.icmp,
		.sum = sum_base(&frame),
	};
	begin = now_s();
	end = begin + atof(argv[7]);
	while (now_s() < end || generator->sent < generator->pixels) {
		struct bpf_test_run_opts options = {
			.sz = sizeof(options),
			.data_in = frame.at,
			.data_size_in = (uint32_t)frame.len,
			.repeat = CALL,
			.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
			.batch_size = 64,
		};

		if (bpf_prog_test_run_opts(
			    bpf_program__fd(skeleton->progs.generate), &options) < 0)
			err(1, "live frames");
	}
	printf("%llu %.6f\n", (unsigned long long)generator->sent, now_s() - begin);
	xdpgen_bpf__destroy(skeleton);
}

static void
keep_attached(const struct bpf_program *bpf, const char *interface, __u32 flags)
{
	struct bpf_link_create_opts options = { .sz = sizeof(options), .flags = flags };

	if (bpf_link_create(bpf_program__fd(bpf), (int)if_nametoindex(interface), BPF_XDP,
		    &options) < 0)
		err(1, "%s", interface);
	puts("ready");
	fflush(stdout);
	pause();
}

static const struct xdp_module *
open_module(const char *path)
{
	void *object = dlopen(path, RTLD_NOW);
	const struct xdp_module *module = object ? dlsym(object, "mural_xdp") : NULL;
	char why[XDP_WHY_MAX];

	if (!module || module->load(why, sizeof(why)) < 0)
		errx(1, "%s: %s", path, object ? why : dlerror());
	return module;
}

/* The log never fills: what a run appended is read before the next. */
static void
nothing(void *user, const struct xdp_entry *entry)
{
	(void)user;
	(void)entry;
}

static void
cost(char *argv[])
{
	const struct frame frame = make_frame("02:00:00:00:00:02", argv[3], argv[4]);
	const struct xdp_module *module = open_module(argv[2]);
	struct xdp_card card = { .ifindex = 1, .wants_generic = true };
	struct xdp_own own = { .n4 = 1, .n6 = 1 };
	const uint8_t *to = frame.at + 14 + (frame.version == 4 ? 16 : 24);
	struct xdp_tap *tap;
	char why[XDP_WHY_MAX];
	struct frame other = frame;
	uint32_t ns[3];

	other.at[14 + (frame.version == 4 ? 9 : 6)] = IPPROTO_TCP;
	memcpy(card.mac, frame.at, 6);
	memcpy(&own.four[0], to, 4);
	memcpy(own.six[0], to, 16);
	module->join(XDP_PINGS);
	if (module->open(&tap, XDP_PINGS, NULL, why, sizeof(why)) < 0 ||
		module->attach(tap, &card, why, sizeof(why)) < 0)
		errx(1, "%s", why);
	module->set_own(tap, &own);
	for (int i = 0; i < TAKES; i++) {
		if (module->run(false, frame.at, frame.len, 1, ROUND, &ns[0]) < 0 ||
			module->run(true, frame.at, frame.len, 1, ROUND, &ns[1]) < 0 ||
			module->run(false, other.at, other.len, 1, ROUND, &ns[2]) < 0)
			errx(1, "cannot run the program");
		while (module->drain(tap, ROUND, nothing, NULL) > 0)
			;
		printf("%u %u %u\n", ns[0], ns[1], ns[2]);
	}
	module->close(tap);
}

int
main(int argc, char *argv[])
{
	if (argc == 8 && strcmp(argv[1], "flood") == 0)
		flood(argv);
	else if (argc == 3 && strcmp(argv[1], "drop") == 0)
		keep_attached(load()->progs.drop, argv[2], 0);
	else if (argc == 3 && strcmp(argv[1], "pass") == 0)
		keep_attached(load()->progs.pass, argv[2], XDP_FLAGS_SKB_MODE);
	else if (argc == 5 && strcmp(argv[1], "cost") == 0)
		cost(argv);
	else
		errx(2, "see the head of its source");
	return 0;
}
