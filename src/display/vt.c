/* SPDX-License-Identifier: MIT */
/* Has the kernel ask before it switches consoles. */
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

/* VT_RELDISP tells the kernel that it may switch. */
static void
on_leave(uv_signal_t *handle, int number)
{
	struct display_vt *vt = handle->data;

	(void)number;
	log_info("display: releasing the screens to another console");
	vt->on_leave(vt->arg);
	(void)ioctl(vt->fd, VT_RELDISP, 1);
}

static void
on_enter(uv_signal_t *handle, int number)
{
	struct display_vt *vt = handle->data;

	(void)number;
	log_info("display: our console is active again");
	(void)ioctl(vt->fd, VT_RELDISP, VT_ACKACQ);
	vt->on_enter(vt->arg);
}

static bool
is_active(const struct display_vt *vt, unsigned number)
{
	struct vt_stat state;

	return ioctl(vt->fd, VT_GETSTATE, &state) < 0 || state.v_active == number;
}

bool
vt_start(struct display_vt *vt, uv_loop_t *loop, void (*leave)(void *arg),
	void (*enter)(void *arg), void *arg)
{
	const struct vt_mode mode = {
		.mode = VT_PROCESS,
		.relsig = (short)LEAVE_SIGNAL,
		.acqsig = (short)ENTER_SIGNAL,
	};
	const unsigned number = console_number(STDIN_FILENO);

	*vt = (struct display_vt){ -1, leave, enter, arg, { 0 }, { 0 } };
	vt->leave.data = vt->enter.data = vt;
	uv_signal_init(loop, &vt->leave);
	uv_signal_init(loop, &vt->enter);
	if (number == 0)
		return true;
	uv_signal_start(&vt->leave, on_leave, LEAVE_SIGNAL);
	uv_signal_start(&vt->enter, on_enter, ENTER_SIGNAL);
	if (ioctl(STDIN_FILENO, VT_SETMODE, &mode) < 0) {
		log_warn("display: cannot follow console switches on tty%u: %s; murald "
			 "keeps the screens whatever console is active",
			number, strerror(errno));
		return true;
	}
	vt->fd = STDIN_FILENO;
	log_info("display: tty%u is our console", number);
	if (is_active(vt, number))
		return true;
	(void)ioctl(vt->fd, VT_ACTIVATE, number);
	return false;
}

void
vt_stop(struct display_vt *vt)
{
	const struct vt_mode mode = { .mode = VT_AUTO };

	if (vt->fd >= 0)
		(void)ioctl(vt->fd, VT_SETMODE, &mode);
	vt->fd = -1;
	uv_close((uv_handle_t *)&vt->leave, NULL);
	uv_close((uv_handle_t *)&vt->enter, NULL);
}
