/* SPDX-License-Identifier: MIT */
/*
 * The plugin: one protocol, in one shared object, found by its name.
 *
 * A plugin decodes, and does nothing else.  It exports one const table, `mural_plugin`.
 * murald reads the config through the table's options, owns sockets, threads, buffers and
 * memory, hands over bytes, and gives a brush to paint with.  mural-plugin(7) is the
 * guide; plugins/dots.c is a whole plugin.
 *
 * [plugin MODULE NAME] in murald.conf makes an instance; a module may be loaded once and
 * serve many.  What a plugin may rely on: callbacks of one connection never overlap and
 * stay on one thread, and so do attach, drain and detach of one instance, and start and
 * stop (the main loop's); `config` never changes; `state` starts as zeros.  What it must
 * not do: block, keep `data` or a borrowed brush after returning, or have mutable
 * globals, because connections of one instance run on several threads at once.
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
#include <mural/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when an older plugin could no longer work.  New members only ever go to the
 * end of the structs below; absent or zero then means "as before". */
#define MURAL_ABI 1

struct sockaddr;
struct uv_loop_s;

/* ------------------------------------------------------------------ options */

enum mural_type {
	MURAL_TYPE_BOOL = 1, /* bool            yes no true false on off */
	MURAL_TYPE_NUMBER,   /* int64_t         decimal; word i of `choices` is -1 - i */
	MURAL_TYPE_BYTES,    /* uint64_t        with K, M or G */
	MURAL_TYPE_DURATION, /* uint64_t, ms    with ms, s, min or h */
	MURAL_TYPE_COLOUR,   /* uint32_t        #rrggbb, becomes 0xffrrggbb */
	MURAL_TYPE_CHOICE,   /* uint32_t        index of a word of `choices` */
	MURAL_TYPE_TEXT,     /* const char *    never NULL, may be empty */
	MURAL_TYPE_ADDRESS, /* const char *    HOST:PORT, [V6]:PORT, unix:PATH or empty */
	MURAL_TYPE_POINT,   /* mural_point     X,Y */
	MURAL_TYPE_DIMENSIONS, /* mural_dimensions  WxH; a word of `choices` is 0x0 */
};

struct mural_point {
	int32_t x, y;
};

struct mural_dimensions {
	uint32_t width, height;
};

/* Binds a key of the config file to a field of the plugin's config struct.  Defaults are
 * text and take the same way as the file's values.  Frozen within one ABI number. */
struct mural_option {
	const char
		*name; /* the key; `_` is written `-` in the file; NULL ends the table */
	uint32_t type;
	uint32_t offset;     /* of the field in the config struct */
	const char *initial; /* default, as written in murald.conf */
	const char *help;    /* one line, for --list-plugins */
	const char *choices; /* words, space separated; NULL where the type has none */
	int64_t least, most; /* NUMBER, BYTES, DURATION: the range; both 0: any */
};

/* clang-format off */
#ifdef __cplusplus
#define MURAL_FIELD(config, field, ctype) offsetof(config, field)
#else
/* Refuses, when compiled, a field of another type than the option's. */
#define MURAL_FIELD(config, field, ctype) \
	(offsetof(config, field) + 0 * _Generic(((config *)0)->field, ctype: 1))
#endif

#define MURAL_BOOL(config, field, initial, help) \
	{ #field, MURAL_TYPE_BOOL, MURAL_FIELD(config, field, bool), \
	  initial, help, NULL, 0, 0 }
#define MURAL_NUMBER(config, field, initial, choices, least, most, help) \
	{ #field, MURAL_TYPE_NUMBER, MURAL_FIELD(config, field, int64_t), \
	  initial, help, choices, least, most }
#define MURAL_BYTES(config, field, initial, help) \
	{ #field, MURAL_TYPE_BYTES, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_DURATION(config, field, initial, help) \
	{ #field, MURAL_TYPE_DURATION, MURAL_FIELD(config, field, uint64_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_COLOUR(config, field, initial, help) \
	{ #field, MURAL_TYPE_COLOUR, MURAL_FIELD(config, field, uint32_t), \
	  initial, help, NULL, 0, 0 }
#define MURAL_CHOICE(config, field, initial, choices, help) \
	{ #field, MURAL_TYPE_CHOICE, MURAL_FIELD(config, field, uint32_t), \
	  initial, help, choices, 0, 0 }
#define MURAL_TEXT(config, field, initial, help) \
	{ #field, MURAL_TYPE_TEXT, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
#define MURAL_ADDRESS(config, field, initial, help) \
	{ #field, MURAL_TYPE_ADDRESS, MURAL_FIELD(config, field, const char *), \
	  initial, help, NULL, 0, 0 }
#define MURAL_POINT(config, field, initial, help) \
	{ #field, MURAL_TYPE_POINT, MURAL_FIELD(config, field, struct mural_point), \
	  initial, help, NULL, 0, 0 }
#define MURAL_DIMENSIONS(config, field, initial, choices, help) \
	{ #field, MURAL_TYPE_DIMENSIONS, MURAL_FIELD(config, field, struct mural_dimensions), \
	  initial, help, choices, 0, 0 }
/* clang-format on */

/* --------------------------------------------- what murald is to an instance */

/* IPv6 destinations that belong to one instance alone: an address is claimed when
 * (address & mask) == value. */
struct mural_claim {
	uint8_t value[16], mask[16];
};

/* Figures that a source or resident plugin keeps; murald reads them after each drain and
 * each mural_publish(), on the same thread. */
struct mural_counts {
	uint64_t received_bytes; /* since attach or start; murald goes on from there */
	uint64_t kernel_drops;   /* packets lost before the plugin saw them */
	uint64_t connections;    /* open now */
	uint64_t viewers;        /* of them, those that watch */
};

struct mural_limits;

/* One instance: [plugin MODULE NAME].  Made by murald; fields are only ever appended. */
struct mural_host {
	void *state;        /* state_size bytes, zeroed at attach or start */
	const void *config; /* config_size bytes, filled from options */
	const char *name;   /* NAME, or MODULE where there is none; for messages */

	/* The rectangle of the canvas that the instance paints; its brushes count from
	 * there. */
	uint32_t left, top, width, height;
	uint32_t canvas_width, canvas_height;

	/* Only between start and stop, only on the main loop's thread. */
	struct uv_loop_s *loop;
	struct mural_brush *brush; /* paint, then mural_publish() */

	struct mural_counts counts;

	/* The claims of every enabled instance, this one's among them, as of when this
	 * one opened.  When a reload changes them, sources are closed and opened again.
	 */
	const struct mural_claim *claims;
	size_t n_claims;

	uint16_t port; /* of the instance's TCP listener; 0: none */

	uint32_t background; /* 0xffrrggbb, of a canvas that nobody painted */

	struct mural_limits *limits; /* for mural_consume() and its like; NULL: none */

	uint16_t udp_port; /* of the instance's UDP socket; 0: none */
};

/* One client of a stream plugin, or one datagram socket.  Made by murald; fields are
 * only ever appended. */
struct mural_conn {
	void *state;        /* conn_size bytes, zeroed, freed by murald */
	const void *config; /* the instance's */
	struct mural_host *host;
	const struct sockaddr *peer; /* who it is, or who sent this datagram */
};

/* What an invitation is to be about. */
struct mural_hint_request {
	const char *address; /* this machine's, or a name for it; no brackets */
	uint32_t x, y;       /* a pixel of the instance's region */
	uint32_t colour;     /* 0xffrrggbb */
};

/* Collects what check() finds wrong. */
struct mural_check;

/* ------------------------------------------------------------------ the table */

enum mural_transport {
	MURAL_STREAM = 1 << 0, /* `listen`: TCP or Unix, one mural_conn a client */
	MURAL_DATAGRAM =
		1 << 1, /* `listen-udp`: one mural_conn a socket, a feed a datagram */
	MURAL_POLLER = 1 << 2,  /* a descriptor of the plugin's own */
	MURAL_SERVICE = 1 << 3, /* a server of its own on the main loop; no source then */
};

struct mural_plugin {
	uint32_t abi;        /* MURAL_ABI */
	uint32_t size;       /* sizeof(struct mural_plugin) as the author compiled it */
	const char *name;    /* the word in [plugin NAME], and NAME.so */
	const char *summary; /* one line, for --list-plugins */
	const char *version; /* of the plugin; NULL: murald's own */
	const struct mural_option *options; /* ends with an empty entry; NULL: none */
	size_t config_size;
	size_t state_size; /* of an instance that is a source or resident */
	size_t conn_size;  /* of a client */
	uint32_t transports;
	uint32_t reserved;  /* zero */
	const char *listen; /* default of the `listen` key; NULL: empty, no listener */

	/* Looks at a filled config before anything is opened, and calls mural_reject()
	 * for each value that cannot work.  Opens nothing.  Any thread. */
	void (*check)(const void *config, struct mural_check *check);

	/* A client, all on one thread: open, feed*, close.  open and close are optional.
	 * feed returns how many bytes it used, 0..len; the rest is passed again with more
	 * behind it, and may be at most MURAL_REST_MAX bytes; a protocol that needs more
	 * keeps it in `state`.  A datagram's rest is dropped.  A negative errno closes
	 * the client once its replies are written.  Nothing behind `data` may be read. */
	int (*open)(struct mural_conn *conn);
	ssize_t (*feed)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *data, size_t len);
	void (*close)(struct mural_conn *conn);

	/* A protocol with a descriptor of its own (raw socket, packet ring, ...): attach
	 * opens and returns it, drain is called when it is readable and does a bounded
	 * amount of work: 0 when it took all there was, 1 when there may be more (it is
	 * called again after others had their turn), negative when the source is broken:
	 * then murald detaches, says so, and attaches again every second until that
	 * succeeds. */
	int (*attach)(struct mural_host *host);
	int (*drain)(struct mural_host *host, struct mural_brush *brush);
	void (*detach)(struct mural_host *host);

	/* A protocol that brings its own server: start puts it on host->loop, stop begins
	 * to take it off and mural_stopped() tells when nothing of it is left there. */
	int (*start)(struct mural_host *host);
	void (*stop)(struct mural_host *host);

	/* The IPv6 destinations that belong to an instance with this config alone: true,
	 * and *claim is filled.  Optional. */
	bool (*claim)(const void *config, struct mural_claim *claim);

	/* One line that tells people how to paint, best a command to copy, for the log,
	 * the screen and the web page.  As snprintf(); negative: nothing to say for this
	 * wish.  The main loop's thread, while the instance is open. */
	int (*hint)(const struct mural_host *host,
		const struct mural_hint_request *request, char *text, size_t len);

	/* A stream's client has said all that it will say: `rest` is what feed() left of
	 * it, and will never be more.  The last chance to answer before close().
	 * Optional. */
	void (*end)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *rest, size_t len);

	/* How many clients of this stream one source may have at a time; 0: any number.
	 * An IPv4 address is a source, and so is an IPv6 /64, or what
	 * server.source-prefix makes of it.  One too many is counted as rate limited,
	 * hears `busy_message`, and is closed before open().  So is one too many of
	 * server.connections-per-source. Optional. */
	uint32_t (*clients_per_source)(const void *config);
	const char *busy_message; /* NULL: nothing */

	/* The config was loaded again, and nothing in this instance's section changed:
	 * the moment to read once more the files that options name.  What is wrong with
	 * one is said in the log, and what was read before stays.  On the thread of drain
	 * for a source, else on the main loop's, beside whatever clients do on theirs.
	 * Optional. */
	void (*reload)(struct mural_host *host);

	/* What a client of this stream hears whose network server.allow and server.deny
	 * do not let in; NULL: nothing. */
	const char *denied_message;

	/* The capabilities that an instance with this config cannot do without while it
	 * is open, or wants when it is opened again: bit CAP_... of <linux/capability.h>.
	 * murald, started as root, keeps these when it becomes another user.  For ports
	 * below 1024 it sees that itself.  Optional. */
	uint64_t (*capabilities)(const void *config);
};

/* The most that feed() may leave for the next time. */
#define MURAL_REST_MAX 1024

#define MURAL_PLUGIN .abi = MURAL_ABI, .size = sizeof(struct mural_plugin)

/* Every plugin defines this, and exports nothing else. */
MURAL_EXPORT extern const struct mural_plugin mural_plugin;

/* ------------------------------------------------------- what murald offers */

enum mural_level { MURAL_ERROR, MURAL_WARN, MURAL_INFO, MURAL_DEBUG };

/* One line to the log, with the instance's name before it.  Any thread.  Nothing that a
 * client can cause belongs above MURAL_DEBUG. */
MURAL_EXPORT void mural_log(const struct mural_host *host, enum mural_level level,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* In check() only: the value of `option` cannot work; say what is wrong and what would be
 * right.  murald puts file, line and key before it. */
MURAL_EXPORT void mural_reject(struct mural_check *check, const char *option,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* In open(), feed() and end() only: queues an answer to the client, or to the sender of
 * the datagram.  Copied.  While a client does not read its answers, murald reads nothing
 * from it.  0; 1 when it was queued, but enough is waiting now: a feed() whose input may
 * ask for much more stops and returns what it has used so far, and is called with the
 * remainder, however long, once the answers are on their way (1 is only ever advice).
 * -ENOBUFS when it cannot be queued: a datagram is lost, a client is closed. */
MURAL_EXPORT int mural_reply(struct mural_conn *conn, const void *data, size_t len);

/* Resident plugins, on the main loop's thread: shows what host->brush painted. */
MURAL_EXPORT void mural_publish(struct mural_host *host);

/* Resident plugins: nothing of this instance is left on the loop. */
MURAL_EXPORT void mural_stopped(struct mural_host *host);

/* Resident plugins, in start(): listens on HOST:PORT, [V6]:PORT or unix:PATH, logs where,
 * and hands each client over as a connected, non-blocking socket, which is the plugin's
 * from then on.  `what` is put behind the address in the log; NULL: nothing.  The first
 * TCP listener gives host->port.  0 or -errno, logged. */
struct mural_listener;
MURAL_EXPORT int mural_listen(struct mural_host *host, const char *address,
	const char *what, void (*on_client)(struct mural_host *host, int fd),
	struct mural_listener **listener);

/* Stops listening; before mural_stopped(), and in a start() that fails.  NULL is
 * accepted. */
MURAL_EXPORT void mural_unlisten(struct mural_listener *listener);

/* Resident plugins: watches the whole canvas.  NULL: out of memory.  The plugin frees it
 * with mural_reader_free() before mural_stopped(). */
MURAL_EXPORT struct mural_reader *mural_watch(struct mural_host *host);

/* One instance as the whole wall sees it; for a plugin that shows what murald does. */
struct mural_instance {
	const struct mural_plugin *plugin; /* name, summary, hint() */
	const struct mural_host *host;     /* name, region, port; not to be changed */
	bool is_open;                      /* it runs; else it could not be opened */
	bool required;
	uint64_t painted;                  /* pixels, ever */
	uint64_t discarded[MURAL_REASONS]; /* by reason, ever */
	struct mural_counts counts;
};

/* Calls each(instance, arg) for every enabled instance in the order of the config file,
 * the caller's own among them.  The figures are at most a moment old; they never fall as
 * long as the instance is there.  Nothing of it may be kept.  Resident plugins, on the
 * main loop's thread. */
MURAL_EXPORT void mural_each_instance(struct mural_host *host,
	void (*each)(const struct mural_instance *instance, void *arg), void *arg);

/* The label that a reason has in the log and the metrics: "out_of_bounds", ... */
MURAL_EXPORT const char *mural_reason_label(enum mural_reason reason);

/* What the display does. */
struct mural_display {
	bool wanted;  /* false: headless */
	bool enabled; /* the canvas is on a screen */
	uint64_t frames, late_frames;
	bool blanked; /* off or black for a while, because the config says so */
};

/* Resident plugins, on the main loop's thread. */
MURAL_EXPORT void mural_display_counters(
	struct mural_host *host, struct mural_display *display);

/* The file of the wall's history (<mural/history.h>); NULL: it is not recorded.  Resident
 * plugins, on the main loop's thread; stays until stop(). */
MURAL_EXPORT const char *mural_record_file(struct mural_host *host);

/* murald's version, such as "1.2.3".  Any thread. */
MURAL_EXPORT const char *mural_version(void);

/* Limits for each source, over all protocols (murald.conf(5), SERVER).  Streams and
 * datagrams are held to them by murald itself; residents and sources ask.  `peer` is any
 * socket address; one that is no IPv4 or IPv6 address has no limits.  What is refused is
 * counted in the brush; the plugin tells the client, where its protocol can.
 *
 * Residents, for each client: may it come in?  0, and it is to be counted out with
 * mural_conn_release(), once, when it is gone; -EACCES: its network may not; -EDQUOT: its
 * source has as many clients as it may. */
MURAL_EXPORT int mural_conn_admit(struct mural_host *host, const struct sockaddr *peer);
MURAL_EXPORT void mural_conn_release(
	struct mural_host *host, const struct sockaddr *peer);

/* Takes pixels that are about to be painted, and bytes that came, from what the source
 * may have this second.  0; -EACCES: its network may not, any more: send it away;
 * -EDQUOT: it has not as many, nothing was taken, paint nothing.  `brush` is the one that
 * the caller paints with; any thread.  Costs next to nothing while there is no limit. */
MURAL_EXPORT int mural_consume(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes);

/* False: there is no such limit now, so that for whom a socket address is work it is not
 * worth making one to ask mural_consume().  Any thread. */
MURAL_EXPORT bool mural_is_limited(const struct mural_host *host);

/* A number for the source that a peer belongs to, for what a plugin counts by source
 * itself; another one after each start.  0: it has none.  Any thread. */
MURAL_EXPORT uint64_t mural_source(
	const struct mural_host *host, const struct sockaddr *peer);

/* Sources and residents: holds a switch of the kernel, a file of one character such as
 * /proc/sys/net/ipv4/icmp_echo_ignore_all, at `value`.  Instances hold it together: what
 * stood there is put back when the last has let go of it, with mural_sysctl_release() in
 * detach() or stop().  0; -EBUSY when another instance holds it at another value; or
 * what open, read or write failed with, not logged, and then it is not held. */
MURAL_EXPORT int mural_sysctl_acquire(
	struct mural_host *host, const char *path, char value);
MURAL_EXPORT void mural_sysctl_release(struct mural_host *host, const char *path);

#ifdef __cplusplus
}
#endif
#endif
