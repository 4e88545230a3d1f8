// SPDX-License-Identifier: MIT
// Where the visitor looks: pan, pinch, wheel, flights.  What a tap or a key means is for others.

const TAP_SLOP = { mouse: 4, pen: 6, touch: 10 };
const PRESS_MS = 450, AFTER_GESTURE_MS = 250, CALM_MS = 120, FLIGHT_MS = 220, STEP_MS = 180;
const COASTING = 0.92, COASTING_LEAST = 0.4;
const ZOOM_MOST = 64;
const LEVELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, ZOOM_MOST];

// An edge of the wall may come so far into the viewport, so that a thumb reaches the corners.
const EDGE_IN = 0.4;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export class View {
	// `z` is CSS pixels for a pixel of the wall, whose corner is at left, top of the viewport.
	// `on` has view(), hover(pixel or null), tap(pixel, pointer type), press(pixel), and
	// key(event), which returns whether the key meant something; and end() of a gesture.
	constructor(viewport, canvas, render, on) {
		Object.assign(this, { viewport, canvas, render, on, z: 1, left: 0, top: 0, fitted: true });
		this.wall = { width: 1, height: 1 };
		this.width = this.height = 0; // of the viewport, until it is known
		this.ratio = 1; // device pixels for a CSS pixel
		this.fingers = new Map();
		this.ended = -Infinity; // the last gesture
		this.awake = false; // the wheel zooms
		for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "wheel", "keydown",
			"gesturestart", "gesturechange"])
			viewport.addEventListener(name, event => this[name](event), { passive: false });
		viewport.addEventListener("contextmenu", event => event.preventDefault());
		viewport.addEventListener("blur", () => { this.awake = false; });
		viewport.addEventListener("pointerleave", () => on.hover(null));
		new ResizeObserver(() => this.sized()).observe(viewport);
		document.addEventListener("visibilitychange", () => this.redraw());
		addEventListener("pageshow", () => this.redraw());
		canvas.addEventListener("contextrestored", () => this.redraw());
		this.watch_ratio();
	}

	// Also when the window moves to another screen.
	watch_ratio() {
		matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
			this.sized();
			this.watch_ratio();
		}, { once: true });
	}

	begin(width, height) {
		const is_other = width !== this.wall.width || height !== this.wall.height;

		this.wall = { width, height };
		if (is_other)
			this.fit();
	}

	// The canvas has whole pixels of the device, and is shown as exactly so many: with half a
	// pixel more the browser blurs all of them.
	sized() {
		const { clientWidth: width, clientHeight: height } = this.viewport;
		const ratio = devicePixelRatio || 1;
		const middle = this.fitted ? null : this.middle();
		const across = Math.floor(width * ratio), down = Math.floor(height * ratio);

		Object.assign(this, { width, height, ratio });
		if (this.canvas.width !== across || this.canvas.height !== down)
			Object.assign(this.canvas, { width: across, height: down });
		this.canvas.style.width = `${across / ratio}px`;
		this.canvas.style.height = `${down / ratio}px`;
		if (!this.flight && middle)
			this.look(middle.x, middle.y, this.z);
		else if (!this.flight)
			this.fit();
		this.redraw();
	}

	// What pixel of the wall is in the middle.
	middle() {
		return { x: (this.width / 2 - this.left) / this.z, y: (this.height / 2 - this.top) / this.z };
	}

	// The rows of the wall that are seen, and as many more as a small move shows.
	rows() {
		const { wall, top, z, height } = this, more = height / z / 4;

		return [clamp(Math.floor(-top / z - more), 0, wall.height - 1),
			clamp(Math.ceil((height - top) / z + more), 1, wall.height)];
	}

	get fit_z() {
		const { canvas, wall } = this;

		return Math.min(canvas.width / wall.width, canvas.height / wall.height) / this.ratio || 1;
	}

	set_z(z) {
		this.z = clamp(z, this.fit_z, ZOOM_MOST);
		this.fitted = this.z <= this.fit_z * 1.001;
	}

	fit() {
		this.flight = null;
		this.set_z(0);
		this.clamp();
		this.changed(false);
	}

	look(x, y, z) {
		this.flight = null;
		this.set_z(z);
		this.left = this.width / 2 - x * this.z;
		this.top = this.height / 2 - y * this.z;
		this.clamp();
		this.changed(false);
	}

	// Where one side of the wall may begin: in the middle if it is smaller than the viewport.
	clamp_side(at, size, room) {
		const edge = room * EDGE_IN;

		return size <= room + 0.5 ? (room - size) / 2 : clamp(at, room - size - edge, edge);
	}

	clamp() {
		this.left = this.clamp_side(this.left, this.wall.width * this.z, this.width);
		this.top = this.clamp_side(this.top, this.wall.height * this.z, this.height);
	}

	// The point x, y of the viewport stays where it is.
	zoom(factor, x = this.width / 2, y = this.height / 2) {
		const before = this.z;

		this.set_z(this.z * factor);
		this.left = x - (x - this.left) * this.z / before;
		this.top = y - (y - this.top) * this.z / before;
		this.clamp();
		this.changed(true);
	}

	// Calls frame(part) until that is 1; at once where motion is not wanted.
	animate(ms, frame) {
		const begun = performance.now();
		const turn = now => {
			const part = still.matches ? 1 : clamp((now - begun) / ms, 0, 1);

			if (this.flight !== turn)
				return; // something else moves it
			if (part === 1)
				this.flight = null;
			frame(1 - (1 - part) ** 3);
			if (part < 1)
				requestAnimationFrame(turn);
		};

		this.flight = turn;
		turn(begun);
	}

	// To the next level.
	step(up, x, y) {
		const next = up ? LEVELS.find(level => level > this.z * 1.01) || ZOOM_MOST
			: LEVELS.filter(level => level < this.z * 0.99).at(-1) || this.fit_z;
		const first = this.z, factor = Math.max(next, this.fit_z) / first;

		this.animate(STEP_MS, part => this.zoom(first * factor ** part / this.z, x, y));
	}

	// To where the wall's point x, y is in the middle, from where it is on the window, although
	// `grow` makes the viewport another one.
	fly(x, y, z, grow = () => {}) {
		const from = this.place_of(x, y), first = this.z;

		this.flight = grow;
		grow();
		this.sized();
		const box = this.viewport.getBoundingClientRect();
		const u0 = from.x - box.left, v0 = from.y - box.top;

		this.animate(FLIGHT_MS, part => {
			const last = clamp(z, this.fit_z, ZOOM_MOST);
			const { wall, width, height } = this;
			const u1 = this.clamp_side(width / 2 - x * last, wall.width * last, width) + x * last;
			const v1 = this.clamp_side(height / 2 - y * last, wall.height * last, height) + y * last;

			this.set_z(first * (last / first) ** part);
			this.left = u0 + (u1 - u0) * part - x * this.z;
			this.top = v0 + (v1 - v0) * part - y * this.z;
			if (part === 1)
				this.clamp();
			this.changed(part < 1);
		});
	}

	// Where the window shows a point of the wall.
	place_of(x, y) {
		const box = this.viewport.getBoundingClientRect();

		return { x: box.left + this.left + x * this.z, y: box.top + this.top + y * this.z };
	}

	changed(moving) {
		this.moving = moving;
		clearTimeout(this.calm);
		this.calm = 0;
		if (moving)
			this.rest();
		this.on.view();
		this.draw();
	}

	// Draws as exactly as can be when nothing happens for a moment.
	rest() {
		clearTimeout(this.calm);
		this.calm = setTimeout(() => {
			this.moving = false;
			this.calm = 0;
			this.draw();
		}, CALM_MS);
	}

	draw() {
		this.asked ||= requestAnimationFrame(() => {
			this.asked = 0;
			if (this.width > 0 && !this.render.draw(Math.round(this.left * this.ratio), Math.round(this.top * this.ratio),
				this.z * this.ratio, this.moving) && !this.moving)
				this.draw();
		});
	}

	redraw() {
		this.render.forget();
		this.draw();
	}

	// ---- what the visitor does

	point(event) {
		const box = this.viewport.getBoundingClientRect();

		return { x: event.clientX - box.left, y: event.clientY - box.top };
	}

	pixel({ x, y }) {
		const at = { x: Math.floor((x - this.left) / this.z), y: Math.floor((y - this.top) / this.z) };

		return at.x >= 0 && at.y >= 0 && at.x < this.wall.width && at.y < this.wall.height ? at : null;
	}

	// One finger on a wall that is all seen scrolls the page.
	is_for_the_page(event) {
		return event.pointerType === "touch" && this.fingers.size === 1 && this.fitted;
	}

	pointerdown(event) {
		if (event.button)
			return;
		const at = this.point(event), fresh = event.timeStamp - this.ended > AFTER_GESTURE_MS;

		this.viewport.setPointerCapture(event.pointerId);
		this.fingers.set(event.pointerId, at);
		this.speed = null;
		this.tapped = this.fingers.size === 1 && fresh ? { ...at, slop: TAP_SLOP[event.pointerType] || 8 } : null;
		clearTimeout(this.press);
		if (this.tapped && event.pointerType === "touch")
			this.press = setTimeout(() => this.pressed(), PRESS_MS);
	}

	pressed() {
		const at = this.tapped && this.pixel(this.tapped);

		this.tapped = null;
		if (at)
			this.on.press(at);
	}

	pointermove(event) {
		const before = this.fingers.get(event.pointerId), now = this.point(event);

		if (!before) {
			if (event.pointerType !== "touch")
				this.on.hover(this.pixel(now));
			return;
		}
		if (this.tapped && Math.hypot(now.x - this.tapped.x, now.y - this.tapped.y) < this.tapped.slop)
			return;
		clearTimeout(this.press);
		this.tapped = null;
		if (this.is_for_the_page(event))
			return;
		this.flight = null;
		this.fingers.set(event.pointerId, now);
		const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
		if (other)
			this.pinch(before, now, other);
		else
			this.pan({ x: now.x - before.x, y: now.y - before.y });
	}

	pan(by) {
		this.speed = by;
		this.left += by.x;
		this.top += by.y;
		this.clamp();
		this.changed(true);
	}

	pinch(before, now, other) {
		const apart = at => Math.hypot(at.x - other.x, at.y - other.y) || 1;

		this.left += (now.x - before.x) / 2;
		this.top += (now.y - before.y) / 2;
		this.zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
	}

	pointerup(event) {
		clearTimeout(this.press);
		if (!this.fingers.delete(event.pointerId))
			return;
		const at = this.tapped && this.pixel(this.tapped);

		if (this.tapped) {
			this.tapped = null;
			this.awake = true;
			if (at)
				this.on.tap(at, event.pointerType);
			return;
		}
		this.end(event);
		if (this.fingers.size === 0 && this.speed && !this.flight && !still.matches)
			this.coast();
	}

	end(event) {
		this.ended = event.timeStamp;
		if (this.fingers.size === 0)
			this.on.end();
	}

	pointercancel(event) {
		clearTimeout(this.press);
		this.tapped = null;
		this.fingers.delete(event.pointerId);
		this.end(event);
	}

	coast() {
		if (!this.speed || this.fingers.size > 0 || Math.hypot(this.speed.x, this.speed.y) < COASTING_LEAST)
			return;
		this.pan({ x: this.speed.x * COASTING, y: this.speed.y * COASTING });
		requestAnimationFrame(() => this.coast());
	}

	// Zooms always with Ctrl, which a trackpad's pinch sends too, except in Safari; else once the wall was clicked.
	wheel(event) {
		if (!event.ctrlKey && !this.awake)
			return;
		const { x, y } = this.point(event), lines = event.deltaMode ? 30 : 1;
		const by = event.deltaY * lines * (event.ctrlKey ? 3 : 1);

		event.preventDefault();
		this.flight = null;
		this.zoom(Math.exp(-clamp(by, -120, 120) / 300), x, y);
	}

	// Safari sends these for a trackpad's pinch instead of a wheel, and would make the page larger; those of a
	// telephone come with its fingers.
	gesturestart(event) {
		event.preventDefault();
		this.scale = 1;
	}

	gesturechange(event) {
		const { x, y } = this.point(event);

		event.preventDefault();
		if (this.fingers.size > 0)
			return;
		this.flight = null;
		this.zoom(event.scale / this.scale, x, y);
		this.scale = event.scale;
	}

	keydown(event) {
		if (!event.ctrlKey && !event.metaKey && !event.altKey && this.on.key(event))
			event.preventDefault();
	}
}
