/* SPDX-License-Identifier: MIT */
/* The board's film: every cell that was set, from its log. */
#ifndef HTTP_HISTORY_GIF_BOARD_H
#define HTTP_HISTORY_GIF_BOARD_H

#include "http/history/gif-job.h"

/* Of the board as it was at first, all in the first colour, and then after each cell that
 * was set; or, when those are more than a film has frames, after so many of them, evenly
 * spread. */
extern const struct gif_job_ops board_gif_ops;

#endif
