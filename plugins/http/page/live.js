// SPDX-License-Identifier: MIT
// Receives the wall over /live, applies its messages to a picture, and reconnects.
// plugins/http/viewers/codec-live.h specifies the messages.

const HEAD = 16;
const LAST = 1, DEFLATED = 2;
const SKIP = 0, FILL = 1, COPY = 2;

// By the writer and reader: for a short body ten times as fast as a Blob and a Response.
export async function inflate(bytes, len) {
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
			pixels.set([red, green, blue, 255], pixel * 4);
			words.fill(words[pixel], pixel, end);
		} else if (operation === COPY) {
			for (let to = pixel * 4; to < end * 4; to += 4, at += 3) {
				pixels[to] = red = red + body[at] & 255;
				pixels[to + 1] = green = green + body[at + 1] & 255;
				pixels[to + 2] = blue = blue + body[at + 2] & 255;
				pixels[to + 3] = 255;
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

// Rows further apart than that are parts of their own.
const APART = 8;

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
// {type: "frame"} for each picture; and with {type: "lost"} when there is no connection.
export class Live {
	constructor(picture, tell) {
		this.picture = picture instanceof HTMLCanvasElement ? new WholePicture(picture) : picture;
		this.tell = tell;
		this.wait_ms = RETRY_LEAST_MS;
		this.is_lost = false;
		this.heard = performance.now();
		this.connect();
		setInterval(() => this.watch(), 500);
		addEventListener("online", () => this.hurry());
		document.addEventListener("visibilitychange", () => this.hurry());
	}

	connect() {
		const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
		// in order, although inflating is asynchronous
		let queue = Promise.resolve();

		clearTimeout(this.retry);
		this.socket = socket;
		this.begun = performance.now();
		socket.binaryType = "arraybuffer";
		socket.onmessage = message => {
			this.heard = performance.now();
			queue = queue.then(() => socket === this.socket && this.take(message.data)).catch(() => socket.close());
		};
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

	async take(data) {
		if (typeof data === "string") {
			const message = JSON.parse(data);

			if (message.type === "wall")
				this.begin(message);
			this.is_lost &&= !this.is_shown; // it was only silent
			this.tell(message);
			return;
		}
		const head = new DataView(data, 0, HEAD);
		const flags = head.getUint8(1), first = head.getUint32(8, true);
		const { width, data: pixels } = this.image;
		let body = new Uint8Array(data, HEAD);

		if (flags & DEFLATED)
			body = await inflate(body, head.getUint32(12, true));
		const parts = new Parts(width, part => this.picture.changed(part));
		apply(pixels, width, first, body, (from, end) => parts.add(from, end));
		parts.end();
		if (flags & LAST) {
			this.is_lost = false;
			this.is_shown = true;
			this.tell({ type: "frame", frame: head.getUint32(4, true) });
		}
	}

	// What the image shows stays until the picture comes.
	begin(wall) {
		this.wait_ms = RETRY_LEAST_MS;
		this.is_shown = false;
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
