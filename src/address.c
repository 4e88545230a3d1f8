/* SPDX-License-Identifier: MIT */
/* Looks through the interfaces. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <uv.h>

static bool
is_link_local(const uv_interface_address_t *one)
{
	return one->address.address4.sin_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&one->address.address6.sin6_addr);
}

static int
as_text(const uv_interface_address_t *one, char text[ADDRESS_TEXT_MAX])
{
	if (one->address.address4.sin_family == AF_INET)
		return uv_ip4_name(&one->address.address4, text, ADDRESS_TEXT_MAX);
	return uv_ip6_name(&one->address.address6, text, ADDRESS_TEXT_MAX);
}

int
address_of_host(int family, char text[ADDRESS_TEXT_MAX])
{
	uv_interface_address_t *all, *best = NULL;
	int n, ret = -ENOENT;

	if (uv_interface_addresses(&all, &n) < 0)
		return -ENOENT;
	for (int i = 0; i < n; i++) {
		if (all[i].address.address4.sin_family != family ||
			is_link_local(&all[i]))
			continue;
		if (!best || (best->is_internal && !all[i].is_internal))
			best = &all[i];
	}
	if (best)
		ret = as_text(best, text);
	uv_free_interface_addresses(all, n);
	return ret;
}
