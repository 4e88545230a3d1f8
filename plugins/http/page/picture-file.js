// SPDX-License-Identifier: MIT
// Reads a visitor's picture.  What it is and how large is read in its head, before anything is
// decoded: a small file may say that it has more pixels than there is memory for.

import { make } from "./dom.js";

const BYTES_MOST = 20 << 20, PIXELS_MOST = 64e6;

// Its message is a word for the visitor: a key of picture-words.js.
export class Refused extends Error {}

// A read behind the end throws a RangeError: then the file is not all there.
const text = (bytes, at, len) => String.fromCharCode(...new Uint8Array(bytes.buffer, at, len));

function read_png(bytes) {
	let animated = false;

	for (let at = 8, name = ""; name !== "IEND"; at += 12 + bytes.getUint32(at)) {
		name = text(bytes, at + 4, 4);
		animated ||= name === "acTL";
	}
	return { width: bytes.getUint32(16), height: bytes.getUint32(20), animated };
}

// Behind parts of up to 255 bytes.
function skip_parts(bytes, at) {
	for (let len = bytes.getUint8(at); len; len = bytes.getUint8(at))
		at += 1 + len;
	return at + 1;
}

const table_bytes = flags => flags & 128 ? 3 << (flags & 7) + 1 : 0;

function read_gif(bytes) {
	let at = 13 + table_bytes(bytes.getUint8(10)), frames = 0;

	for (let kind = bytes.getUint8(at); kind !== 0x3b; kind = bytes.getUint8(at)) {
		if (kind === 0x2c) {
			frames++;
			at = skip_parts(bytes, at + 11 + table_bytes(bytes.getUint8(at + 9)));
		} else {
			at = skip_parts(bytes, at + 2);
		}
	}
	return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true), animated: frames > 1 };
}

function read_jpeg(bytes) {
	let size = null, at = 2, marker = bytes.getUint8(3);

	for (; marker !== 0xda; at += 2 + bytes.getUint16(at + 2), marker = bytes.getUint8(at + 1))
		if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
			size = { width: bytes.getUint16(at + 7), height: bytes.getUint16(at + 5) };
	while (bytes.getUint16(at) !== 0xffd9) // within a scan these are its end
		at++;
	return size;
}

function read_webp(bytes) {
	const kind = text(bytes, 12, 4), right = bytes.getUint32(21, true);

	bytes.getUint8(bytes.getUint32(4, true) + 7); // its last
	if (kind === "VP8X")
		return { width: 1 + (bytes.getUint32(24, true) & 0xffffff), height: 1 + (bytes.getUint32(26, true) >>> 8),
			animated: Boolean(bytes.getUint8(20) & 2) };
	if (kind === "VP8L")
		return { width: 1 + (right & 0x3fff), height: 1 + (right >> 14 & 0x3fff) };
	return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff };
}

// By what a file begins with, from a place on.
const KINDS = [[0, "\x89PNG", read_png], [0, "GIF8", read_gif], [0, "\xff\xd8\xff", read_jpeg], [8, "WEBP", read_webp]];

function read_head(buffer) {
	const bytes = new DataView(buffer);
	const read = KINDS.find(([at, begin]) => bytes.byteLength > at + begin.length
		&& text(bytes, at, begin.length) === begin)?.[2];
	let head;

	if (!read)
		throw new Refused("no_picture");
	try {
		head = read(bytes);
	} catch {
		throw new Refused("truncated");
	}
	if (!head?.width || !head.height)
		throw new Refused("broken");
	if (head.width * head.height > PIXELS_MOST)
		throw new Refused("too_many");
	if (head.animated)
		throw new Refused("animated");
	return head;
}

// A canvas with the picture, turned as the camera was; of a large one a smaller copy, with at
// most `most` pixels on a side.
export async function read_picture(file, most) {
	if (file.size > BYTES_MOST)
		throw new Refused("too_long");
	read_head(await file.arrayBuffer());
	const bitmap = await createImageBitmap(file).catch(() => { throw new Refused("broken"); });
	const scale = Math.min(1, most / bitmap.width, most / bitmap.height);
	const canvas = make("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)),
		height: Math.max(1, Math.round(bitmap.height * scale)) });
	const pen = canvas.getContext("2d");

	pen.imageSmoothingQuality = "high";
	pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	bitmap.close();
	return canvas;
}
