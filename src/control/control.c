/* SPDX-License-Identifier: MIT */
/* Starts and stops the control socket. */
#include "control/control.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "control/socket.h"

/* Whose members may use the socket, if there is such a group. */
#define GROUP "murald"
#define MODE 0660

static bool
on_client(struct listener *listener, int fd, const union peer_address *peer)
{
	(void)peer;
	control_clients_accept(container_of(listener, struct control, listener), fd);
	return true;
}

/* Before this only the owner could connect, since new files are writable to nobody
 * else. */
static void
open_to_group(const char *path)
{
	const struct group *group = getgrnam(GROUP);
	struct stat st;
	/* then chown(), which murald.service forbids, is not needed */
	bool is_its = group && stat(path, &st) == 0 && st.st_gid == group->gr_gid;

	if (group && !is_its && chown(path, (uid_t)-1, group->gr_gid) < 0)
		log_warn("control: %s: cannot give it to the group %s: %s; only its "
			 "owner may use it",
			path, GROUP, strerror(errno));
	else if (chmod(path, MODE) < 0)
		log_warn("control: %s: %s", path, strerror(errno));
}

/* A folder such as /run/murald, which systemd makes for its service. */
static void
make_folder(const char *path)
{
	char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash && slash > folder) {
		*slash = '\0';
		(void)mkdir(folder, 0755);
	}
	free(folder);
}

static void
open_socket(struct control *control, const char *path)
{
	char address[200];

	control->listener.fd = -1;
	if (!*path)
		return;
	make_folder(path);
	if ((size_t)snprintf(address, sizeof(address), "unix:%s", path) >=
			sizeof(address) ||
		listener_open(&control->listener, control->loop, "control", address,
			on_client) < 0) {
		log_warn("control: nobody can steer this wall by muralctl; set "
			 "control.socket to a path in a folder of murald's, or to "
			 "nothing");
		return;
	}
	control->socket = strdup(path);
	open_to_group(path);
	log_info("control: listening on %s", path);
}

void
control_start(struct control *control, const struct config_control *config,
	control_run *const *run, void *context, uv_loop_t *loop)
{
	*control = (struct control){ .loop = loop, .run = run, .context = context };
	control_log_open(&control->log, config->log);
	open_socket(control, config->socket);
}

void
control_reload(struct control *control)
{
	if (control->loop)
		control_log_reopen(&control->log);
}

void
control_refuse_all(struct control *control)
{
	control->stopping = true;
}

void
control_stop(struct control *control)
{
	if (!control->loop)
		return;
	control_clients_close(control);
	listener_close(&control->listener);
	free(control->socket);
	control->socket = NULL;
}

void
control_finish(struct control *control)
{
	if (control->loop)
		control_log_close(&control->log);
	control->loop = NULL;
}
