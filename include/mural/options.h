/* SPDX-License-Identifier: MIT */
/*
 * Options: what murald.conf may say to a plugin, read into a struct of its own.
 *
 * The table's `options` lists them, each made by one of the macros below.  murald checks
 * the file's values, fills in the defaults, and lists both in --list-plugins.
 */
#ifndef MURAL_OPTIONS_H
#define MURAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mural_type {
	MURAL_TYPE_BOOL = 1, /* bool            yes no true false on off */
	MURAL_TYPE_NUMBER,   /* int64_t         decimal; word i of `choices` is -1 - i */
	MURAL_TYPE_BYTES,    /* uint64_t        with K, M or G */
	MURAL_TYPE_DURATION, /* uint64_t, ms    with ms, s, min or h */
	MURAL_TYPE_COLOUR,   /* uint32_t        #rrggbb, becomes 0xffrrggbb */
	MURAL_TYPE_CHOICE,   /* uint32_t        index of a word of `choices` */
	MURAL_TYPE_TEXT,     /* const char *    never NULL, may be empty */
	MURAL_TYPE_ADDRESS, /* const char *    HOST:PORT, [V6]:PORT, unix:PATH or empty */
	MURAL_TYPE_POINT,   /* mural_point     X,Y */
	MURAL_TYPE_DIMENSIONS, /* mural_dimensions  WxH; a word of `choices` is 0x0 */
	MURAL_TYPE_SECRET,     /* const char *    never NULL or shown; may be @FILE */
	MURAL_TYPE_LIST,       /* const char *const *   words up to NULL; never NULL */
	MURAL_TYPE_PATH,       /* const char *    a whole path, or empty; never NULL */
	MURAL_TYPE_ADDRESSES,  /* const char *    several ADDRESSes, spaces between */
};

struct mural_point {
	int32_t x, y;
};

struct mural_dimensions {
	uint32_t width, height;
};

/* Binds a key of the config file to a field of the plugin's config struct.  Defaults are
 * text and are parsed like the file's values.  Fixed within one ABI number. */
struct mural_option {
	const char *name; /* the key, with `-` for `_` in the file; NULL: the end */
	uint32_t type;
	uint32_t offset;     /* of the field in the config struct */
	const char *initial; /* default, as written in murald.conf */
	const char *help;    /* one line, for --list-plugins */
	const char *choices; /* words, space separated; NULL: none, in a LIST: any */
	int64_t least, most; /* NUMBER, BYTES, DURATION: the range; both 0: any */
};

/* A field of another type than the option's does not compile. */
/* clang-format off */
#ifdef __cplusplus
#define MURAL_FIELD(config, field, ctype) \
	(offsetof(config, field) + \
	 0 * sizeof(true ? &static_cast<config *>(nullptr)->field \
			 : static_cast<ctype *>(nullptr)))
#else
#define MURAL_FIELD(config, field, ctype) \
	(offsetof(config, field) + 0 * _Generic(((config *)0)->field, ctype: 1))
#endif

#define MURAL_BOOL(config, field, initial, help) \
	{ #field, MURAL_TYPE_BOOL, MURAL_FIELD(config, field, bool), \
	  initial, help, NULL, 0, 0 }
#define MURAL_NUMBER(config, field, initial, choices, least, most, help) \
	{ #field, MURAL_TYPE_NUMBER, MURAL_FIELD(config, field, int64_t), \
	  initial, help, choices, least, most }
#define MURAL_BYTES(config, field, initial, help) \
	{ #field, MURAL_TYPE_BYTES, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_BYTES_FROM(config, field, initial, least, most, help) \
	{ #field, MURAL_TYPE_BYTES, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, least, most }
#define MURAL_DURATION(config, field, initial, help) \
	{ #field, MURAL_TYPE_DURATION, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_DURATION_FROM(config, field, initial, least, most, help) \
	{ #field, MURAL_TYPE_DURATION, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, least, most }
#define MURAL_COLOUR(config, field, initial, help) \
	{ #field, MURAL_TYPE_COLOUR, MURAL_FIELD(config, field, uint32_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_CHOICE(config, field, initial, choices, help) \
	{ #field, MURAL_TYPE_CHOICE, MURAL_FIELD(config, field, uint32_t), \
	  initial, help, choices, 0, 0 }
#define MURAL_TEXT(config, field, initial, help) \
	{ #field, MURAL_TYPE_TEXT, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
#define MURAL_ADDRESS(config, field, initial, help) \
	{ #field, MURAL_TYPE_ADDRESS, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
#define MURAL_ADDRESSES(config, field, initial, help) \
	{ #field, MURAL_TYPE_ADDRESSES, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
#define MURAL_POINT(config, field, initial, help) \
	{ #field, MURAL_TYPE_POINT, MURAL_FIELD(config, field, struct mural_point), \
	  initial, help, NULL, 0, 0 }
#define MURAL_DIMENSIONS(config, field, initial, choices, help) \
	{ #field, MURAL_TYPE_DIMENSIONS, MURAL_FIELD(config, field, struct mural_dimensions), \
	  initial, help, choices, 0, 0 }

/* A password, key or token.  The default is empty.  In the file it is the value itself or
 * @FILE, whose first line it is; murald shows and logs it nowhere. */
#define MURAL_SECRET(config, field, help) \
	{ #field, MURAL_TYPE_SECRET, MURAL_FIELD(config, field, const char *), \
	  "", help, NULL, 0, 0 }
#define MURAL_LIST(config, field, initial, choices, help) \
	{ #field, MURAL_TYPE_LIST, MURAL_FIELD(config, field, const char *const *), \
	  initial, help, choices, 0, 0 }

/* A file or folder.  A relative path, as that of @FILE, is a systemd credential if there
 * is one of that name, or else below the folder in which murald was started. */
#define MURAL_PATH(config, field, initial, help) \
	{ #field, MURAL_TYPE_PATH, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
/* clang-format on */

#ifdef __cplusplus
}
#endif
#endif
