/* SPDX-License-Identifier: MIT */
/*
 * murald lets a network paint a wall.
 *
 * Builds the parts in order, waits for a signal, takes them down in reverse.  Paint flows
 * one way: socket, plugin, brush, canvas, reader, display.  So the parts start from the
 * right, a screen before paint arrives, and stop from the left.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

#include "app/doctor/doctor.h"
#include "app/hud-status.h"
#include "app/privileges.h"
#include "app/reload.h"
#include "app/sd-notify.h"
#include "app/test-card.h"
#include "base/log.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "display/display.h"
#include "hud/hud.h"
#include "ingest/ingest.h"
#include "plugin/registry.h"
#include "storage/record.h"
#include "storage/snapshot.h"

struct wall {
	struct config config;
	struct plugins plugins;
	struct display display;
	struct canvas canvas;
	struct snapshot snapshot;
	struct record record;
	struct ingest ingest;
	struct hud *hud; /* NULL: nothing to show it on */
	struct hud_status hud_status;
	struct sd_notify notify;
	struct reload reload;
	uv_loop_t loop;
};

static void
on_signal(uv_signal_t *handle, int number)
{
	struct wall *wall = handle->data;

	switch (number) {
	case SIGUSR1:
		snapshot_save(&wall->snapshot);
		break;
	case SIGHUP:
		reload_begin(&wall->reload);
		break;
	default:
		log_info("stopping: %s", number == SIGINT ? "SIGINT" : "SIGTERM");
		uv_stop(handle->loop);
	}
}

static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

/* Whether our signals wait.  They do while parts start and stop: one that ended murald
 * half-way would leave behind what plugins switched for the time of its run. */
static void
block_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigaddset(&set, numbers[i]);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void
run_until_signal(struct wall *wall)
{
	uv_signal_t signals[ARRAY_LEN(numbers)];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uv_signal_init(&wall->loop, &signals[i]);
		signals[i].data = wall;
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	block_signals(false);
	sd_notify_ready(&wall->notify, &wall->loop);
	ingest_log_hints(&wall->ingest);
	uv_run(&wall->loop, UV_RUN_DEFAULT);
	sd_notify_stopping(&wall->notify);
	/* from here on only SIGKILL, or a second SIGINT, keeps the snapshot from being
	 * written */
	block_signals(true);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uv_close((uv_handle_t *)&signals[i], NULL);
		if (numbers[i] != SIGINT)
			signal(numbers[i], SIG_IGN);
	}
	uv_run(&wall->loop, UV_RUN_NOWAIT);
	block_signals(false);
}

/* For a display that shows something. */
static int
make_hud(struct wall *wall)
{
	if (!display_wanted(&wall->display))
		return 0;
	wall->hud = hud_new();
	if (!wall->hud)
		log_error("hud: out of memory or descriptors");
	return wall->hud ? 0 : -ENOMEM;
}

/* The canvas is as large as the config says, or as the display is. */
static int
make_canvas(struct wall *wall)
{
	struct mural_dimensions size = wall->config.canvas.size;
	int ret;

	if (size.width == 0)
		size = (struct mural_dimensions){ wall->display.width,
			wall->display.height };
	ret = canvas_init(
		&wall->canvas, size.width, size.height, wall->config.canvas.background);
	if (ret < 0)
		log_error("canvas: %ux%u: %s", size.width, size.height, uv_strerror(ret));
	else
		log_info("canvas: %ux%u", size.width, size.height);
	return ret;
}

static int
run_wall(struct wall *wall)
{
	const struct config *config = &wall->config;
	int ret;

	block_signals(true);
	if ((ret = display_open(&wall->display, &config->display)) < 0)
		goto out;
	/* from here on whatever may be attacked is as weak as can be */
	if ((ret = privileges_drop(config, &wall->plugins)) < 0)
		goto out;
	if ((ret = make_canvas(wall)) < 0)
		goto out;
	if ((ret = snapshot_restore(&wall->snapshot, &config->canvas, &wall->canvas)) < 0)
		goto out;
	if ((ret = make_hud(wall)) < 0)
		goto out;
	if ((ret = display_start(&wall->display, &wall->canvas, wall->hud)) < 0)
		goto out;
	if ((ret = record_start(
		     &wall->record, &config->record, &wall->canvas, &wall->loop)) < 0)
		goto out;
	if ((ret = ingest_start(&wall->ingest, config, &wall->display, &wall->canvas,
		     &wall->plugins, &wall->loop)) < 0)
		goto out;
	if (wall->hud && (ret = hud_status_start(&wall->hud_status, wall->hud,
				  &wall->ingest, &wall->canvas, &wall->loop)) < 0)
		goto out;
	snapshot_start(&wall->snapshot, &wall->loop);
	run_until_signal(wall);
	ingest_log_counters(&wall->ingest);
out:
	hud_status_stop(&wall->hud_status);
	ingest_stop(&wall->ingest);
	snapshot_stop(&wall->snapshot);
	record_stop(&wall->record);
	display_stop(&wall->display);
	hud_free(wall->hud);
	canvas_finish(&wall->canvas);
	display_close(&wall->display);
	reload_finish(&wall->reload);
	return ret < 0 ? EXIT_RUNTIME : EXIT_SUCCESS;
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

static int
run_verb(struct wall *wall)
{
	struct config *config = &wall->config;

	if (config->verb == VERB_DOCTOR)
		return doctor_run(config, &wall->plugins, stdout) > 0 ? EXIT_RUNTIME : 0;
	if (config->errors > 0)
		return EXIT_BAD_CONFIG;
	switch (config->verb) {
	case VERB_CHECK_CONFIG:
		puts("ok");
		break;
	case VERB_PRINT_CONFIG:
		config_print(config, stdout);
		plugins_print(&wall->plugins, config, stdout);
		break;
	case VERB_TEST_CARD:
		return test_card_run(config, &wall->loop) < 0 ? EXIT_RUNTIME : 0;
	case VERB_LIST_DISPLAYS:
		return display_list(&config->display, stdout) < 0 ? EXIT_RUNTIME : 0;
	default:
		return run_wall(wall);
	}
	return EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
	struct wall wall = { 0 };
	int status;

	wall.reload = (struct reload){
		.argc = argc,
		.argv = argv,
		.initial = &wall.config,
		.current = &wall.config,
		.plugins = &wall.plugins,
		.display = &wall.display,
		.snapshot = &wall.snapshot,
		.ingest = &wall.ingest,
		.notify = &wall.notify,
		.hud_status = &wall.hud_status,
	};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* until the wall starts */
	raise_descriptor_limit();
	status = uv_loop_init(&wall.loop);
	if (status < 0) {
		log_error("murald: cannot make a loop: %s", uv_strerror(status));
		return EXIT_RUNTIME;
	}
	status = config_load(&wall.config, argc, argv);
	if (status < 0 && wall.config.verb == VERB_LIST_PLUGINS)
		status = plugins_list(&wall.config, stdout) < 0 ? EXIT_RUNTIME : 0;
	if (status < 0 && plugins_load(&wall.plugins, &wall.config) < 0)
		status = EXIT_RUNTIME;
	if (status < 0)
		status = run_verb(&wall);
	plugins_unload(&wall.plugins);
	config_finish(&wall.config);
	uv_loop_close(&wall.loop);
	return status;
}
