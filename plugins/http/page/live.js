// SPDX-License-Identifier: MIT
// Receives the wall over /live, applies its messages to a picture, and reconnects.
// plugins/http/viewers/codec-live.h specifies the messages.

const HEAD = 16;
const LAST = 1, DEFLATED = 2;
const SKIP = 0, FILL = 1, COPY = 2;

async function inflate(bytes) {
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Applies a body's operations to pixels of red, green, blue and alpha bytes.
// Returns the index behind the last pixel.
export function apply(pixels, width, first, body) {
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
		pixel = end;
	}
	return pixel;
}

// `canvas` is sized and painted; `tell` is called with each text message, and with
// {type: "lost"} when the connection is gone.
export class Live {
	constructor(canvas, tell) {
		this.canvas = canvas;
		this.tell = tell;
		this.wait_ms = 500;
		this.connect();
	}

	connect() {
		const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
		// in order, although inflating is asynchronous
		let queue = Promise.resolve();

		socket.binaryType = "arraybuffer";
		socket.onmessage = message => {
			queue = queue.then(() => this.take(message.data)).catch(() => socket.close());
		};
		socket.onclose = () => {
			this.tell({ type: "lost" });
			setTimeout(() => this.connect(), this.wait_ms * (0.5 + Math.random()));
			this.wait_ms = Math.min(this.wait_ms * 2, 10000);
		};
	}

	async take(data) {
		if (typeof data === "string") {
			const message = JSON.parse(data);

			if (message.type === "wall")
				this.begin(message);
			this.tell(message);
			return;
		}
		const head = new DataView(data, 0, HEAD);
		const flags = head.getUint8(1);
		const first = head.getUint32(8, true);
		let body = new Uint8Array(data, HEAD);

		if (flags & DEFLATED)
			body = await inflate(body);
		const end = apply(this.image.data, this.image.width, first, body);
		const top = Math.floor(first / this.image.width);
		const rows = Math.ceil(end / this.image.width) - top;
		this.context.putImageData(this.image, 0, 0, 0, top, this.image.width, rows);
		if (flags & LAST)
			this.tell({ type: "frame", frame: head.getUint32(4, true) });
	}

	begin(wall) {
		this.wait_ms = 500;
		if (this.canvas.width !== wall.width || this.canvas.height !== wall.height || !this.context) {
			this.canvas.width = wall.width;
			this.canvas.height = wall.height;
			this.context = this.canvas.getContext("2d", { alpha: false });
		}
		this.image = this.context.getImageData(0, 0, wall.width, wall.height);
	}

	// "#rrggbb"; empty before the first picture.
	colour(x, y) {
		if (!this.image)
			return "";
		const data = this.image.data, at = (y * this.image.width + x) * 4;

		return "#" + [...data.slice(at, at + 3)].map(part => part.toString(16).padStart(2, "0")).join("");
	}
}
