/* SPDX-License-Identifier: MIT */
/*
 * The layout that the first plugins of ABI 1 were compiled with.  Members may follow
 * behind those of the table; nothing else here changes until MURAL_ABI does.
 */
#pragma once

#include <mural/plugin.h>

struct frozen_plugin {
	uint32_t abi;
	uint32_t size;
	const char *name;
	const char *summary;
	const char *version;
	const struct mural_option *options;
	size_t config_size;
	size_t state_size;
	size_t conn_size;
	uint32_t transports;
	uint32_t reserved;
	const char *listen;
	void (*check)(const void *config, struct mural_check *check);
	int (*open)(struct mural_conn *conn);
	ssize_t (*feed)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *data, size_t len);
	void (*close)(struct mural_conn *conn);
	int (*attach)(struct mural_host *host);
	int (*drain)(struct mural_host *host, struct mural_brush *brush);
	void (*detach)(struct mural_host *host);
	int (*start)(struct mural_host *host);
	void (*stop)(struct mural_host *host);
	bool (*claim)(const void *config, struct mural_claim *claim);
	int (*hint)(const struct mural_host *host,
		const struct mural_hint_request *request, char *text, size_t len);
	void (*end)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *rest, size_t len);
	uint32_t (*clients_per_source)(const void *config);
	const char *busy_message;
	void (*reload)(struct mural_host *host);
	const char *denied_message;
	uint64_t (*capabilities)(const void *config);
};

struct frozen_brush {
	uint32_t width, height;
	uint32_t near_width, near_height;
	uint32_t *pixels;
	uint32_t stride;
	uint32_t step;
	uint32_t left, top;
	uint32_t tiles_x;
	uint32_t reserved;
	uint8_t *damage;
	uint64_t painted;
	void (*store)(
		struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);
	void *canvas;
	uint64_t discarded[MURAL_REASONS_MAX];
};

struct frozen_batch {
	uint32_t places[MURAL_BATCH];
	uint32_t colours[MURAL_BATCH];
	uint16_t tiles[MURAL_BATCH];
};

struct frozen_option {
	const char *name;
	uint32_t type;
	uint32_t offset;
	const char *initial;
	const char *help;
	const char *choices;
	int64_t least, most;
};

struct frozen_point {
	int32_t x, y;
};

struct frozen_dimensions {
	uint32_t width, height;
};

struct frozen_claim {
	uint8_t value[16], mask[16];
};

struct frozen_rate {
	uint64_t per_1000s;
	uint64_t burst;
};

struct frozen_bucket {
	int64_t debt;
	uint64_t refilled_ms;
};

struct frozen_view {
	uint32_t width, height;
	uint32_t tiles_x, tiles_y;
	size_t words;
};

struct frozen_rect {
	uint32_t x, y, width, height;
};

struct frozen_metric {
	const char *name;
	uint32_t kind;
	const char *help;
};

/* Those that begin with their size may grow behind these. */
struct frozen_host {
	uint32_t size;
	uint32_t reserved;
	void *state;
	const void *config;
	const char *name;
	uint32_t left, top, width, height;
	uint32_t canvas_width, canvas_height;
	struct uv_loop_s *loop;
	struct mural_brush *brush;
	struct mural_counts *counts;
	const struct mural_claim *claims;
	size_t n_claims;
	uint16_t port;
	uint16_t udp_port;
	uint32_t background;
	struct mural_limits *limits;
	const char *listen;
};

struct frozen_conn {
	uint32_t size;
	uint32_t reserved;
	void *state;
	const void *config;
	struct mural_host *host;
	const struct sockaddr *peer;
};

struct frozen_counts {
	uint32_t size;
	uint32_t reserved;
	uint64_t received_bytes;
	uint64_t kernel_drops;
	uint64_t connections;
	uint64_t viewers;
};

struct frozen_hint_request {
	uint32_t size;
	uint32_t is_public;
	const char *address;
	uint32_t x, y;
	uint32_t colour;
	uint32_t system;
	uint32_t width, height;
};
