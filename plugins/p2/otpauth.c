/* SPDX-License-Identifier: MIT */
/* Parses the otpauth:// URIs of authenticator apps. */
#include "p2/otpauth.h"

#include <liboath/oath.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/digits.h"
#include "lib/hex.h"
#include "lib/macros.h"

#define TOTP OTPAUTH_SCHEME "totp/"

#define PERIOD_MAX 3600

/* Decodes %xx in place; false: one is broken, or would end the text. */
static bool
unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		const int byte = hex_byte(from + 1);

		if (byte <= 0)
			return false;
		*to++ = (char)byte;
		from += 2;
	}
	*to = '\0';
	return true;
}

static const char *
set_algorithm(struct totp_kind *kind, const char *value)
{
	static const struct {
		const char *name;
		int flags;
	} algorithms[] = {
		{ "SHA1", 0 },
		{ "SHA256", OATH_TOTP_HMAC_SHA256 },
		{ "SHA512", OATH_TOTP_HMAC_SHA512 },
	};

	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (strcasecmp(value, algorithms[i].name) == 0) {
			kind->flags = algorithms[i].flags;
			return NULL;
		}
	return "algorithm= takes SHA1, SHA256 or SHA512";
}

static const char *
set_parameter(struct otpauth *parts, const char *name, const char *value)
{
	uint64_t number = 0;
	const char *end = digits_read(value, PERIOD_MAX, &number);
	bool is_number = end && *end == '\0';

	if (strcasecmp(name, "secret") == 0)
		parts->secret = value;
	else if (strcasecmp(name, "algorithm") == 0)
		return set_algorithm(&parts->kind, value);
	else if (strcasecmp(name, "digits") == 0) {
		if (!is_number || number < 6 || number > 8)
			return "digits= takes 6, 7 or 8";
		parts->kind.digits = (unsigned)number;
	} else if (strcasecmp(name, "period") == 0) {
		if (!is_number || number == 0)
			return "period= takes 1 to 3600 seconds";
		parts->kind.period = (unsigned)number;
	}
	return NULL;
}

static const char *
parse_query(char *query, struct otpauth *parts)
{
	char *next;

	for (char *name = query; name; name = next) {
		next = strchr(name, '&');
		if (next)
			*next++ = '\0';
		char *value = strchr(name, '=');

		if (!value)
			continue;
		*value++ = '\0';
		const char *why = unescape(value) ? set_parameter(parts, name, value)
						  : "has a broken % in it";

		if (why)
			return why;
	}
	return NULL;
}

const char *
otpauth_parse(char *uri, struct otpauth *parts)
{
	char *label = uri + strlen(TOTP), *query, *colon;
	const char *why = NULL;

	*parts = (struct otpauth){ .kind = TOTP_USUAL };
	if (strncasecmp(uri, TOTP, strlen(TOTP)) != 0)
		return "begins with otpauth://totp/; codes that count have no place here";
	query = strchr(label, '?');
	if (query) {
		*query++ = '\0';
		why = parse_query(query, parts);
	}
	if (why)
		return why;
	if (!parts->secret)
		return "has no secret=BASE32";
	if (!unescape(label))
		return "has a broken % in it";
	colon = strchr(label, ':');
	parts->account = colon ? colon + 1 + strspn(colon + 1, " ") : label;
	return NULL;
}
