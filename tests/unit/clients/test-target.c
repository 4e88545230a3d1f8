/* SPDX-License-Identifier: MIT */
/* Targets of muralctl: what is one, and what is said of what is none. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "clients/target.h"
#include "support/unit.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	enum target_scheme scheme;
	const char *host, *port, *user, *otp, *url;
} good[] = {
	{ "icmp://wall", TARGET_ICMP, "wall", "", "", "", "" },
	{ "icmp://192.0.2.1/", TARGET_ICMP, "192.0.2.1", "", "", "", "" },
	{ "icmp://2001:db8::1", TARGET_ICMP, "2001:db8::1", "", "", "", "" },
	{ "icmp://[2001:db8::1]", TARGET_ICMP, "2001:db8::1", "", "", "", "" },
	{ "icmp://fe80::1%eth0", TARGET_ICMP, "fe80::1%eth0", "", "", "", "" },
	{ "pixelflut://wall", TARGET_PIXELFLUT, "wall", "1234", "", "", "" },
	{ "pixelflut://wall:1", TARGET_PIXELFLUT, "wall", "1", "", "", "" },
	{ "pixelflut://wall:65535/", TARGET_PIXELFLUT, "wall", "65535", "", "", "" },
	{ "pixelflut://wall:01337", TARGET_PIXELFLUT, "wall", "1337", "", "", "" },
	{ "pixelflut://[::1]", TARGET_PIXELFLUT, "::1", "1234", "", "", "" },
	{ "pixelflut://[::1]:7", TARGET_PIXELFLUT, "::1", "7", "", "", "" },
	{ "unix:/run/wall", TARGET_PIXELFLUT, "/run/wall", "", "", "", "" },
	{ "p2://py1:1234@wall", TARGET_P2, "wall", "7062", "py1", "1234", "" },
	{ "p2://a@b:c:00000001@[::1]:9", TARGET_P2, "::1", "9", "a@b:c", "00000001", "" },
	{ "http://wall", TARGET_HTTP, "wall", "", "", "", "http://wall" },
	{ "http://wall:8080/", TARGET_HTTP, "wall", "8080", "", "", "http://wall:8080" },
	{ "https://wall/a/b//", TARGET_HTTP, "wall", "", "", "", "https://wall/a/b" },
	{ "http://[::1]:80/x", TARGET_HTTP, "::1", "80", "", "", "http://[::1]:80/x" },
};

static const struct {
	const char *text, *said;
} bad[] = {
	{ "", "a target starts with" },
	{ "wall:1234", "a target starts with" },
	{ "PIXELFLUT://wall", "a target starts with" },
	{ "unix:", "the path of a socket" },
	{ "unix:/123456789012345678901234567890123456789012345678901234567890123456789012"
	  "34567890123456789012345678901234567890",
		"too long for a socket" },
	{ "icmp://", "a host is missing" },
	{ "icmp:///", "a host is missing" },
	{ "icmp://wall:7", "no ports in this protocol" },
	{ "icmp://[2001:db8::1]:7", "no ports in this protocol" },
	{ "icmp://[wall]", "between [ and ]" },
	{ "icmp://[::1", "between [ and ]" },
	{ "icmp://a b", "a host's name has no ' '" },
	{ "icmp://a/b", "a host's name has no '/'" },
	{ "pixelflut://:1234", "a host is missing" },
	{ "pixelflut://wall:", "\"\" is not a port" },
	{ "pixelflut://wall:0", "\"0\" is not a port" },
	{ "pixelflut://wall:65536", "\"65536\" is not a port" },
	{ "pixelflut://wall:123456", "is not a port" },
	{ "pixelflut://wall:12a", "\"12a\" is not a port" },
	{ "pixelflut://wall:-1", "is not a port" },
	{ "pixelflut://wall:+1", "is not a port" },
	{ "pixelflut://::1", "write [::1], then :PORT" },
	{ "pixelflut://[::1]x", "only :PORT after it" },
	{ "pixelflut://a:b:1", "\"a:b\" is not a host" },
	{ "pixelflut://user@wall", "a host's name has no '@'" },
	{ "p2://wall", "p2://USER:OTP@HOST:PORT" },
	{ "p2://user@wall", "p2://USER:OTP@HOST:PORT" },
	{ "p2://:1@wall", "1 to 255 bytes" },
	{ "p2://user:@wall", "not 1 to 8 digits" },
	{ "p2://user:12a4@wall", "not 1 to 8 digits" },
	{ "p2://user:123456789@wall", "not 1 to 8 digits" },
	{ "p2://user:1234@", "a host is missing" },
	{ "http://", "a host is missing" },
	{ "http://user:secret@wall", "--secret" },
	{ "http://wall/?id=1", "no place in a board's address" },
	{ "http://wall:99999/", "is not a port" },
	{ "ipv6://2001:db8::1", "character 10" },
	{ "ipv6://2001:db8:0:0:0:RR:GG:BB", "without X and Y" },
	{ "ipv6://fe80:0:0:0:XXXX:YYYY:RR:GGBB%nowhere", "no interface \"nowhere\"" },
	{ "ipv6://fe80:0:0:0:XXXX:YYYY:RR:GGBB%", "no interface \"\"" },
};

TEST(reads_targets)
{
	struct target target;
	char why[TARGET_WHY_MAX];

	for (size_t i = 0; i < LEN(good); i++) {
		if (target_parse(&target, good[i].text, false, why, sizeof(why)) < 0)
			fail_msg("%s", why);
		assert_int_equal(target.scheme, good[i].scheme);
		assert_string_equal(target.host, good[i].host);
		assert_string_equal(target.port, good[i].port);
		assert_string_equal(target.user, good[i].user);
		assert_string_equal(target.otp, good[i].otp);
		assert_string_equal(target.url, good[i].url);
	}
}

TEST(refuses_the_rest)
{
	struct target target;
	char why[TARGET_WHY_MAX];

	for (size_t i = 0; i < LEN(bad); i++) {
		*why = '\0';
		if (target_parse(&target, bad[i].text, false, why, sizeof(why)) !=
			-EINVAL)
			fail_msg("\"%s\" was taken", bad[i].text);
		if (!strstr(why, bad[i].said))
			fail_msg("\"%s\": said %s", bad[i].text, why);
	}
}

TEST(reads_templates)
{
	static const uint8_t hex[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x1f, 0x02,
		0x0a };
	static const uint8_t decimal[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x31, 0x05,
		0x22 };
	const char *text = "ipv6://2001:db8:0:XXXX:YYYY:RR:GG:BB";
	struct template_pixel pixel = { .x = 31, .y = 522, .side = 1 };
	struct target target;
	char why[TARGET_WHY_MAX];
	uint8_t address[16];

	assert_int_equal(target_parse(&target, text, false, why, sizeof(why)), 0);
	assert_int_equal(target.scheme, TARGET_IPV6);
	assert_int_equal(template_encode(&target.template, &pixel, address), 0);
	assert_memory_equal(address, hex, sizeof(hex));
	assert_int_equal(target_parse(&target, text, true, why, sizeof(why)), 0);
	assert_int_equal(template_encode(&target.template, &pixel, address), 0);
	assert_memory_equal(address, decimal, sizeof(decimal));
	assert_int_equal(target.interface, 0);
	text = "ipv6://fe80:0:0:0:XXXX:YYYY:RR:GGBB%lo";
	assert_int_equal(target_parse(&target, text, false, why, sizeof(why)), 0);
	assert_int_equal(target.interface, if_nametoindex("lo"));
}

/* Neither messages nor `why` of a good target carry the password. */
TEST(keeps_the_password)
{
	struct target target;
	char why[TARGET_WHY_MAX];

	assert_int_equal(
		target_parse(&target, "p2://u:4711@wall:9", false, why, sizeof(why)), 0);
	assert_string_equal(target.text, "p2://u@wall:9");
}

/* Whatever is cut off or too long ends in a message that fits, not beyond it. */
TEST(survives_any_length)
{
	char text[3 * TARGET_URL_MAX], why[TARGET_WHY_MAX];
	struct target target;

	for (size_t i = 0; i < LEN(good); i++) {
		size_t start = strlen(good[i].text);

		for (size_t len = 0; len < sizeof(text); len += len < 40 ? 1 : 97) {
			memset(text, 'a', sizeof(text));
			memcpy(text, good[i].text, len < start ? len : start);
			text[len] = '\0';
			memset(why, 'x', sizeof(why));
			if (target_parse(&target, text, false, why, sizeof(why)) < 0)
				assert_non_null(memchr(why, '\0', sizeof(why)));
			target_parse(&target, text, false, why, 8);
			assert_true(
				len < TARGET_URL_MAX ||
				target_parse(&target, text, false, why, sizeof(why)) < 0);
		}
	}
}

UNIT_TESTS(NULL, NULL)
