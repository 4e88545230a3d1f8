/* SPDX-License-Identifier: MIT */
/*
 * The plugin: one protocol, in one shared object, found by its name.
 *
 * A plugin only decodes.  It exports one const table, `mural_plugin`.  murald reads the
 * config through the table's options, owns sockets, threads, buffers and memory, passes
 * bytes to the plugin, and gives it a brush to paint with.  mural-plugin(7) is the guide;
 * plugins/dots.c is a complete plugin.
 *
 * [plugin MODULE NAME] in murald.conf makes an instance; a module is loaded once and may
 * serve many.  A plugin may rely on this: callbacks of one connection never overlap and
 * stay on one thread, and so do attach, drain and detach of one instance, and init,
 * start, stop and finish (on the main loop's thread); `config` never changes; `state`
 * starts as zeros; after a call that failed, its counterpart is not made.  A function
 * below that is called on another thread than it says ends the program, and the log names
 * it.  A plugin must not block, keep `data` or a borrowed brush after returning, or have
 * mutable globals, because connections of one instance run on several threads at once.
 *
 * Errors are negative errno numbers.
 */
#ifndef MURAL_PLUGIN_H
#define MURAL_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <mural/brush.h>
#include <mural/options.h>
#include <mural/ratelimit.h>
#include <mural/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when older plugins would no longer work.  New members are only appended to the
 * structs below; absent or zero then means "as before".
 *
 * A struct that may grow begins with its size: the side that allocates it sets that, and
 * the other side uses nothing that lies behind it.  It never lies by value inside another
 * one.  Structs without a size (points, options, claims, rates, rectangles) are fixed
 * within one ABI number. */
#define MURAL_ABI 1

struct sockaddr;
struct uv_loop_s;

/* ------------------------------------------------------------------ metrics */

enum mural_metric_kind {
	MURAL_COUNTER = 1, /* only grows, from 0 */
	MURAL_GAUGE,       /* may be any number */
};

/* One of the plugin's own metrics.  /metrics shows it as murald_plugin_MODULE_NAME, with
 * a label for the instance; a counter's sample ends in _total, which the name does not.
 * Fixed within one ABI number. */
struct mural_metric {
	const char *name; /* a-z, 0-9 and _, at most 47; NULL: the end */
	uint32_t kind;
	const char *help; /* one line */
};

/* The most that a plugin may have. */
#define MURAL_METRICS_MAX 64

/* ------------------------------------------------------------------ instances */

/* IPv6 destinations that belong to one instance alone: an address is claimed when
 * (address & mask) == value. */
struct mural_claim {
	uint8_t value[16], mask[16];
};

/* Counters of a poller or service; murald reads them after each drain() and each
 * mural_publish(), on the same thread. */
struct mural_counts {
	uint32_t size; /* set by murald */
	uint32_t reserved;
	uint64_t received_bytes; /* since attach or start; murald keeps the sum */
	uint64_t kernel_drops;   /* packets lost before the plugin saw them */
	uint64_t connections;    /* open now */
	uint64_t viewers;        /* those of them that watch the canvas */
};

struct mural_limits;

/* One instance: [plugin MODULE NAME].  Made by murald. */
struct mural_host {
	uint32_t size; /* of this struct in the murald that runs */
	uint32_t reserved;

	void *state;        /* state_size bytes, zeroed; see init() */
	const void *config; /* config_size bytes, filled from options */
	const char *name;   /* NAME, or else MODULE; for messages */

	/* The region of the canvas that the instance paints; the origin of its brushes.
	 */
	uint32_t left, top, width, height;
	uint32_t canvas_width, canvas_height;

	/* Only between start and stop, only on the main loop's thread. */
	struct uv_loop_s *loop;
	struct mural_brush *brush; /* paint, then mural_publish() */

	struct mural_counts *counts;

	/* The claims of every enabled instance, including this one, when it opened.  If
	 * a reload changes them, pollers are closed and opened again. */
	const struct mural_claim *claims;
	size_t n_claims;

	uint16_t port;       /* of the instance's first TCP listener; 0: none */
	uint16_t udp_port;   /* of its first UDP socket; 0: none */
	uint32_t background; /* 0xffrrggbb, of an unpainted canvas */

	struct mural_limits *limits; /* for mural_consume() and others; NULL: none */
	const char *listen; /* addresses of its streams, as in the config; may be empty */
};

/* One client of a stream plugin, or one datagram socket.  Made by murald. */
struct mural_conn {
	uint32_t size; /* of this struct in the murald that runs */
	uint32_t reserved;

	void *state;        /* conn_size bytes, zeroed, freed by murald */
	const void *config; /* the instance's */
	struct mural_host *host;
	const struct sockaddr *peer; /* the client, or the sender of this datagram */
};

/* What the reader of a hint has at hand.  Later versions may add some. */
enum mural_system {
	MURAL_ANY_SYSTEM, /* a command that works on most */
	MURAL_LINUX,
	MURAL_BSD,     /* and macOS */
	MURAL_WINDOWS, /* PowerShell */
	MURAL_PYTHON,
};

/* What a paint hint should show. */
struct mural_hint_request {
	uint32_t size;       /* set by the caller */
	uint32_t is_public;  /* 1: the address holds wherever the instance listens */
	const char *address; /* this machine's, or a name for it; no brackets */
	uint32_t x, y;       /* a pixel of the instance's region */
	uint32_t colour;     /* 0xffrrggbb */
	uint32_t system;     /* enum mural_system; nothing special: as for any */
	/* a block from x, y on, all of it in the region; 0x0: one pixel.  A plugin whose
	 * protocol has no short command for one answers as for a pixel. */
	uint32_t width, height;
};

/* Collects what check() rejects. */
struct mural_check;

struct mural_act;

/* ------------------------------------------------------------------ the table */

enum mural_transport {
	MURAL_STREAM = 1 << 0,   /* `listen`: TCP or Unix, one mural_conn a client */
	MURAL_DATAGRAM = 1 << 1, /* `listen-udp`: one mural_conn a socket */
	MURAL_POLLER = 1 << 2,   /* a descriptor of the plugin's own */
	MURAL_SERVICE = 1 << 3, /* a server of its own on the main loop; no poller then */
};

enum mural_flag {
	/* Clients, datagram sockets and poller are all on the main loop's thread, as
	 * init, start, reload and finish: they may share `state` without locks. */
	MURAL_ONE_THREAD = 1 << 0,

	/* Clients are not read more slowly when their source is beyond a limit: where a
	 * late pixel is worse than a lost one, the plugin asks mural_consume(). */
	MURAL_OWN_LIMITS = 1 << 1,
};

struct mural_plugin {
	uint32_t abi;        /* MURAL_ABI */
	uint32_t size;       /* sizeof(struct mural_plugin) as the author compiled it */
	const char *name;    /* the word in [plugin NAME], and NAME.so */
	const char *summary; /* one line, for --list-plugins */
	const char *version; /* of the plugin; NULL: murald's own */
	const struct mural_option *options; /* ends with an empty entry; NULL: none */
	size_t config_size;
	size_t state_size; /* of an instance */
	size_t conn_size;  /* of a client */
	uint32_t transports;
	uint32_t reserved;  /* zero */
	const char *listen; /* default of the `listen` key; NULL: empty, no listener */

	/* Checks a config before anything is opened, and calls mural_reject() for each
	 * value that cannot work.  Opens nothing.  Any thread. */
	void (*check)(const void *config, struct mural_check *check);

	/* A client, all on one thread: open, feed*, close.  open and close are optional.
	 * open returns 0; negative: the client is refused, and closed without close once
	 * its replies are written; a datagram socket is not opened.  feed returns how
	 * many bytes it used, 0..len; the rest, at most MURAL_REST_MAX bytes, is passed
	 * again with more behind it; a protocol that needs more keeps it in `state`.  A
	 * datagram's rest is dropped.  A negative errno closes the client once its
	 * replies are written.  Nothing behind `data` may be read. */
	int (*open)(struct mural_conn *conn);
	ssize_t (*feed)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *data, size_t len);
	void (*close)(struct mural_conn *conn);

	/* A poller, with a descriptor of its own (raw socket, packet ring, ...): attach
	 * opens and returns it; negative: it failed, the plugin has logged why and
	 * cleaned up, and detach is not called.  drain is called when it is readable and
	 * does a bounded amount of work: 0 when nothing is left, 1 when there may be more
	 * (it is called again after others had their turn), negative on failure: then
	 * murald detaches, logs that, and attaches again every second until it succeeds.
	 */
	int (*attach)(struct mural_host *host);
	int (*drain)(struct mural_host *host, struct mural_brush *brush);
	void (*detach)(struct mural_host *host);

	/* A service, with a server of its own: start puts it on host->loop, stop starts
	 * to remove it, and the plugin calls mural_stopped() when nothing is left there.
	 * Negative from start: the plugin has logged why and closed what it opened; stop
	 * is not called, mural_stopped() need not be.  Handles may still be closing, and
	 * their callbacks close others: `state` stays until none is left. */
	int (*start)(struct mural_host *host);
	void (*stop)(struct mural_host *host);

	/* Fills *claim with the IPv6 destinations that belong to this instance alone;
	 * false: none.  Optional. */
	bool (*claim)(const void *config, struct mural_claim *claim);

	/* One line that shows people how to paint, ideally a command to copy, for the
	 * log, the screen and the web page.  Returns as snprintf(); negative: no hint for
	 * this request.  The main loop's thread, while the instance is open. */
	int (*hint)(const struct mural_host *host,
		const struct mural_hint_request *request, char *text, size_t len);

	/* A stream's client will send nothing more: `rest` is what feed() left.  The last
	 * chance to reply before close().  Optional. */
	void (*end)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *rest, size_t len);

	/* How many clients of this stream one source may have at a time; 0: no limit.  A
	 * source is an IPv4 address or an IPv6 prefix of server.source-prefix bits.
	 * Clients beyond it, or beyond server.connections-per-source, are counted as rate
	 * limited, sent `busy_message`, and closed without open().  Optional. */
	uint32_t (*clients_per_source)(const void *config);
	const char *busy_message; /* optional */

	/* The config was reloaded without a change to this instance's section: read again
	 * the files that its options name.  What is wrong with one is logged, and its old
	 * content stays.  The secrets of a service without other transports are already
	 * new in its config, and the old ones must not be used any more.  On drain()'s
	 * thread for a poller, else on the main loop's, while clients run on theirs.
	 * Optional. */
	void (*reload)(struct mural_host *host);

	/* Sent to clients of this stream that server.allow and server.deny keep out.
	 * Optional. */
	const char *denied_message;

	/* The capabilities that an instance with this config needs while it is open, or
	 * to be opened again: bits CAP_... of <linux/capability.h>.  murald, started as
	 * root, keeps them when it becomes another user.  What ports below 1024 need is
	 * known without.  Optional. */
	uint64_t (*capabilities)(const void *config);

	/* The life of an instance, of any transport, on the main loop's thread: init
	 * comes before the first open, attach or start, finish after the last close,
	 * detach or mural_stopped().  host->state begins as zeros and lives from one to
	 * the other (that of a poller without init begins anew with each attach).
	 * Negative from init: the plugin has logged why and cleaned up, the instance
	 * stays closed, and finish is not called.  Optional; finish only with init. */
	int (*init)(struct mural_host *host);
	void (*finish)(struct mural_host *host);

	/* After mural_wake(), or when a reader of the connection rings, on the thread of
	 * the connection: send what there is to say, by mural_reply().  Not called while
	 * earlier replies wait for a slow client, but once these are on their way;
	 * several reasons may be one call.  If mural_reply() returns 1, return: ready is
	 * called again.  A negative errno closes the client once its replies are written.
	 * Optional. */
	int (*ready)(struct mural_conn *conn, struct mural_brush *brush);

	const char *listen_udp; /* default of `listen-udp`; NULL: empty */

	/* The plugin's own metrics; ends with an empty entry; NULL: none. */
	const struct mural_metric *metrics;

	uint32_t flags; /* of enum mural_flag */

	/* How long busy_message and denied_message are; 0: up to their first 0. */
	uint32_t busy_len, denied_len;
	uint32_t reserved2; /* zero */

	/* Services, on the main loop's thread: what mural_current_notice() says has
	 * changed. Optional. */
	void (*notice)(struct mural_host *host);

	/* Sent to the clients of this stream before they are closed because an operator
	 * has switched the instance off; off_len as above.  Optional. */
	const char *off_message;
	uint64_t off_len;

	/* Services, on the main loop's thread: an operator has painted over these parts
	 * of the canvas, by clear, restore, undo and the like; there may be as many as
	 * half the tiles.  What the plugin keeps of them should not come back.  Optional.
	 */
	void (*painted_over)(
		struct mural_host *host, const struct mural_rect *rects, size_t n);

	/* When murald starts, before it gives up the rights that capabilities() does not
	 * name, for each instance: loads what takes more rights than to use it.  A reload
	 * prepares nothing.  attach(), start() or init() says what went wrong.  The main
	 * thread, while there is no other.  Optional. */
	void (*prepare)(const void *config);

	/* Services, on the main loop's thread: server.allow, server.deny or a ban may now
	 * keep out clients that are there.  Disconnect those for which mural_consume() of
	 * nothing returns -EACCES, also those that only watch.  Optional. */
	void (*denied)(struct mural_host *host);

	/* Services, on the main loop's thread: an operator has done something, by a verb
	 * that changes something, with no picture in it.  Also called for what the plugin
	 * itself has asked for.  Optional. */
	void (*acted)(struct mural_host *host, const struct mural_act *act);
};

/* What an operator has done.  Made by murald; valid during the call. */
struct mural_act {
	uint32_t size, reserved;
	const char *verb;
	const char *with; /* its arguments, a JSON object */
	size_t with_len;
	const char *who; /* as in the control log; of a plugin, "NAME: ..." */
	const struct mural_rect *rect; /* its argument of that name; NULL: none */
	uint64_t for_ms;               /* likewise; 0: none */
};

/* The most that feed() may leave unused. */
#define MURAL_REST_MAX 1024

#define MURAL_PLUGIN .abi = MURAL_ABI, .size = sizeof(struct mural_plugin)

/* Every plugin defines this, and exports nothing else. */
MURAL_EXPORT extern const struct mural_plugin mural_plugin;

/* ------------------------------------------------------- what murald offers */

enum mural_level { MURAL_ERROR, MURAL_WARN, MURAL_INFO, MURAL_DEBUG };

/* Logs one line, prefixed with the instance's name.  Any thread.  What a client can cause
 * is MURAL_DEBUG.  Never without a host: what is called before there is one does not log,
 * and check() has mural_reject(). */
MURAL_EXPORT void mural_log(const struct mural_host *host, enum mural_level level,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* In check() only: the value of `option` cannot work, or with NULL all of them together.
 * The message says why, and what would be right; murald prefixes file, line and key. */
MURAL_EXPORT void mural_reject(struct mural_check *check, const char *option,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* In check() only: the addresses of streams, the value of `listen`; may be empty. */
MURAL_EXPORT const char *mural_check_listen(const struct mural_check *check);

/* ------------------------------------------- what an instance says of itself */

/* Sets one of the instance's metrics, or adds to it; `metric` is its place in the table's
 * `metrics`.  They begin at 0 with the instance.  Any thread.  Lock-free, but a shared
 * memory write: add up what comes with each pixel, and report the sum. */
MURAL_EXPORT void mural_metric_set(
	struct mural_host *host, uint32_t metric, int64_t value);
MURAL_EXPORT void mural_metric_add(struct mural_host *host, uint32_t metric, int64_t n);

/* The room for a line of state and its final 0. */
#define MURAL_STATE_MAX 128

/* One line that people should know, such as "waiting for the engine since 12:03"; for the
 * strip on the screen, the web page and /healthz.  The text is copied; control characters
 * are dropped, and what does not fit is cut.  NULL or empty takes it away; so does
 * closing the instance.  Any thread; takes a lock, so call it when the state changes. */
MURAL_EXPORT void mural_state(struct mural_host *host, const char *text);

/* ----------------------------------------------------------- helpers for authors */

/* Writes an address as people and config files do: "192.0.2.1:80", "[2001:db8::1]:80",
 * and "unix" for a Unix socket; an IPv4 address within IPv6 as IPv4.  Returns as
 * snprintf().  Any thread. */
MURAL_EXPORT int mural_address_text(
	const struct sockaddr *address, char *text, size_t len);

/* Binds a socket to an address as in murald.conf, HOST:PORT, [V6]:PORT or unix:PATH;
 * MURAL_STREAM: it listens.  The descriptor, non-blocking and the plugin's to close, or
 * -errno, logged.  Neither logs the address nor sets host->port or udp_port.  May look a
 * name up, so not while clients wait.  Any thread. */
MURAL_EXPORT int mural_bind(
	struct mural_host *host, const char *address, enum mural_transport transport);

/* The instance's own folder for files that outlive murald, made if it is missing and
 * writable only for murald: NAME in $STATE_DIRECTORY, which systemd sets, or else in
 * murald's folder below /var/lib.  0, or -errno, logged.  Not in check(), which may run
 * as another user.  Any thread. */
MURAL_EXPORT int mural_state_folder(struct mural_host *host, char *path, size_t len);

/* Paints UTF-8 text in the font of the screen's strip: in the rectangle, from its top
 * left corner, broken at spaces, each dot a square as large as lets all of it fit; what
 * does not fit with the smallest is left out.  What is behind the letters stays.  Letters
 * beyond ASCII are boxes.  Returns the side of a dot in pixels; 0: there is no room for a
 * single letter, which takes 8 x 14 dots. */
MURAL_EXPORT uint32_t mural_text(struct mural_brush *brush, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height, uint32_t argb, const char *utf8);

/* Pollers and services: sets a sysctl, a file of one character such as
 * /proc/sys/net/ipv4/icmp_echo_ignore_all, to `value`.  Instances share it: the old value
 * is restored when the last has released it, with mural_sysctl_release() in detach() or
 * stop().  0; -EBUSY: another instance holds it at another value; or the error of open,
 * read or write, not logged.  On failure it is not held. */
MURAL_EXPORT int mural_sysctl_acquire(
	struct mural_host *host, const char *path, char value);
MURAL_EXPORT void mural_sysctl_release(struct mural_host *host, const char *path);

/* murald's version, such as "1.2.3".  Any thread. */
MURAL_EXPORT const char *mural_version(void);

#ifdef __cplusplus
}
#endif

#include <mural/event.h>
#include <mural/limits.h>
#include <mural/operator.h>
#include <mural/reply.h>
#include <mural/service.h>
#include <mural/share.h>

#endif
