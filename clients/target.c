/* SPDX-License-Identifier: MIT */
/* Parses targets. */
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "lib/address.h"
#include "lib/digits.h"
#include "lib/macros.h"

struct target_parser {
	struct target *target;
	const char *text; /* all of it */
	const char *rest; /* what follows the scheme */
	char *why;
	size_t len;
};

static const struct form {
	const char *prefix;
	enum target_scheme scheme;
	const char *port; /* the default; NULL: the scheme has no ports */
} forms[] = {
	{ "icmp://", TARGET_ICMP, NULL },
	{ "ipv6://", TARGET_IPV6, NULL },
	{ "p2://", TARGET_P2, "7062" },
	{ "http://", TARGET_HTTP, "" },
	{ "https://", TARGET_HTTP, "" },
	{ "pixelflut://", TARGET_PIXELFLUT, "1234" },
};

static int __attribute__((format(printf, 2, 3)))
target_error(const struct target_parser *parser, const char *format, ...)
{
	int used = snprintf(parser->why, parser->len, "\"%.80s\": ", parser->text);
	va_list args;

	if (used < 0 || (size_t)used >= parser->len)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(parser->why + used, parser->len - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

static int
parse_port(const struct target_parser *parser, const char *text, size_t len)
{
	uint64_t port = 0;

	if (digits_read(text, UINT16_MAX, &port) != text + len || port == 0)
		return target_error(parser, "\"%.*s\" is not a port; write 1 to 65535",
			(int)len, text);
	snprintf(
		parser->target->port, sizeof(parser->target->port), "%u", (unsigned)port);
	return 0;
}

static int
copy_host(const struct target_parser *parser, const char *text, size_t len)
{
	if (len == 0)
		return target_error(parser, "a host is missing");
	if (len >= TARGET_HOST_MAX)
		return target_error(parser, "the host's name is too long");
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]) || strchr("/@?#\"\\", text[i]))
			return target_error(
				parser, "a host's name has no '%.1s'", text + i);
	memcpy(parser->target->host, text, len);
	parser->target->host[len] = '\0';
	return 0;
}

/* HOST, HOST:PORT, [V6] or [V6]:PORT; a bare V6 where there are no ports. */
static int
parse_host(const struct target_parser *parser, const struct form *form, const char *text,
	size_t len)
{
	struct address_parts parts;
	int ret;

	address_split(text, len, &parts);
	if (len > 0 && *text == '[' &&
		!(parts.bracketed && address_is_v6(parts.host, parts.host_len)))
		return target_error(parser,
			"write an IPv6 address between [ and ], and only :PORT after it");
	if (!parts.bracketed && address_is_v6(text, len)) {
		if (form->port)
			return target_error(
				parser, "write [%.*s], then :PORT", (int)len, text);
		parts = (struct address_parts){ .host = text, .host_len = len };
	} else if (!parts.bracketed && memchr(parts.host, ':', parts.host_len)) {
		return target_error(parser, "\"%.*s\" is not a host", (int)parts.host_len,
			parts.host);
	}
	ret = copy_host(parser, parts.host, parts.host_len);
	if (ret < 0 || !parts.port)
		return ret;
	if (!form->port)
		return target_error(parser,
			"there are no ports in this protocol: leave out :%.*s",
			(int)(text + len - parts.port), parts.port);
	return parse_port(parser, parts.port, (size_t)(text + len - parts.port));
}

/* USER:OTP@ before the host.  The last @ and the last : count, so that a name may contain
 * both.  Leaves *rest at the host. */
static int
parse_user(const struct target_parser *parser, const char **rest)
{
	struct target *target = parser->target;
	const char *at = strrchr(*rest, '@'), *colon;
	size_t name, digits;

	colon = at ? memrchr(*rest, ':', (size_t)(at - *rest)) : NULL;
	if (!colon)
		return target_error(parser, "write p2://USER:OTP@HOST:PORT");
	name = (size_t)(colon - *rest);
	digits = (size_t)(at - colon - 1);
	if (name < 1 || name >= TARGET_USER_MAX)
		return target_error(parser, "a user's name has 1 to 255 bytes");
	if (digits < 1 || digits > 8 || strspn(colon + 1, "0123456789") < digits)
		return target_error(parser, "the OTP after %.*s: is not 1 to 8 digits",
			(int)name, *rest);
	memcpy(target->user, *rest, name);
	memcpy(target->otp, colon + 1, digits);
	snprintf(target->text, sizeof(target->text), "p2://%s@%s", target->user, at + 1);
	*rest = at + 1;
	return 0;
}

/* The board may lie below a path; curl gets the whole URL. */
static int
parse_url(const struct target_parser *parser, const struct form *form)
{
	struct target *target = parser->target;
	size_t host = strcspn(parser->rest, "/?#"), len = strlen(parser->text);

	if (memchr(parser->rest, '@', host))
		return target_error(
			parser, "write users as --name, --author and --secret");
	if (strpbrk(parser->rest, "?#"))
		return target_error(parser, "? and # have no place in a board's address");
	while (len && parser->text[len - 1] == '/')
		len--;
	memcpy(target->url, parser->text, len);
	return parse_host(parser, form, parser->rest, host);
}

static int
parse_rest(const struct target_parser *parser, const struct form *form)
{
	struct target *target = parser->target;
	const char *rest = parser->rest;
	size_t len;
	int ret;

	if (form->scheme == TARGET_HTTP)
		return parse_url(parser, form);
	if (form->scheme == TARGET_P2 && (ret = parse_user(parser, &rest)) < 0)
		return ret;
	len = strlen(rest);
	if (len && rest[len - 1] == '/')
		len--;
	if (form->port)
		snprintf(target->port, sizeof(target->port), "%s", form->port);
	return parse_host(parser, form, rest, len);
}

static int
parse_path(const struct target_parser *parser, const char *path)
{
	struct target *target = parser->target;

	if (!*path)
		return target_error(parser, "write unix: and the path of a socket");
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return target_error(parser, "the path is too long for a socket");
	target->scheme = TARGET_PIXELFLUT;
	target->is_path = true;
	snprintf(target->host, sizeof(target->host), "%s", path);
	return 0;
}

static int
parse_template(const struct target_parser *parser, bool decimal)
{
	struct address_template *template = &parser->target->template;
	const char *scope = strchr(parser->rest, '%');
	char text[TARGET_URL_MAX];
	int ret;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(parser->rest, "%"),
		parser->rest);
	if (scope) {
		parser->target->interface = if_nametoindex(scope + 1);
		if (parser->target->interface == 0)
			return target_error(parser,
				"this machine has no interface \"%s\"; ip link names "
				"them",
				scope + 1);
	}
	ret = template_compile(template, text, decimal, parser->why, parser->len);
	if (ret == 0 && !template->has_position)
		return target_error(
			parser, "without X and Y it does not say where to paint");
	return ret;
}

int
target_parse(struct target *target, const char *text, bool decimal, char *why, size_t len)
{
	struct target_parser parser = {
		.target = target, .text = text, .why = why, .len = len
	};

	memset(target, 0, sizeof(*target));
	if (strlen(text) >= TARGET_URL_MAX)
		return target_error(&parser, "too long for a target");
	snprintf(target->text, sizeof(target->text), "%s", text);
	if (address_unix_path(text))
		return parse_path(&parser, address_unix_path(text));
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t prefix = strlen(forms[i].prefix);

		if (strncmp(text, forms[i].prefix, prefix) != 0)
			continue;
		target->scheme = forms[i].scheme;
		parser.rest = text + prefix;
		if (forms[i].scheme == TARGET_IPV6)
			return parse_template(&parser, decimal);
		return parse_rest(&parser, &forms[i]);
	}
	return target_error(&parser, "a target starts with icmp://, ipv6://, p2://, "
				     "http://, https://, pixelflut:// or unix:");
}
