// SPDX-License-Identifier: MIT
// Draws the wall on the page's canvas, exact to the pixel of the device: crisp where it is
// larger than the wall; smaller and at rest pooled; in motion the nearest of its halves.

import { halve, pool } from "./pool.js";

// No halves below that.
const SMALLEST = 256;

// More parts than that are one.
const PARTS_MOST = 256;

// What is pooled in one frame, so that it is in time, takes no longer; and it is looked at the
// clock after so many of the wall's pixels.
const SLICE_MS = 5, PIECE_PIXELS = 1 << 15;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function join(one, other) {
	return !one ? other : {
		left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
		right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
	};
}

class Sheet {
	constructor(image) {
		Object.assign(this, { image, width: image.width, height: image.height });
		this.words = new Uint32Array(image.data.buffer);
		this.whole = { left: 0, top: 0, right: this.width, bottom: this.height };
		this.stale = this.unseen = this.whole; // what the words lack, and what the canvas
	}

	// Something to draw with what the words say.
	canvas() {
		this.pen ||= Object.assign(document.createElement("canvas"), { width: this.width, height: this.height })
			.getContext("2d", { alpha: false });
		if (this.unseen) {
			const { left, top, right, bottom } = this.unseen;

			this.pen.putImageData(this.image, 0, 0, left, top, right - left, bottom - top);
			this.unseen = null;
		}
		return this.pen.canvas;
	}

	free() {
		if (this.pen)
			this.pen.canvas.width = this.pen.canvas.height = 0;
	}
}

// Where each of n device pixels begins, in pixels of the wall; those whose centres it has are
// its own, and each has one at least.
function edges(n, skip, scale, most, to_the_end) {
	const all = new Int32Array(n + 1);

	for (let i = 0; i <= n; i++)
		all[i] = clamp(Math.ceil((skip + i) / scale - 0.5), 0, most);
	if (to_the_end)
		all[n] = most; // the last pixel has what is left
	for (let i = n; i-- > 0;)
		all[i] = Math.max(Math.min(all[i], all[i + 1] - 1), 0);
	return all;
}

// The index of the last edge that is not behind a value.
function find(all, value) {
	let low = 0, high = all.length - 1;

	while (low < high) {
		const middle = low + high + 1 >> 1;

		if (all[middle] <= value)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

export class Render {
	// `around` is a colour for what is not wall.
	constructor(canvas, around) {
		this.canvas = canvas;
		this.around = around;
		this.context = canvas.getContext("2d", { alpha: false });
		this.sheets = [];
		this.pooled = null;
		this.dirty = []; // parts that were not pooled yet, those first that wait longest
	}

	// For a wall of that size; its pixels are written to the image.
	begin(width, height) {
		for (const sheet of this.sheets)
			sheet.free();
		this.sheets = [];
		for (; this.sheets.length === 0 || Math.max(width, height) >= SMALLEST && Math.min(width, height) > 0;
			width >>= 1, height >>= 1)
			this.sheets.push(new Sheet(new ImageData(width, height)));
		this.pooled = null;
		this.sheets[0].words.fill(0xff000000);
		return this.sheets[0].image;
	}

	// Rows that wait keep their turn, and others come behind all that wait: where everything changes
	// again and again, all of it has its turn.
	wait(part) {
		const at = this.dirty.findIndex(({ top, bottom }) => top < part.bottom && part.top < bottom);

		if (at < 0) {
			this.dirty.push(part);
			return;
		}
		const { top, bottom } = this.dirty[at];

		this.dirty[at] = { ...join(this.dirty[at], part), top, bottom };
		if (part.top < top)
			this.wait({ ...part, bottom: top });
		if (part.bottom > bottom)
			this.wait({ ...part, top: bottom });
	}

	// A part of the image was written.
	changed(part) {
		this.wait(part);
		if (this.dirty.length > PARTS_MOST) {
			const all = this.dirty.reduce(join), { top } = this.dirty[0];

			this.dirty = [{ ...all, top }, { ...all, bottom: top }].filter(part => part.top < part.bottom);
		}
		this.sheets.forEach((sheet, k) => {
			const here = { left: part.left >> k, top: part.top >> k,
				right: Math.min((part.right - 1 >> k) + 1, sheet.width),
				bottom: Math.min((part.bottom - 1 >> k) + 1, sheet.height) };

			sheet.stale = join(sheet.stale, here);
			sheet.unseen = join(sheet.unseen, here);
		});
	}

	// The kth half, up to date.
	half(k) {
		const sheet = this.sheets[k];

		if (k > 0 && sheet.stale)
			halve(this.half(k - 1), sheet, sheet.stale);
		sheet.stale = null;
		return sheet;
	}

	// The wall's place and scale are in device pixels.  Returns whether it is as exact as can be;
	// if not, it is to be drawn again: if it does not move, at the next frame.
	draw(left, top, scale, moving) {
		if (this.sheets.length === 0)
			return true;
		if (scale < 1 && !moving)
			return this.exact(left, top, scale);
		this.pooled = null;
		this.scaled(left, top, scale);
		return scale >= 1;
	}

	surround(left, top, right, bottom) {
		const { context, canvas } = this;

		context.fillStyle = this.around;
		context.fillRect(0, 0, canvas.width, top);
		context.fillRect(0, bottom, canvas.width, canvas.height - bottom);
		context.fillRect(0, top, left, bottom - top);
		context.fillRect(right, top, canvas.width - right, bottom - top);
	}

	// Only what is seen is drawn: some browsers are slow otherwise.
	scaled(left, top, scale) {
		const { context, canvas } = this, { width, height } = this.sheets[0];
		const k = scale >= 1 ? 0 : clamp(Math.round(Math.log2(1 / scale)), 0, this.sheets.length - 1);
		const right = Math.min(left + width * scale, canvas.width);
		const bottom = Math.min(top + height * scale, canvas.height);
		const l = Math.max(left, 0), t = Math.max(top, 0);

		this.surround(l, t, Math.max(right, l), Math.max(bottom, t));
		if (right <= l || bottom <= t)
			return;
		const sheet = this.half(k), per_x = sheet.width / width / scale, per_y = sheet.height / height / scale;
		context.imageSmoothingEnabled = scale < 1;
		context.imageSmoothingQuality = "low";
		context.drawImage(sheet.canvas(), (l - left) * per_x, (t - top) * per_y, (right - l) * per_x,
			(bottom - t) * per_y, l, t, right - l, bottom - t);
	}

	// Prepares to pool the wall at another place or scale.
	measure(left, top, scale, key) {
		const { canvas } = this, { width, height } = this.sheets[0];
		const span = (from, size, room) => {
			const end = from + Math.max(Math.round(size * scale), 1);
			const first = clamp(from, 0, room), last = clamp(end, first, room);

			return { first, n: last - first,
				edges: edges(last - first, first - from, scale, size, last === end) };
		};
		const across = span(left, width, canvas.width), down = span(top, height, canvas.height);

		this.surround(across.first, down.first, across.first + across.n, down.first + down.n);
		this.pooled = { key, across, down };
		this.dirty = [];
		if (across.n === 0 || down.n === 0)
			return;
		this.pooled.sheet = new Sheet(new ImageData(across.n, down.n));
		this.dirty = [this.sheets[0].whole];
	}

	// What is not pooled yet shows what was there, at another place or scale its halves.
	exact(left, top, scale) {
		const { canvas } = this, until = performance.now() + SLICE_MS;
		const key = [left, top, scale, canvas.width, canvas.height, this.around].join();

		if (this.pooled?.key !== key) {
			this.scaled(left, top, scale);
			this.measure(left, top, scale, key);
		}
		while (this.dirty.length > 0 && performance.now() < until)
			this.pool(this.next_piece());
		return this.dirty.length === 0;
	}

	next_piece() {
		const [part] = this.dirty, rows = Math.max(Math.floor(PIECE_PIXELS / (part.right - part.left)), 1);
		const end = part.top + rows;

		if (end >= part.bottom)
			return this.dirty.shift();
		this.dirty[0] = { ...part, top: end };
		return { ...part, bottom: end };
	}

	// One pixel of the wall more at each side is pooled again, for it is a neighbour.
	pool(dirty) {
		const { across, down, sheet } = this.pooled;

		if (!sheet)
			return; // nothing of the wall is seen
		const part = {
			left: find(across.edges, dirty.left - 1),
			right: Math.min(find(across.edges, dirty.right + 1) + 1, sheet.width),
			top: find(down.edges, dirty.top - 1),
			bottom: Math.min(find(down.edges, dirty.bottom + 1) + 1, sheet.height),
		};

		pool(this.sheets[0], sheet, across.edges, down.edges, part);
		this.context.putImageData(sheet.image, across.first, down.first, part.left, part.top,
			part.right - part.left, part.bottom - part.top);
	}

	// The browser forgot what the canvas showed.
	forget() {
		this.pooled = null;
	}
}
