// SPDX-License-Identifier: MIT
// A ring where a single pixel or a small block was painted, so that who paints slowly is seen; one
// that stays a while where the visitor painted.  As on the screen, not while a protocol paints fast.

const SHOWN_MS = 900, MINE_MS = 4000;

// More at once, or larger ones, are no single pixels; and not more in a second.
const SPOTS_MOST = 4, SIDE_MOST = 16, RATE_MOST = 10;

// What a slow protocol paints in a second.
const SLOW_MOST = 20;

const overlaps = (box, left, right, y) => left <= box.right + SIDE_MOST && right >= box.left - SIDE_MOST
	&& y <= box.bottom + SIDE_MOST;

// The boxes around runs of pixels [first, end], of a wall of that width; none if they are no spots.
function find_spots(runs, width) {
	const boxes = [];

	for (const [first, end] of runs) {
		const y = Math.floor(first / width), left = first - y * width, right = left + end - first;
		const box = boxes.find(one => overlaps(one, left, right, y));

		if (!box)
			boxes.push({ left, right, top: y, bottom: y + 1 });
		else
			Object.assign(box, { left: Math.min(box.left, left), right: Math.max(box.right, right), bottom: y + 1 });
	}
	const fits = ({ left, right, top, bottom }) => right - left <= SIDE_MOST && bottom - top <= SIDE_MOST;
	return boxes.length <= SPOTS_MOST && boxes.every(fits) ? boxes : [];
}

export class Ripples {
	// A cell of the board has so many pixels, and counts as one.
	constructor(box, view, cell_pixels) {
		Object.assign(this, { box, view, cell_pixels, is_fast: false, rings: new Set(), recent: [] });
	}

	// Takes a {type: "figures"} message.
	pace({ plugins }) {
		this.is_fast = plugins.some(({ module, pixels_per_second }) =>
			pixels_per_second > SLOW_MOST * (module === "http" ? this.cell_pixels : 1));
	}

	// Takes the runs of a {type: "frame"} message.
	take(runs) {
		const now = performance.now();

		this.recent = this.recent.filter(time => now - time < 1000);
		for (const { left, right, top, bottom } of document.hidden || this.is_fast ? [] : find_spots(runs, this.view.wall.width)) {
			if (this.recent.length >= RATE_MOST)
				return;
			this.recent.push(now);
			this.add((left + right) / 2, (top + bottom) / 2, "ripple", SHOWN_MS);
		}
	}

	// The visitor's own pixel.
	mine({ x, y }) {
		this.add(x + 0.5, y + 0.5, "ripple mine", MINE_MS);
	}

	add(x, y, name, ms) {
		const ring = document.createElement("div");

		ring.className = name;
		Object.assign(ring, { at: { x, y } });
		this.rings.add(ring);
		this.place(ring);
		this.box.append(ring);
		setTimeout(() => {
			this.rings.delete(ring);
			ring.remove();
		}, ms);
	}

	place({ at, style }) {
		style.left = `${this.view.left + at.x * this.view.z}px`;
		style.top = `${this.view.top + at.y * this.view.z}px`;
	}

	// The view is another one.
	move() {
		for (const ring of this.rings)
			this.place(ring);
	}
}
