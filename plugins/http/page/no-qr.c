/* SPDX-License-Identifier: MIT */
/* Replaces qr.c in a build without libqrencode. */
#include "http/page/page.h"

enum MHD_Result
page_answer_qr(struct request *request)
{
	return reply_error(request, MHD_HTTP_NOT_FOUND, "this murald has no libqrencode");
}
