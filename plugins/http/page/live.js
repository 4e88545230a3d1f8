// SPDX-License-Identifier: MIT
// Receives the wall over /live, applies its messages to a picture, and reconnects.
// plugins/http/viewers/codec-live.h specifies the messages.

const HEAD = 16;
const COARSE = 67, DELTA = 68, LAST = 1, DEFLATED = 2;
const SKIP = 0, FILL = 1, COPY = 2;

const OPAQUE = 0xff000000; // in a word of alpha, blue, green and red

// By the writer and reader: for a short body ten times as fast as a Blob and a Response.
export async function inflate(bytes, len) {
	if (!globalThis.DecompressionStream)
		return (await import("./inflate.js")).inflate(bytes, len);
	const stream = new DecompressionStream("deflate"), reader = stream.readable.getReader();
	const writer = stream.writable.getWriter(), out = new Uint8Array(len);
	let at = 0;

	writer.write(bytes).then(() => writer.close()).catch(() => {}); // the reader tells
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		out.set(part.value, at);
		at += part.value.length;
	}
	return out.subarray(0, at);
}

// Applies a body's operations to pixels of red, green, blue and alpha bytes; `mark` is called
// with the first pixel that was set, and the one behind the last, for each.
export function apply(pixels, width, first, body, mark) {
	const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
	let at = 0, pixel = first, red = 0, green = 0, blue = 0;

	while (at < body.length) {
		const operation = body[at] >> 6;
		let count = body[at++] & 63;

		if (count === 63) {
			for (let shift = 0, more = true; more; shift += 7) {
				count += (body[at] & 127) * 2 ** shift;
				more = body[at++] > 127;
			}
		}
		const end = pixel + count + 1;
		if (end > words.length)
			throw new RangeError("the picture has no such pixel");
		if (operation === FILL) {
			red = body[at];
			green = body[at + 1];
			blue = body[at + 2];
			at += 3;
			words.fill(OPAQUE | blue << 16 | green << 8 | red, pixel, end);
		} else if (operation === COPY) {
			for (let to = pixel; to < end; to++, at += 3) {
				red = red + body[at] & 255;
				green = green + body[at + 1] & 255;
				blue = blue + body[at + 2] & 255;
				words[to] = OPAQUE | blue << 16 | green << 8 | red;
			}
		} else if (operation !== SKIP) {
			for (let to = pixel; to < end; to++)
				words[to] = words[to - width];
		}
		if (operation !== SKIP)
			mark(pixel, end);
		pixel = end;
	}
}

// The rows of a band, and of a picture in blocks.
const BAND = 32;

// Applies a coarse band's body: operations on blocks of 2^shift times 2^shift pixels.
export function apply_coarse(pixels, width, first, body, shift) {
	const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
	const across = (width - 1 >> shift) + 1, top = first / width;
	const bottom = Math.min(top + BAND, words.length / width);
	const blocks = new Uint32Array(across * ((bottom - top - 1 >> shift) + 1));

	apply(new Uint8Array(blocks.buffer), across, 0, body, () => {});
	for (let y = top, at = first; y < bottom; y++)
		for (let x = 0, row = (y - top >> shift) * across; x < width; x++)
			words[at++] = blocks[row + (x >> shift)];
}

// Rows further apart than that are parts of their own.
const APART = 8;

// What changed in more runs of pixels than that is not told apart.
const RUNS_MOST = 64;

// Gathers what was set, which comes row by row, to parts of a picture; end() tells the last.
class Parts {
	constructor(width, tell) {
		Object.assign(this, { width, tell, part: null });
	}

	add(first, end) {
		const top = Math.floor(first / this.width), bottom = Math.floor((end - 1) / this.width) + 1;
		const is_row = bottom === top + 1;
		const left = is_row ? first - top * this.width : 0;
		const right = is_row ? left + end - first : this.width;

		if (this.part && top > this.part.bottom + APART)
			this.end();
		const { part } = this;
		this.part = !part ? { left, top, right, bottom } : { left: Math.min(part.left, left), top: part.top,
			right: Math.max(part.right, right), bottom };
	}

	end() {
		if (this.part)
			this.tell(this.part);
		this.part = null;
	}
}

// Without a message for so long there is no connection; figures come each second.
const SILENCE_MS = 5000;

// A connection that was silent for so long is given up for another.
const DEAD_MS = 20000;

const RETRY_LEAST_MS = 500, RETRY_MOST_MS = 10000;

// The wall is told what was drawn, and which rows are seen, not more often than that.
const UNSAID_BYTES = 8192, LOOK_MS = 100;

// A canvas as large as the wall, which shows all of it.
class WholePicture {
	constructor(canvas) {
		this.canvas = canvas;
	}

	begin(width, height) {
		this.canvas.width = width;
		this.canvas.height = height;
		this.context = this.canvas.getContext("2d", { alpha: false });
		return this.image = new ImageData(width, height);
	}

	changed({ left, top, right, bottom }) {
		this.context.putImageData(this.image, 0, 0, left, top, right - left, bottom - top);
	}
}

// `picture` is a canvas, which becomes as large as the wall, or has begin(width, height), which
// returns an ImageData, and changed(part).  `tell` is called with each text message; with
// {type: "frame", runs} for each picture, with what changed as [first pixel, end] if that is little; and with {type: "lost"} when there is no connection.
// Who listens later is told at once what there was.  `early` is a socket of /live?bands whose
// messages are in early.got so far: the picture comes as the line can, what is seen first.
export class Live {
	constructor(picture, tell, early = null) {
		this.early = early;
		this.has_bands = Boolean(early);
		this.picture = picture instanceof HTMLCanvasElement ? new WholePicture(picture) : picture;
		this.listeners = [tell];
		this.wait_ms = RETRY_LEAST_MS;
		this.is_lost = false;
		this.heard = performance.now();
		this.connect();
		setInterval(() => this.watch(), 500);
		addEventListener("online", () => this.hurry());
		document.addEventListener("visibilitychange", () => this.hurry());
	}

	tell(message) {
		for (const listener of this.listeners)
			listener(message);
	}

	listen(listener) {
		this.listeners.push(listener);
		if (this.wall)
			listener(this.wall);
		if (this.is_shown)
			listener({ type: "frame", runs: [] });
		if (this.is_lost)
			listener({ type: "lost" });
	}

	connect() {
		const { early } = this;
		const socket = early?.readyState < WebSocket.CLOSING ? early
			: new WebSocket(`${location.origin.replace("http", "ws")}/live${this.has_bands ? "?bands" : ""}`);
		// in order, although inflating is asynchronous
		let queue = Promise.resolve();

		clearTimeout(this.retry);
		this.early = null;
		Object.assign(this, { socket, begun: performance.now(), waiting: 0, drawn: 0, said: 0 });
		socket.binaryType = "arraybuffer";
		socket.onmessage = ({ data }) => {
			this.heard = performance.now();
			this.waiting++;
			queue = queue.then(() => socket === this.socket && this.take(data)).catch(() => socket.close());
		};
		early?.got.forEach(socket.onmessage);
		socket.onclose = () => {
			if (socket !== this.socket)
				return;
			this.lose();
			this.socket = null;
			this.retry = setTimeout(() => this.connect(), this.wait_ms * (0.5 + Math.random()));
			this.wait_ms = Math.min(this.wait_ms * 2, RETRY_MOST_MS);
		};
	}

	lose() {
		if (!this.is_lost)
			this.tell({ type: "lost" });
		this.is_lost = true;
	}

	watch() {
		const silent = performance.now() - Math.max(this.heard, this.begun);

		if (this.socket && silent > SILENCE_MS && !document.hidden)
			this.lose();
		if (this.socket && silent > DEAD_MS)
			this.anew();
	}

	// Another connection, without an end of this one.
	anew() {
		const socket = this.socket;

		this.socket = null;
		socket?.close();
		this.connect();
	}

	// The line may be back.
	hurry() {
		if (this.is_lost && !document.hidden && performance.now() - this.begun > RETRY_LEAST_MS)
			this.anew();
	}

	// What was drawn, and with `rows` what is seen.
	say(rows) {
		if (!this.has_bands || this.socket?.readyState !== WebSocket.OPEN)
			return;
		this.said = this.drawn;
		this.socket.send(JSON.stringify({ seen: this.drawn, rows }));
	}

	// The rows that are seen; of others nothing need come.
	look(top, end) {
		const rows = [top, end];

		if (String(rows) === String(this.rows))
			return;
		this.rows = rows;
		clearTimeout(this.looking);
		this.looking = setTimeout(() => this.say(this.rows), LOOK_MS);
	}

	async take(data) {
		this.waiting--;
		if (typeof data === "string") {
			const message = { ...JSON.parse(data), heard: Date.now() };

			if (message.type === "wall")
				this.begin(this.wall = message);
			this.is_lost &&= !this.is_shown; // it was only silent
			this.tell(message);
			return;
		}
		const head = new DataView(data, 0, HEAD);
		const flags = head.getUint8(1), first = head.getUint32(8, true);
		const { width, data: pixels } = this.image;
		const runs = [];
		let body = new Uint8Array(data, HEAD);

		if (flags & DEFLATED)
			body = await inflate(body, head.getUint32(12, true));
		if (head.getUint8(0) === COARSE) {
			const top = first / width;

			apply_coarse(pixels, width, first, body, head.getUint8(2));
			this.picture.changed({ left: 0, top, right: width, bottom: Math.min(top + BAND, this.image.height) });
		} else {
			const parts = new Parts(width, part => this.picture.changed(part));

			apply(pixels, width, first, body, (from, end) => {
				parts.add(from, end);
				if (runs.length <= RUNS_MOST)
					runs.push([from, end]);
			});
			parts.end();
		}
		this.drawn += data.byteLength;
		if (this.waiting === 0 || this.drawn - this.said > UNSAID_BYTES)
			this.say();
		this.is_sharp = Boolean(flags & LAST) && !(this.has_bands && body.length);
		if (flags & LAST || this.has_bands) {
			this.is_lost = false;
			this.is_shown = true;
			this.tell({ type: "frame", frame: head.getUint32(4, true),
				runs: head.getUint8(0) === DELTA && runs.length <= RUNS_MOST ? runs : [] });
		}
	}

	// What the image shows stays until the picture comes.
	begin(wall) {
		this.wait_ms = RETRY_LEAST_MS;
		this.is_shown = this.is_sharp = false;
		if (this.rows)
			this.say(this.rows);
		if (this.image?.width !== wall.width || this.image?.height !== wall.height)
			this.image = this.picture.begin(wall.width, wall.height);
	}

	// "#rrggbb"; empty before the first picture.
	colour(x, y) {
		if (!this.image)
			return "";
		const data = this.image.data, at = (y * this.image.width + x) * 4;

		return "#" + [...data.slice(at, at + 3)].map(part => part.toString(16).padStart(2, "0")).join("");
	}
}
