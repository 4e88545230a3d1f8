/* SPDX-License-Identifier: MIT */
/*
 * The URIs that authenticator apps exchange as QR codes:
 *
 *     otpauth://totp/ISSUER:ACCOUNT?secret=BASE32&algorithm=SHA1&digits=6&period=30
 *
 * All but the secret may be missing, and other parameters are ignored.
 */
#pragma once

#define OTPAUTH_SCHEME "otpauth://"

/* How codes are made (RFC 6238). */
struct totp_kind {
	unsigned period, digits;
	int flags; /* liboath's, which name the hash */
};

/* What apps take when nothing is said. */
#define TOTP_USUAL ((struct totp_kind){ .period = 30, .digits = 6 })

struct otpauth {
	const char *account;
	const char *secret; /* base32 */
	struct totp_kind kind;
};

/* Parses a URI in place: `parts` points into it.  NULL, or what is wrong with it. */
const char *otpauth_parse(char *uri, struct otpauth *parts);
