/* SPDX-License-Identifier: MIT */
/*
 * Operators: what they can ask of the wall through the control socket, and what they have
 * put in force.  Each verb of lib/wall-verbs.h has a function here, in a file verbs-*.c.
 * What is in force outlives murald: operators-state.c writes it down and reads it again.
 *
 * The main thread's.
 */
#pragma once

#include <stdint.h>
#include <time.h>
#include <uv.h>

#include "canvas/reins.h"
#include "control/call.h"
#include "control/control.h"
#include "control/state.h"
#include "hud/hud.h"
#include "ingest/top.h"
#include "limits/bans.h"
#include "plugin/registry.h"

struct wall;

/* verbs-top.c's */
struct operators_top {
	struct top_watch watch;       /* .top NULL: it does not watch */
	json_t *sources;              /* of the last second; NULL: not known yet */
	struct control_call *waiting; /* for that, linked by `data` */
	unsigned idle;                /* seconds since somebody asked */
};

/* Pictures that operators are sending, verbs-picture.c's. */
struct operators_upload {
	uint8_t *bytes; /* that came so far; NULL: nobody sends it */
	size_t len;
	uint64_t heard_ms;         /* of the last piece, uv_now() */
	char who[CONTROL_WHO_MAX]; /* sends it */
};

#define UPLOADS_MAX 4

struct operators_uploads {
	struct operators_upload all[UPLOADS_MAX];
	uv_timer_t over;
};

/* Tells plugins what was done; host-control.c. */
void operators_tell_act(const struct control_call *call);

struct operators_switch;

/* What operators have to say to all. */
struct notice {
	char text[HUD_NOTICE_MAX]; /* empty: nothing */
	char who[CONTROL_WHO_MAX];
	int64_t since_s, until_s; /* CLOCK_REALTIME; until 0: until it is taken away */
};

struct operators {
	struct control control;
	struct control_state state;
	uint64_t started_ns;          /* uv_hrtime() */
	struct control_call *reloads; /* calls that wait for one, linked by `data` */
	struct control_call *snapshots, *next_snapshots; /* for this and the next one */
	struct bans bans;
	uv_timer_t bans_over;         /* the next of them is */
	struct timespec frozen_since; /* of a part or all; tv_sec 0: nothing is */
	uv_timer_t highlight_over;
	struct operators_top top;
	bool blank;  /* the screens are */
	json_t *off; /* the names of instances; NULL: none was ever */
	struct operators_switch *switching; /* NULL: none is */
	struct notice notice;
	uv_timer_t notice_over;
	bool told_frozen;   /* what services were told of last */
	unsigned restoring; /* acts of the start that are not over yet */
	struct operators_uploads uploads;
	unsigned pictures; /* being decoded or encoded */
	bool grabbing;     /* one at a time */
};

/* Restores what was in force when murald ended, before anybody can paint.  Runs the loop
 * until it is done. */
void operators_restore(struct wall *wall);

void operators_start(struct wall *wall);

/* After a reload, which put the new config in force or did not. */
void operators_reloaded(struct wall *wall, bool in_force);

/* The loop turns once more before the next one: whatever is asked in it is told that the
 * wall stops. */
void operators_refuse(struct wall *wall);

/* Refuses further questions; those already asked may still be in progress.  Accepts a
 * wall where they never started, as does the next. */
void operators_stop(struct wall *wall);

/* Waits until what is in force is saved, which needs the reins: before they are freed.
 * Accepts a wall where they never started. */
void operators_settle(struct wall *wall);

/* When nothing goes on any more. */
void operators_finish(struct wall *wall);

struct wall *operators_wall(const struct control_call *call);

/* Writes down what is in force, then answers; takes over `is`. */
void operators_keep(struct control_call *call, json_t *is);

/* ---- verbs-ban.c */

/* Calls back at that second since 1970, and once a day before, since the clock may be
 * set; 0: never. */
void operators_wake_at(uv_timer_t *timer, uv_timer_cb callback, int64_t when_s);

/* Puts the bans in force; `done` may be NULL.  0 or -errno. */
int bans_apply(struct wall *wall, reins_cb *done, void *arg);

/* Removes those that are over, and waits for the next one. */
void bans_schedule(struct wall *wall);

/* An object's time as text, in seconds since 1970. */
void json_set_time(json_t *object, const char *name, int64_t seconds);
int64_t json_get_time(const json_t *object, const char *name); /* 0: it has none */

/* {"net": ..., "since": ..., "until"?, "why"?, "who", "out"?} and back; false: it is none
 * or is over. */
json_t *ban_json(const struct ban *ban);
bool ban_from_json(struct operators *operators, const json_t *line);

control_run verb_ban, verb_unban, verb_bans;

/* ---- verbs-share.c */

/* Answers with the reason why an act of the reins failed. */
void verb_fail(struct control_call *call, int error);

/* The same to each call of a list linked by `data`, because the wall stops. */
void verbs_fail_stopping(struct control_call **calls);

/* The rectangle of the call; NULL: the whole canvas. */
const struct mural_rect *verb_rect(
	const struct control_call *call, struct mural_rect *rect);

/* Answers with what an act of the hand did, and more; takes over `is`. */
void verb_painted(struct control_call *call, const struct reins_done *done, json_t *is);

/* The same, or why it failed; arg is the call. */
void verb_on_painted(void *arg, const struct reins_done *done);

/* ---- verbs-picture.c */

/* A picture that came with a call. */
struct picture {
	struct control_call *call;
	struct mural_rect rect; /* of the canvas, inside it */
	uint32_t *pixels;       /* 0xaarrggbb, row by row, alpha not multiplied in */
	/* private */
	void (*then)(struct picture *picture);
	uv_work_t work;
	uint32_t width, height; /* of the canvas */
	uint8_t *bytes;         /* of the file */
	size_t len;
	int error;
	char why[128];
};

void uploads_start(struct wall *wall);
void uploads_stop(struct wall *wall);

/* Takes the picture of a call, "png", of which this may be one piece, and has it decoded;
 * then calls then(), which answers the call and frees the picture.  If anything is wrong,
 * answers.  From then on the call has the picture's place as "rect". */
void verb_picture(struct control_call *call, void (*then)(struct picture *picture));

void picture_free(struct picture *picture);

/* ---- verbs-source.c */
control_run verb_who, verb_undo, verb_highlight;

/* ---- verbs-display.c */
control_run verb_blank;

/* ---- verbs-plugin.c */

/* Notes whether operators have switched the instance of that name off. */
void plugin_set_off(struct wall *wall, const char *name, bool off);

/* Before they are opened. */
void plugins_keep_off(struct wall *wall, struct plugins *plugins);

/* Gives up what is being switched. */
void plugin_switch_stop(struct wall *wall);

control_run verb_plugin;

/* ---- verbs-restore.c */
control_run verb_restore;

/* ---- verbs-top.c */

/* Nobody watches any more. */
void top_stop(struct wall *wall);

control_run verb_top;

/* ---- verbs-canvas.c */

/* The most rectangles that are told, and written down, as protected; more become a mask.
 */
#define CLOSED_MAX 1000

/* What is closed in that way, as an array of {NAME: "WxH+X+Y"}, the first `most`. */
json_t *closed_json(
	struct wall *wall, enum reins_closed kind, const char *name, size_t most);

control_run verb_freeze, verb_thaw, verb_protect, verb_unprotect, verb_protected,
	verb_clear, verb_paint;

/* ---- verbs-grab.c */
control_run verb_grab;

/* ---- verbs-notice.c */

/* {"text": ..., "since": ..., "until"?, "who"}; null: there is none. */
json_t *notice_json(const struct notice *notice);

/* False: it is none, or is over. */
bool notice_from_json(struct notice *notice, const json_t *line);

/* Shows it where it is to be seen, and waits for its end. */
void notice_show(struct wall *wall);

/* Shows what is frozen, and tells services if the canvas is now and was not, or the other
 * way round. */
void notice_frozen(struct wall *wall);

control_run verb_notice;

/* ---- verbs-status.c */
control_run verb_status, verb_acts, verb_verbs;

/* ---- verbs-daemon.c */

/* Tells those who wait for either that the wall stops. */
void operators_end_waiting(struct operators *operators);

control_run verb_snapshot, verb_reload;
