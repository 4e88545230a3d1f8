/* SPDX-License-Identifier: MIT */
/* Compares the XDP program with the plain decoder: right, odd and broken packets of every
 * layer have the same pixels, or are passed on to it.  A network namespace of its own has
 * the interface that they arrive at. */
#include "ping/xdp/module.h"

#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <pcap/dlt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hex.h"
#include "ping/address-template.h"
#include "ping/packet.h"
#include "ping/pingxelflut.h"
#include "support/unit.h"
#include "unit/ping/xdp-frames.h"

#define LOOPBACK 1 /* its index in any namespace */
#define TEMPLATE "fd98:0:0:0:SXXX:YYY:RR:GGBB"

enum { DROP = 1, PASS = 2 }; /* XDP_ */

static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 2 };
static const uint8_t own4[4] = { 192, 0, 2, 2 };
static const uint8_t own6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 2 };

static const struct xdp_module *module;
static int frames = 20000;
static struct xdp_tap *taps[XDP_ROLES];
static struct address_template template;
static uint32_t wanted; /* what paints by address */

/* A pixel as both decoders give it; side 0: none. */
struct seen {
	uint32_t x, y, side, argb, bytes;
	int version;
	uint8_t source[16];
};

/* ------------------------------------------------------------------ set up */

/* As the ipv6 plugin writes it. */
static struct xdp_template
compile(const char *text, bool decimal)
{
	struct xdp_template to = { .accept = wanted, .decimal = decimal };
	char why[TEMPLATE_WHY_MAX];

	assert_int_equal(template_compile(&template, text, decimal, why, sizeof(why)), 0);
	memcpy(to.mask, template.claim.mask, sizeof(to.mask));
	memcpy(to.value, template.claim.value, sizeof(to.value));
	for (int i = 0; i < TEMPLATE_LETTERS; i++) {
		const struct template_field *field = &template.fields[i];

		to.fields[i] = (struct xdp_field){ field->shift + 64 - 8 * field->offset,
			field->mask, field->scale, field->add };
	}
	return to;
}

static void
open_taps(const char *text, bool decimal)
{
	const struct xdp_template to = compile(text, decimal);
	struct xdp_card card = { .ifindex = LOOPBACK, .wants_generic = true };
	struct xdp_own own = { .n4 = 1, .n6 = 1 };
	char why[XDP_WHY_MAX] = "";

	memcpy(card.mac, mac, sizeof(mac));
	memcpy(&own.four[0], own4, sizeof(own4));
	memcpy(own.six[0], own6, sizeof(own6));
	for (int role = 0; role < XDP_ROLES; role++) {
		module->join((enum xdp_role)role);
		if (module->open(&taps[role], (enum xdp_role)role,
			    role == XDP_ADDRESSES ? &to : NULL, why, sizeof(why)) < 0 ||
			module->attach(taps[role], &card, why, sizeof(why)) < 0)
			fail_msg("%s", why);
	}
	module->set_own(taps[XDP_PINGS], &own);
}

static void
close_taps(void)
{
	for (int role = 0; role < XDP_ROLES; role++) {
		module->close(taps[role]);
		module->leave((enum xdp_role)role);
	}
}

/* ------------------------------------------------------------------ decoders */

static void
on_entry(void *user, const struct xdp_entry *entry)
{
	struct seen *seen = user;

	assert_int_equal(seen->side, 0);
	assert_int_equal(entry->paint >> 32, LOOPBACK);
	*seen = (struct seen){
		.x = entry->word >> XDP_X_SHIFT & 0xffff,
		.y = entry->word >> XDP_Y_SHIFT & 0xffff,
		.side = entry->word & XDP_SQUARE ? 2 : 1,
		.argb = (uint32_t)entry->paint,
		.bytes = entry->word >> XDP_BYTES_SHIFT & XDP_BYTES_MAX,
		.version = entry->word & XDP_V4 ? 4 : 6,
	};
	memcpy(seen->source, entry->source, seen->version == 4 ? 4 : 16);
}

/* What the program makes of a frame. */
static struct seen
run_program(const struct bytes *frame)
{
	struct seen seen[XDP_ROLES] = { 0 };
	uint32_t ns;
	int ret = module->run(false, frame->at, frame->len, LOOPBACK, 1, &ns);
	size_t n = 0;

	for (int role = 0; role < XDP_ROLES; role++)
		n += module->drain(taps[role], 8, on_entry, &seen[role]);
	assert_int_equal(ret, n == 0 ? PASS : DROP);
	assert_true(n <= 1);
	return seen[XDP_PINGS].side ? seen[XDP_PINGS] : seen[XDP_ADDRESSES];
}

static uint32_t
saturate(uint32_t at)
{
	return at > 0xffff ? 0xffff : at;
}

static bool
is_accepted(bool has_icmp, const struct packet_icmp *icmp)
{
	if (has_icmp && icmp->type == 135)
		return false;
	if (wanted == XDP_ACCEPT_ANY)
		return true;
	return has_icmp && (wanted == XDP_ACCEPT_ICMP6 || icmp->type == 128);
}

static bool
is_own(const struct packet *packet)
{
	return packet->version == 4 ? memcmp(packet->destination, own4, 4) == 0
				    : memcmp(packet->destination, own6, 16) == 0;
}

/* What the plugins make of it. */
static struct seen
run_plain(const struct bytes *frame)
{
	struct packet packet;
	enum packet_fault fault =
		packet_parse(&packet, DLT_EN10MB, frame->at, frame->len, frame->len);
	struct template_pixel pixel = { 0 };
	struct packet_icmp icmp;
	struct seen seen = { 0 };
	struct ping ping;

	if (packet.version == 0 || memcmp(frame->at, mac, 6) != 0 ||
		packet.cast != CAST_UNICAST)
		return seen;
	if (packet.version == 6 && template_decode(&template, packet.destination,
					   &pixel) != TEMPLATE_OTHER) {
		if (fault != PACKET_OK ||
			(packet.vlan != PACKET_NO_VLAN && packet.vlan) ||
			!is_accepted(packet_icmp_parse(&packet, &icmp), &icmp))
			return seen;
	} else if (is_own(&packet) &&
		   ping_read(&ping, &packet, fault, false) == PING_PIXEL) {
		pixel = (struct template_pixel){ ping.x, ping.y, 1, ping.argb };
	}
	if (pixel.side == 0)
		return seen;
	seen = (struct seen){ saturate(pixel.x), saturate(pixel.y), pixel.side,
		pixel.argb, (uint32_t)packet.payload_len, packet.version, { 0 } };
	memcpy(seen.source, packet.source, packet.version == 4 ? 4 : 16);
	return seen;
}

static void
show(const struct bytes *frame, const struct seen *program, const struct seen *plain)
{
	char hex[2 * sizeof(frame->at) + 1];

	hex_write(hex, frame->at, frame->len);
	fail_msg("%s: program: %u,%u side %u %08x, %u bytes; plain: %u,%u side %u %08x, "
		 "%u "
		 "bytes",
		hex, program->x, program->y, program->side, program->argb, program->bytes,
		plain->x, plain->y, plain->side, plain->argb, plain->bytes);
}

static void
compare(unsigned seed)
{
	size_t taken = 0, passed = 0;

	srandom(seed);
	print_message("seed %u\n", seed);
	for (int i = 0; i < frames; i++) {
		bool is_plain;
		const struct bytes frame = random_frame(&template, mac, &is_plain);
		const struct seen plain = run_plain(&frame),
				  program = run_program(&frame);

		if (program.side ? memcmp(&program, &plain, sizeof(plain)) != 0
				 : plain.side && is_plain)
			show(&frame, &program, &plain);
		taken += program.side != 0;
		passed += !program.side && plain.side;
	}
	print_message("%zu taken, %zu pixels passed on\n", taken, passed);
	assert_true(taken > (size_t)frames / 10);
	assert_true(passed < taken / 4);
}

/* ------------------------------------------------------------------ the tests */

static void
compare_all(const char *text, bool decimal, unsigned seed)
{
	for (wanted = XDP_ACCEPT_ICMP6; wanted <= XDP_ACCEPT_ANY; wanted++) {
		open_taps(text, decimal);
		compare(seed + wanted);
		close_taps();
	}
}

TEST(the_program_reads_as_the_plain_decoder)
{
	compare_all(TEMPLATE, false, 88172645);
}

static void
on_any_entry(void *user, const struct xdp_entry *entry)
{
	(void)user;
	(void)entry;
}

/* All pings of one sender may come to one processor. */
TEST(a_processor_is_read_whether_others_have_entries_or_not)
{
	const uint8_t data[8] = { 0xcc };
	const struct bytes packet = ping_packet(4, data, sizeof(data));
	struct bytes frame = ethernet_frame(&packet);
	cpu_set_t before, one;
	uint32_t ns;
	int first = 0;

	memcpy(frame.at, mac, sizeof(mac));
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(first, &before))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	open_taps(TEMPLATE, false);
	assert_int_equal(
		module->run(false, frame.at, frame.len, LOOPBACK, 4096, &ns), DROP);
	assert_int_equal(module->drain(taps[XDP_PINGS], 4096, on_any_entry, NULL), 4096);
	close_taps();
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

TEST(the_program_reads_decimal_digits_and_fields_anywhere)
{
	compare_all("fd98:0:0:SXXX:XYYY:YARG:B0:?", true, 362436069);
}

TEST(the_program_reads_what_nobody_thought_of)
{
	unsigned seed;

	assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	compare_all(TEMPLATE, false, seed);
}

/* Each reader learns of it by itself. */
TEST(an_interface_may_be_given_another_address)
{
	struct xdp_card card = {
		.ifindex = LOOPBACK, .mac = { 0x02, 0, 0, 0, 0, 9 }, .wants_generic = true
	};
	const uint8_t data[8] = { 0xcc };
	const struct bytes packet = ping_packet(4, data, sizeof(data));
	struct bytes frame = ethernet_frame(&packet);
	char why[XDP_WHY_MAX];
	uint32_t ns;

	open_taps(TEMPLATE, false);
	for (int role = 0; role < XDP_ROLES; role++) {
		module->detach(taps[role], LOOPBACK);
		assert_true(module->attach(taps[role], &card, why, sizeof(why)) >= 0);
	}
	memcpy(frame.at, card.mac, sizeof(card.mac));
	assert_int_equal(module->run(false, frame.at, frame.len, LOOPBACK, 1, &ns), DROP);
	memcpy(frame.at, mac, sizeof(mac));
	assert_int_equal(module->run(false, frame.at, frame.len, LOOPBACK, 1, &ns), PASS);
	close_taps();
}

static const struct xdp_module *
open_module(const char *path)
{
	const char *build = getenv("top_builddir");
	char built[4096];
	void *object;

	snprintf(built, sizeof(built), "%s/.libs/xdp.module", build ? build : ".");
	object = dlopen(path ? path : built, RTLD_NOW | RTLD_NODELETE);
	return object ? dlsym(object, "mural_xdp") : NULL;
}

/* [MODULE [FRAMES]], as the guests of tests/kms run it. */
int
main(int argc, char *argv[])
{
	char why[XDP_WHY_MAX];
	int ret;

	if (argc > 2)
		frames = atoi(argv[2]);
	if (!(module = open_module(argc > 1 ? argv[1] : NULL))) {
		puts("SKIP: built without XDP: apt-get install clang bpftool libbpf-dev");
		return 77;
	}
	if (unshare(CLONE_NEWNET) < 0) {
		puts("SKIP: network namespaces need root: run as root, or with sudo");
		return 77;
	}
	ret = module->load(why, sizeof(why));
	if (ret == -EACCES) { /* by the verifier; without rights it is EPERM */
		printf("FAIL: %s\n", why);
		return 1;
	}
	if (ret < 0) {
		printf("SKIP: no XDP here: %s\n", why);
		return 77;
	}
	return cmocka_run_group_tests(unit_tests, NULL, NULL);
}
