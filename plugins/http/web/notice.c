/* SPDX-License-Identifier: MIT */
/* Makes JSON of what those who look at the wall should be told. */
#include "http/web/notice.h"

json_t *
notice_json(struct mural_host *host)
{
	struct mural_notice notice = { .size = sizeof(notice), .text = "" };

	mural_current_notice(host, &notice);
	return json_pack("{s:s, s:I, s:b}", "text", notice.text, "until",
		(json_int_t)notice.until, "frozen", notice.frozen);
}
