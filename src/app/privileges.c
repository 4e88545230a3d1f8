/* SPDX-License-Identifier: MIT */
/* Drops privileges in the order that the kernel requires: see capabilities(7). */
#include "app/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "lib/address.h"

#define GROUPS_MAX 256
#define CARDS "/dev/dri"

static int
log_errno(const char *what)
{
	int error = errno;

	log_error("privileges: %s: %s", what, strerror(error));
	return -error;
}

/* ------------------------------------------------------------------ capabilities */

static int
get_capabilities(uint64_t *effective, uint64_t *permitted)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return log_errno("cannot read the capabilities");
	*effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

static int
set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)keep, .permitted = (uint32_t)keep },
		{ .effective = (uint32_t)(keep >> 32),
			.permitted = (uint32_t)(keep >> 32) },
	};

	if (syscall(SYS_capset, &header, data) < 0)
		return log_errno("cannot drop capabilities");
	return 0;
}

/* Of one address or several. */
static bool
is_low_port(const char *list)
{
	char address[ADDRESS_WORD_MAX];

	while ((list = address_next(list, address, sizeof(address)))) {
		uint16_t port = address_port(address);

		if (port > 0 && port < 1024)
			return true;
	}
	return false;
}

static bool
has_low_port(const struct mural_option *options, const void *config)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		if ((o->type == MURAL_TYPE_ADDRESS || o->type == MURAL_TYPE_ADDRESSES) &&
			is_low_port(*(char *const *)((const char *)config + o->offset)))
			return true;
	return false;
}

static uint64_t
wanted_capabilities(const struct instance *instance)
{
	const struct mural_plugin *plugin = instance->plugin;
	uint64_t wanted =
		plugin->capabilities ? plugin->capabilities(instance->config) : 0;

	if (has_low_port(plugin->options, instance->config) ||
		has_low_port(plugin_common_options(plugin), &instance->common))
		wanted |= UINT64_C(1) << CAP_NET_BIND_SERVICE;
	return wanted;
}

bool
privileges_have(unsigned capability)
{
	uint64_t effective = 0, permitted;

	return get_capabilities(&effective, &permitted) == 0 &&
	       effective >> capability & 1;
}

bool
privileges_suffice(const struct instance *instance)
{
	uint64_t effective = 0, permitted;

	return get_capabilities(&effective, &permitted) < 0 ||
	       (wanted_capabilities(instance) & ~effective) == 0;
}

/* At most those that root has now: a container's root has few. */
static int
choose_capabilities(const struct plugins *plugins, uint64_t *keep)
{
	uint64_t effective, permitted;
	int ret = get_capabilities(&effective, &permitted);

	if (ret < 0)
		return ret;
	*keep = 0;
	for (const struct instance *i = plugins->instances; i; i = i->next)
		*keep |= wanted_capabilities(i);
	*keep &= permitted;
	return 0;
}

/* So that running a program cannot bring back what is not kept. */
static int
drop_bounding_set(uint64_t keep)
{
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(keep >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return log_errno(
				"cannot drop capabilities from the bounding set");
	return 0;
}

static const char *
format_capabilities(uint64_t keep, char *text, size_t len)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ CAP_NET_RAW, "CAP_NET_RAW" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE" },
	};
	size_t used = 0;

	snprintf(text, len, " none");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (keep >> names[i].number & 1) {
			used += snprintf(text + used, len - used, " %s", names[i].name);
			keep &= ~(UINT64_C(1) << names[i].number);
		}
	if (keep)
		snprintf(text + used, len - used, " 0x%llx", (unsigned long long)keep);
	return text;
}

/* For a user who is not root, but was given what loading BPF programs takes. */
static int
drop_bpf(const struct plugins *plugins)
{
	uint64_t effective, permitted, wanted, drop;
	int ret = get_capabilities(&effective, &permitted);

	if (ret < 0 || geteuid() == 0 || !(permitted >> CAP_BPF & 1))
		return ret;
	if ((ret = choose_capabilities(plugins, &wanted)) < 0)
		return ret;
	drop = UINT64_C(1) << CAP_BPF | UINT64_C(1) << CAP_PERFMON |
	       UINT64_C(1) << CAP_NET_ADMIN;
	return set_capabilities(permitted & (wanted | ~drop));
}

/* ------------------------------------------------------------------ the user */

/* Adds the groups that own graphics cards, so that a card plugged in later can be opened;
 * never root's. */
static int
add_card_groups(gid_t *groups, int n)
{
	DIR *folder = opendir(CARDS);
	const struct dirent *entry;
	struct stat st;

	if (!folder)
		return n;
	while (n < GROUPS_MAX && (entry = readdir(folder))) {
		bool known = false;

		if (strncmp(entry->d_name, "card", 4) != 0 ||
			fstatat(dirfd(folder), entry->d_name, &st, 0) < 0)
			continue;
		for (int i = 0; i < n; i++)
			known |= groups[i] == st.st_gid;
		if (!known && st.st_gid != 0)
			groups[n++] = st.st_gid;
	}
	closedir(folder);
	return n;
}

static int
become_user(const struct config *config, const struct passwd *user)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		n = GROUPS_MAX;
	if (config->display.output != OUTPUT_HEADLESS)
		n = add_card_groups(groups, n);
	if (setgroups(n, groups) < 0 ||
		setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return log_errno("cannot become the user that server.user names");
	return 0;
}

static int
change_user(const struct config *config, const struct plugins *plugins)
{
	const struct passwd *user = getpwnam(config->server.user);
	char text[128];
	uint64_t keep;
	int ret;

	if (!user || user->pw_uid == 0) {
		log_error(
			"privileges: server.user: there is no such user, or it is root");
		return -ENOENT;
	}
	if (geteuid() != 0) {
		if (geteuid() != user->pw_uid)
			log_warn(
				"privileges: not started as root, so it cannot become %s",
				config->server.user);
		return 0;
	}
	if ((ret = choose_capabilities(plugins, &keep)) < 0 ||
		(ret = drop_bounding_set(keep)) < 0)
		return ret;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return log_errno("cannot keep capabilities");
	if ((ret = become_user(config, user)) < 0 || (ret = set_capabilities(keep)) < 0)
		return ret;
	(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	/* only meant for programs that this one would run */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* no core file, and no other process of that user reads the memory */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return log_errno("cannot forbid core files");
	log_info("privileges: running as %s, capabilities:%s", config->server.user,
		format_capabilities(keep, text, sizeof(text)));
	return 0;
}

/* ------------------------------------------------------------------ Landlock */

static int
allow_renaming(int ruleset)
{
	struct landlock_path_beneath_attr everywhere = {
		.allowed_access = LANDLOCK_ACCESS_FS_REFER,
		.parent_fd = open("/", O_PATH | O_CLOEXEC),
	};
	int ret = everywhere.parent_fd < 0 ? -1 : 0;

	if (ret == 0)
		ret = (int)syscall(SYS_landlock_add_rule, ruleset,
			LANDLOCK_RULE_PATH_BENEATH, &everywhere, 0);
	if (everywhere.parent_fd >= 0)
		close(everywhere.parent_fd);
	return ret;
}

/* Forbids to run programs.  Access to paths stays unrestricted, since a reload may name
 * others.  From its second version on, Landlock forbids renaming between folders unless a
 * rule allows it. */
static const char *
forbid_programs(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE,
	};
	int version = (int)syscall(
		SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, ret = 0;

	if (version < 1)
		return strerror(errno);
	if (version >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return strerror(errno);
	if (version >= 2)
		ret = allow_renaming(ruleset);
	if (ret == 0)
		ret = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ret < 0 ? strerror(errno) : NULL;
}

/* ------------------------------------------------------------------ all of it */

int
privileges_drop(const struct config *config, const struct plugins *plugins)
{
	struct rlimit no_core = { 0 };
	const char *why;
	int ret;

	if (getrlimit(RLIMIT_CORE, &no_core) == 0) {
		no_core.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &no_core);
	}
	plugins_prepare(plugins);
	if ((ret = drop_bpf(plugins)) < 0)
		return ret;
	if (*config->server.user) {
		ret = change_user(config, plugins);
		if (ret < 0)
			return ret;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return log_errno("cannot forbid new privileges");
	why = forbid_programs();
	log_debug("privileges: Landlock: %s%s",
		why ? "not available: " : "no program can be run", why ? why : "");
	return 0;
}
