/* SPDX-License-Identifier: MIT */
/* Has the kernel ask before it switches consoles, and keeps keys from being signals. */
#include "display/vt.h"

#include <errno.h>
#include <linux/vt.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"

/* Not used elsewhere in murald. */
#define LEAVE_SIGNAL SIGRTMIN
#define ENTER_SIGNAL (SIGRTMIN + 1)
#define TTY_MAJOR 4
#define CONSOLES 63

/* The number of the console behind a descriptor; 0: it is none. */
static unsigned
console_number(int fd)
{
	struct stat file;

	if (fstat(fd, &file) < 0 || !S_ISCHR(file.st_mode) ||
		major(file.st_rdev) != TTY_MAJOR || minor(file.st_rdev) > CONSOLES)
		return 0;
	return minor(file.st_rdev);
}

/* ------------------------------------------------------------------ its keys */

/* Ctrl-C ends a wall that was started in a shell, but not one that has the console to
 * itself, whose keyboard any passer-by may reach. */
static void
take_keys(struct display_vt *vt)
{
	struct termios quiet;

	if (!vt->own_console || tcgetattr(vt->fd, &quiet) < 0)
		return;
	if (!vt->keys_taken)
		vt->keys = quiet;
	vt->keys_taken = true;
	quiet.c_iflag &= ~(tcflag_t)(IXON | IMAXBEL);
	quiet.c_lflag &= ~(tcflag_t)(ISIG | ICANON | ECHO);
	(void)tcsetattr(vt->fd, TCSANOW, &quiet);
}

/* What was typed at the wall must not reach a login prompt. */
static void
give_keys_back(struct display_vt *vt)
{
	if (vt->keys_taken)
		(void)tcsetattr(vt->fd, TCSAFLUSH, &vt->keys);
}

/* ------------------------------------------------------------------ the handover */

static int
follow_switches(const struct display_vt *vt)
{
	const struct vt_mode mode = {
		.mode = VT_PROCESS,
		.relsig = (short)LEAVE_SIGNAL,
		.acqsig = (short)ENTER_SIGNAL,
	};

	return ioctl(vt->fd, VT_SETMODE, &mode);
}

/* False when that failed because somebody hung the console up: then every request does,
 * and the kernel waits for an answer that cannot come. */
static bool
answer_kernel(const struct display_vt *vt, int answer)
{
	return ioctl(vt->fd, VT_RELDISP, answer) == 0 || errno != EIO;
}

static void
stop_following(struct display_vt *vt)
{
	log_warn("display: another program took tty%u away; murald keeps the screens "
		 "whatever console is active, until it is restarted",
		vt->number);
	uv_signal_stop(&vt->leave);
	uv_signal_stop(&vt->enter);
}

/* The kernel switches once it was told that it may. */
static void
on_leave(uv_signal_t *handle, int number)
{
	struct display_vt *vt = handle->data;

	(void)number;
	log_info("display: releasing the screens to another console");
	vt->on_leave(vt->arg);
	if (answer_kernel(vt, 1))
		return;
	stop_following(vt);
	vt->on_enter(vt->arg);
}

static void
on_enter(uv_signal_t *handle, int number)
{
	struct display_vt *vt = handle->data;

	(void)number;
	log_info("display: our console is active again");
	if (!answer_kernel(vt, VT_ACKACQ))
		stop_following(vt);
	take_keys(vt);
	vt->on_enter(vt->arg);
}

/* Whether another console is in front, and somebody has it open, if only a login prompt.
 */
static bool
is_another_in_use(const struct display_vt *vt)
{
	struct vt_stat state;

	return ioctl(vt->fd, VT_GETSTATE, &state) == 0 && state.v_active != vt->number &&
	       state.v_active < 16 && state.v_state >> state.v_active & 1;
}

static bool
is_active(const struct display_vt *vt)
{
	struct vt_stat state;

	return ioctl(vt->fd, VT_GETSTATE, &state) < 0 || state.v_active == vt->number;
}

/* ------------------------------------------------------------------ start and stop */

bool
vt_start(struct display_vt *vt, uv_loop_t *loop, void (*leave)(void *arg),
	void (*enter)(void *arg), void *arg)
{
	*vt = (struct display_vt){ .fd = -1, .on_leave = leave, .on_enter = enter };
	vt->arg = arg;
	vt->number = console_number(STDIN_FILENO);
	vt->own_console = getsid(0) == getpid();
	vt->leave.data = vt->enter.data = vt;
	uv_signal_init(loop, &vt->leave);
	uv_signal_init(loop, &vt->enter);
	if (vt->number == 0)
		return true;
	uv_signal_start(&vt->leave, on_leave, LEAVE_SIGNAL);
	uv_signal_start(&vt->enter, on_enter, ENTER_SIGNAL);
	vt->fd = STDIN_FILENO;
	take_keys(vt);
	if (follow_switches(vt) < 0) {
		log_warn("display: cannot follow console switches on tty%u: %s; murald "
			 "keeps the screens whatever console is active",
			vt->number, strerror(errno));
		return true;
	}
	log_info("display: tty%u is our console", vt->number);
	if (is_active(vt))
		return true;
	if (is_another_in_use(vt))
		log_info("display: another console is in front; Ctrl-Alt-F%u shows the "
			 "wall",
			vt->number);
	else
		(void)ioctl(vt->fd, VT_ACTIVATE, vt->number);
	return false;
}

void
vt_stop(struct display_vt *vt)
{
	const struct vt_mode mode = { .mode = VT_AUTO };

	if (vt->fd >= 0) {
		(void)ioctl(vt->fd, VT_SETMODE, &mode);
		give_keys_back(vt);
	}
	vt->fd = -1;
	uv_close((uv_handle_t *)&vt->leave, NULL);
	uv_close((uv_handle_t *)&vt->enter, NULL);
}
