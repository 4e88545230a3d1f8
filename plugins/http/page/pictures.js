// SPDX-License-Identifier: MIT
// Pictures: one is painted on the chosen part, or its opaque pixels are protected; and the
// part is saved as one.

import { words } from "./admin-words.js";
import { ask } from "./ask.js";
import { parse_part, part_text } from "./marquee.js";

// So many bytes fit into a question, in base64.
const PIECE_BYTES = 45 << 10;

const make = (name, values = {}) => Object.assign(document.createElement(name), values);

function base64(bytes) {
	return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}

async function send(verb, png, to) {
	for (let offset = 0; ; offset += PIECE_BYTES) {
		const part = offset + PIECE_BYTES < png.length;
		const is = await ask(verb, { png: base64(png.subarray(offset, offset + PIECE_BYTES)), to, offset, part });

		if (!part)
			return is;
	}
}

// What the operator chose for an act.
export class Picture {
	// `chosen` is called when there is one, or none any more.
	constructor(page, chosen) {
		Object.assign(this, { page, chosen });
		this.bitmap = null;
	}

	// The field for it.
	field(text) {
		const label = make("label", { className: "grow", textContent: text });
		const input = make("input", { id: "picture-file", type: "file", accept: "image/*" });

		this.bitmap = null;
		input.addEventListener("change", () => this.open(input.files[0]));
		label.append(input);
		return label;
	}

	// The part becomes as large as the picture, if it fits on the wall, and is then to be
	// moved and drawn to another size.
	async open(file) {
		const bitmap = file ? await createImageBitmap(file).catch(() => null) : null;
		const { wall, part } = this.page.marquee;

		this.bitmap = bitmap;
		if (file && !bitmap)
			this.page.failed(new Error(words.no_picture(file.name)));
		if (bitmap) {
			const scale = Math.min(1, wall.width / bitmap.width, wall.height / bitmap.height);
			const width = Math.max(Math.round(bitmap.width * scale), 1);
			const height = Math.max(Math.round(bitmap.height * scale), 1);

			this.page.marquee.set({ x: Math.min(part.x, wall.width - width), y: Math.min(part.y, wall.height - height),
				width, height });
		}
		this.chosen();
	}

	// Fills the part; pixels that become larger keep their edges.
	draw(context, part) {
		context.imageSmoothingEnabled = part.width < this.bitmap.width;
		context.drawImage(this.bitmap, 0, 0, part.width, part.height);
	}

	// Sends with a verb what draw() drew on a canvas.
	async send(verb, canvas, part) {
		const blob = await new Promise(done => canvas.toBlob(done, "image/png"));

		return send(verb, new Uint8Array(await blob.arrayBuffer()), `${part.x},${part.y}`);
	}
}

// How many pixels are painted, and how many are protected.
export function count_pixels({ data }) {
	let visible = 0, opaque = 0;

	for (let at = 3; at < data.length; at += 4) {
		visible += data[at] > 0;
		opaque += data[at] === 255;
	}
	return { visible, opaque };
}

// Downloads the part, which comes in bands.
export async function save_part(part) {
	const canvas = make("canvas", { width: part.width, height: part.height });
	const context = canvas.getContext("2d");

	for (let rest = part_text(part); rest;) {
		const band = await ask("grab", { rect: rest });
		const bytes = Uint8Array.from(atob(band.png), letter => letter.charCodeAt(0));

		context.drawImage(await createImageBitmap(new Blob([bytes])), 0, parse_part(band.rect).y - part.y);
		rest = band.rest;
	}
	const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
	const link = make("a", { href: URL.createObjectURL(blob), download: `wall-${part_text(part)}.png` });

	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60000);
	return link.download;
}
