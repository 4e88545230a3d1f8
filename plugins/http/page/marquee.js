// SPDX-License-Identifier: MIT
// The chosen part of the wall: by pointer, corner grips, arrow keys and as text.

const TAP_PIXELS = { mouse: 4, pen: 6, touch: 10 };
const STEP = 8;
const SMALL = 96; // on the screen: the grips are outside

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export function part_text({ x, y, width, height }) {
	return `${width}x${height}+${x}+${y}`;
}

// null: it is none.
export function parse_part(text) {
	const match = /^\s*(\d{1,6})x(\d{1,6})\+(\d{1,6})\+(\d{1,6})\s*$/.exec(text);

	if (!match)
		return null;
	const [width, height, x, y] = match.slice(1).map(Number);

	return width && height ? { x, y, width, height } : null;
}

export function overlap(a, b) {
	return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export class Marquee {
	// `change` is called with each new part, `tap` with a pixel that was only pressed, and
	// `cancel` for Escape.
	constructor(viewport, { change, tap, cancel }) {
		Object.assign(this, { viewport, change, tap, cancel });
		this.shade = viewport.querySelector("#shade");
		this.grips = viewport.querySelector("#grips");
		this.wall = null;
		this.part = null;
		this.drag = null;
		viewport.addEventListener("pointerdown", event => this.down(event));
		viewport.addEventListener("pointermove", event => this.move(event));
		viewport.addEventListener("pointerup", event => this.up(event));
		viewport.addEventListener("pointercancel", () => { this.drag = null; });
		viewport.addEventListener("keydown", event => this.key(event));
		new ResizeObserver(() => this.place()).observe(viewport);
	}

	// The wall's size; the part is all of it, unless there is one that fits.
	resize(width, height) {
		const fits = this.part && this.part.x + this.part.width <= width && this.part.y + this.part.height <= height;

		this.wall = { width, height };
		if (!fits)
			this.set({ x: 0, y: 0, width, height });
		else
			this.place();
	}

	is_whole() {
		return this.part.width === this.wall.width && this.part.height === this.wall.height;
	}

	contains(part) {
		return part.x + part.width <= this.wall.width && part.y + part.height <= this.wall.height;
	}

	set(part) {
		this.part = part;
		this.place();
		this.change(part);
	}

	place() {
		if (!this.part)
			return;
		const scale = this.viewport.clientWidth / this.wall.width;
		const { x, y, width, height } = this.part;

		for (const element of [this.shade, this.grips]) {
			Object.assign(element.style, { left: `${x * scale}px`, top: `${y * scale}px`,
				width: `${width * scale}px`, height: `${height * scale}px` });
			element.hidden = false;
		}
		this.grips.classList.toggle("small", Math.min(width, height) * scale < SMALL);
	}

	// In pixels of the wall, with their fraction.
	point(event) {
		const box = this.viewport.getBoundingClientRect();
		const scale = this.wall.width / box.width;

		return {
			x: clamp((event.clientX - box.left) * scale, 0, this.wall.width),
			y: clamp((event.clientY - box.top) * scale, 0, this.wall.height),
		};
	}

	down(event) {
		if (!this.wall || this.drag || event.button !== 0)
			return;
		const corner = [...this.grips.children].indexOf(event.target);
		const at = this.point(event), { x, y, width, height } = this.part;

		this.viewport.setPointerCapture(event.pointerId);
		this.drag = { id: event.pointerId, at, from: at, screen: event, still: true, offset: { x: 0, y: 0 } };
		if (corner < 0)
			return;
		const held = { x: corner % 2 ? x + width : x, y: corner > 1 ? y + height : y };

		this.drag.from = { x: corner % 2 ? x : x + width, y: corner > 1 ? y : y + height };
		this.drag.offset = { x: held.x - at.x, y: held.y - at.y };
		this.drag.grip = true;
	}

	move(event) {
		const drag = this.drag;

		if (drag?.id !== event.pointerId)
			return;
		if (drag.still && Math.hypot(event.clientX - drag.screen.clientX, event.clientY - drag.screen.clientY) <=
			(TAP_PIXELS[event.pointerType] ?? 4))
			return;
		drag.still = false;
		const at = this.point(event);
		const x = clamp(at.x + drag.offset.x, 0, this.wall.width), y = clamp(at.y + drag.offset.y, 0, this.wall.height);

		this.set(this.between(drag.from, { x, y }));
	}

	// The pixels that two points enclose; at least one.
	between(a, b) {
		const x = Math.min(Math.floor(Math.min(a.x, b.x)), this.wall.width - 1);
		const y = Math.min(Math.floor(Math.min(a.y, b.y)), this.wall.height - 1);

		return {
			x, y,
			width: Math.max(Math.ceil(Math.max(a.x, b.x)) - x, 1),
			height: Math.max(Math.ceil(Math.max(a.y, b.y)) - y, 1),
		};
	}

	up(event) {
		const drag = this.drag;

		if (drag?.id !== event.pointerId)
			return;
		this.drag = null;
		if (drag.still && !drag.grip)
			this.tap({
				x: Math.min(Math.floor(drag.at.x), this.wall.width - 1),
				y: Math.min(Math.floor(drag.at.y), this.wall.height - 1),
			});
	}

	key(event) {
		const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
		const step = steps[event.key];

		if (event.ctrlKey || event.metaKey || event.altKey || !this.wall)
			return;
		if (step)
			this.step(step[0] * STEP, step[1] * STEP, event.shiftKey);
		else if (event.key === "Escape")
			this.cancel();
		else
			return;
		event.preventDefault();
	}

	step(dx, dy, resizes) {
		const { x, y, width, height } = this.part;

		if (resizes)
			this.set({ x, y, width: clamp(width + dx, 1, this.wall.width - x),
				height: clamp(height + dy, 1, this.wall.height - y) });
		else
			this.set({ x: clamp(x + dx, 0, this.wall.width - width), y: clamp(y + dy, 0, this.wall.height - height),
				width, height });
	}
}
