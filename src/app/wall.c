/* SPDX-License-Identifier: MIT */
/* Starts the parts of the wall in order, waits for a signal, and stops them again. */
#include "app/wall.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/privileges.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/util.h"

static const int signal_numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

static void
on_signal(uv_signal_t *handle, int number)
{
	struct wall *wall = handle->data;

	switch (number) {
	case SIGUSR1:
		snapshot_save(&wall->snapshot);
		break;
	case SIGHUP:
		reload_begin(wall);
		break;
	default:
		log_info("stopping: %s", number == SIGINT ? "SIGINT" : "SIGTERM");
		uv_stop(handle->loop);
	}
}

/* Signals are blocked while parts start and stop: one that killed murald half-way would
 * leave behind what plugins changed for its run. */
static void
block_signals(bool block)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signal_numbers); i++)
		sigaddset(&set, signal_numbers[i]);
	pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static bool
is_alive(void *wall)
{
	return ingest_is_alive(&((struct wall *)wall)->ingest);
}

/* Whether people reach this machine at an address that was not in the log's hints. */
static bool
is_found_elsewhere(struct wall *wall)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char address[ADDRESS_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if (host_address_get(families[i], address) < 0 ||
			host_address_is_loopback(address) ||
			strcmp(address, wall->hinted[i]) == 0)
			continue;
		memcpy(wall->hinted[i], address, sizeof(address));
		any = true;
	}
	return any;
}

static void
on_addresses(struct host_address_watch *watch)
{
	struct wall *wall = container_of(watch, struct wall, addresses);

	hud_status_readdress(&wall->hud_status);
	if (is_found_elsewhere(wall))
		ingest_log_hints(&wall->ingest);
}

static void
run_until_signal(struct wall *wall)
{
	uv_signal_t signals[ARRAY_LEN(signal_numbers)];

	for (size_t i = 0; i < ARRAY_LEN(signal_numbers); i++) {
		uv_signal_init(&wall->loop, &signals[i]);
		signals[i].data = wall;
		uv_signal_start(&signals[i], on_signal, signal_numbers[i]);
	}
	reload_start(wall);
	block_signals(false);
	sd_notify_ready(&wall->notify, &wall->loop, is_alive, wall);
	(void)is_found_elsewhere(wall);
	ingest_log_hints(&wall->ingest);
	/* without it HUD and log keep the addresses of the start */
	wall->watching_addresses = host_address_watch_start(&wall->addresses, &wall->loop,
					   on_addresses) == 0;
	uv_run(&wall->loop, UV_RUN_DEFAULT);
	sd_notify_stopping(&wall->notify);
	operators_refuse(wall);
	/* from here on only SIGKILL or a second SIGINT prevents the last snapshot */
	block_signals(true);
	reload_stop(wall);
	if (wall->watching_addresses)
		host_address_watch_stop(&wall->addresses);
	for (size_t i = 0; i < ARRAY_LEN(signal_numbers); i++) {
		uv_close((uv_handle_t *)&signals[i], NULL);
		if (signal_numbers[i] != SIGINT)
			signal(signal_numbers[i], SIG_IGN);
	}
	uv_run(&wall->loop, UV_RUN_NOWAIT);
	block_signals(false);
}

static int
create_hud(struct wall *wall)
{
	if (!display_wanted(&wall->display))
		return 0;
	wall->hud = hud_new();
	if (!wall->hud)
		log_error("hud: out of memory or descriptors");
	hud_status_dress(&wall->hud_status, wall->hud, &wall->now->config.display);
	return wall->hud ? 0 : -ENOMEM;
}

/* The canvas is as large as the config says, or as the display is; while the screen is
 * off, as it was the last time. */
static int
create_canvas(struct wall *wall, const struct config_canvas *config)
{
	struct mural_dimensions size = config->size;
	bool waits_for_screen =
		display_wanted(&wall->display) && !wall->display.found_screen;
	int ret;

	if (size.width == 0 && !(waits_for_screen && snapshot_find_size(config, &size)))
		size = (struct mural_dimensions){ wall->display.width,
			wall->display.height };
	ret = canvas_init(&wall->canvas, size.width, size.height, config->background);
	if (ret == 0 && config->owners)
		ret = canvas_keep_owners(&wall->canvas);
	if (ret < 0)
		log_error("canvas: %ux%u: %s", size.width, size.height, uv_strerror(ret));
	else
		log_info("canvas: %ux%u", size.width, size.height);
	return ret;
}

static int
create_reins(struct wall *wall)
{
	wall->reins = reins_new(&wall->canvas, &wall->loop);
	if (!wall->reins) {
		log_error("canvas: out of memory or descriptors");
		return -ENOMEM;
	}
	operators_restore(wall);
	return 0;
}

static void
on_said(struct ingest *ingest)
{
	hud_status_wake(&container_of(ingest, struct wall, ingest)->hud_status);
}

static int
wall_start(struct wall *wall)
{
	const struct config *config = &wall->now->config;
	struct plugins *plugins = &wall->now->plugins;
	int ret;

	if ((ret = display_open(&wall->display, &config->display)) < 0 ||
		/* from here on, whatever can be attacked has as few rights as possible */
		(ret = privileges_drop(config, plugins)) < 0 ||
		/* its threads inherit what is forbidden then */
		(ret = pool_start(&wall->loop)) < 0 ||
		(ret = create_canvas(wall, &config->canvas)) < 0 ||
		(ret = snapshot_restore(
			 &wall->snapshot, &config->canvas, &wall->canvas)) < 0 ||
		(ret = create_reins(wall)) < 0 || (ret = create_hud(wall)) < 0 ||
		(ret = display_start(&wall->display, &wall->canvas, wall->hud)) < 0 ||
		(ret = record_start(&wall->record, &config->record, &wall->canvas,
			 &wall->loop)) < 0 ||
		(ret = ingest_start(
			 &wall->ingest, config, &wall->canvas, plugins, &wall->loop)) < 0)
		return ret;
	if (wall->hud &&
		(ret = hud_status_start(&wall->hud_status, wall->hud, &wall->ingest,
			 &wall->canvas, config->record.file, &wall->loop)) < 0)
		return ret;
	wall->ingest.on_said = on_said;
	snapshot_start(&wall->snapshot, &wall->loop);
	operators_start(wall);
	return 0;
}

/* Accepts a wall of which only some parts started. */
static void
wall_stop(struct wall *wall)
{
	operators_stop(wall);
	hud_status_stop(&wall->hud_status);
	ingest_stop(&wall->ingest);
	operators_settle(wall);
	reins_free(wall->reins);
	operators_finish(wall);
	snapshot_stop(&wall->snapshot);
	record_stop(&wall->record);
	display_stop(&wall->display);
	hud_free(wall->hud);
	canvas_finish(&wall->canvas);
	display_close(&wall->display);
}

/* Every client is a descriptor, and the soft limit is often 1024. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* libuv aborts when it is the one that finds too few to begin with.  A whole wall wants
 * more, and each part says so itself. */
static bool
has_descriptors_to_begin_with(void)
{
	int descriptors[8];
	struct rlimit limit = { 0 };
	size_t n = 0;

	while (n < ARRAY_LEN(descriptors) &&
		(descriptors[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
		n++;
	for (size_t i = 0; i < n; i++)
		close(descriptors[i]);
	if (n == ARRAY_LEN(descriptors))
		return true;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	log_error("murald: too few file descriptors: the limit is %llu; raise it, with "
		  "ulimit -n or LimitNOFILE= of the service",
		(unsigned long long)limit.rlim_cur);
	return false;
}

int
wall_run(struct generation *initial, int argc, char *argv[])
{
	struct wall wall = {
		.argc = argc,
		.argv = argv,
		.initial = initial,
		.now = initial,
	};
	int ret;

	raise_descriptor_limit();
	if (!has_descriptors_to_begin_with())
		return EXIT_RUNTIME;
	ret = uv_loop_init(&wall.loop);
	if (ret < 0) {
		log_error("murald: cannot create an event loop: %s", uv_strerror(ret));
		return EXIT_RUNTIME;
	}
	block_signals(true);
	ret = wall_start(&wall);
	if (ret == 0) {
		run_until_signal(&wall);
		ingest_log_counters(&wall.ingest);
	}
	wall_stop(&wall);
	wall_free_generation(&wall, wall.now);
	uv_loop_close(&wall.loop);
	return ret < 0 ? EXIT_RUNTIME : EXIT_SUCCESS;
}

void
wall_free_generation(struct wall *wall, struct generation *generation)
{
	if (!generation)
		return;
	plugins_unload(&generation->plugins);
	if (generation == wall->initial)
		return;
	config_finish(&generation->config);
	free(generation);
}
