/* SPDX-License-Identifier: MIT */
/* Asks libraries for their versions by the names of their functions, as plugins bring
 * along libraries of which murald itself knows nothing. */
#include "base/libraries.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

typedef const char *version_function(void *nothing);

static const struct {
	const char *name, *function;
} libraries[] = {
	{ "libuv", "uv_version_string" },
	{ "libpng", "png_get_libpng_ver" },
	{ "zlib", "zlibVersion" },
	{ "libqrencode", "QRcode_APIVersionString" },
	{ "libpcap", "pcap_lib_version" },
	{ "libmicrohttpd", "MHD_get_version" },
	{ "liboath", "oath_check_version" },
	{ "sqlite3", "sqlite3_libversion" },
	{ "jansson", "jansson_version_str" },
	{ "libzstd", "ZSTD_versionString" },
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

bool
library_query(size_t index, void *object, struct library *library)
{
	/* a function pointer cannot be cast from an object's, but copied */
	void *symbol = dlsym(object ? object : RTLD_DEFAULT, libraries[index].function);
	version_function *function;
	const char *text;

	if (!symbol)
		return false;
	memcpy(&function, &symbol, sizeof(function));
	text = function(NULL);
	text += strcspn(text, "0123456789"); /* libpcap begins with its name */
	library->name = libraries[index].name;
	snprintf(library->version, sizeof(library->version), "%.*s",
		(int)strspn(text, "0123456789."), text);
	find_built_for(library->name, library->built_for, sizeof(library->built_for));
	library->is_older = strverscmp(library->version, library->built_for) < 0;
	return true;
}
