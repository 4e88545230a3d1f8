/* SPDX-License-Identifier: MIT */
/* Asks libraries for their versions by the names of their functions, as plugins bring
 * along libraries of which murald itself knows nothing. */
#include "base/libraries.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

typedef const char *version_function(void *nothing);

/* `teller` NULL: it does not tell, or not without being set up, or is loaded out of sight
 * of whoever asks, as libbpf by the module that needs it. */
static const struct {
	const char *name, *teller;
	bool is_text; /* the teller is no function, but a pointer to the text */
} libraries[] = {
	{ "libuv", "uv_version_string", false },
	{ "libpng", "png_get_libpng_ver", false },
	{ "zlib", "zlibVersion", false },
	{ "jansson", "jansson_version_str", false },
	{ "libqrencode", "QRcode_APIVersionString", false },
	{ "fribidi", "fribidi_version_info", true },
	{ "freetype2", NULL, false },
	{ "libdrm", NULL, false },
	{ "libpcap", "pcap_lib_version", false },
	{ "libbpf", NULL, false },
	{ "liboath", "oath_check_version", false },
	{ "libmicrohttpd", "MHD_get_version", false },
	{ "sqlite3", "sqlite3_libversion", false },
	{ "hiredis", NULL, false },
	{ "libzstd", "ZSTD_versionString", false },
};

const size_t library_count = ARRAY_LEN(libraries);

/* From configure: "libuv=1.44.2 libpng=1.6.39 ..." */
static const char built_with[] = BUILT_WITH;

static void
find_built_for(const char *name, char *version, size_t len)
{
	const char *at = built_with;
	size_t name_len = strlen(name);

	*version = '\0';
	while ((at = strstr(at, name)) != NULL) {
		if ((at == built_with || at[-1] == ' ') && at[name_len] == '=') {
			at += name_len + 1;
			snprintf(version, len, "%.*s", (int)strcspn(at, " "), at);
			return;
		}
		at += name_len;
	}
}

/* NULL: it is not there. */
static const char *
find_version(size_t index, void *object)
{
	const char *teller = libraries[index].teller;
	void *symbol = teller ? dlsym(object ? object : RTLD_DEFAULT, teller) : NULL;
	version_function *function;

	if (!symbol)
		return NULL;
	if (libraries[index].is_text)
		return *(const char **)symbol;
	/* a function pointer cannot be cast from an object's, but copied */
	memcpy(&function, &symbol, sizeof(function));
	return function(NULL);
}

bool
library_query(size_t index, void *object, struct library *library)
{
	const char *text = find_version(index, object);

	*library = (struct library){ .name = libraries[index].name };
	find_built_for(library->name, library->built_for, sizeof(library->built_for));
	if (!text)
		return false;
	text += strcspn(text, "0123456789"); /* some begin with their names */
	snprintf(library->version, sizeof(library->version), "%.*s",
		(int)strspn(text, "0123456789."), text);
	library->is_older = strverscmp(library->version, library->built_for) < 0;
	return true;
}
