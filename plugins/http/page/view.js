// SPDX-License-Identifier: MIT
// The viewport: zoom, pan and the cursor; by mouse, touch, wheel and keys.

const TAP_PIXELS = 8;
const ZOOM_STEP = 1.5;
const ZOOM_MOST = 64;

export class View {
	// `tap` is called with the canvas pixel that was tapped, `move` with the one under the cursor.
	constructor(viewport, picture, cursor, { tap, move }) {
		Object.assign(this, { viewport, picture, cursor, tap, move });
		this.scale = 1;
		this.left = this.top = 0; // of the picture in the viewport
		this.cell = { size: 1, left: 0, top: 0 };
		this.at = null;
		this.fitted = true;
		this.pointers = new Map();
		viewport.addEventListener("pointerdown", event => this.down(event));
		viewport.addEventListener("pointermove", event => this.drag(event));
		for (const name of ["pointerup", "pointercancel"])
			viewport.addEventListener(name, event => this.up(event));
		viewport.addEventListener("wheel", event => this.wheel(event), { passive: false });
		viewport.addEventListener("keydown", event => this.key(event));
		new ResizeObserver(() => this.fitted ? this.fit() : this.place()).observe(viewport);
	}

	fit() {
		const { clientWidth, clientHeight } = this.viewport;

		this.scale = Math.min(clientWidth / this.picture.width, clientHeight / this.picture.height) || 1;
		this.left = (clientWidth - this.picture.width * this.scale) / 2;
		this.top = (clientHeight - this.picture.height * this.scale) / 2;
		this.fitted = true;
		this.place();
	}

	place() {
		this.picture.style.transform = `translate(${this.left}px, ${this.top}px) scale(${this.scale})`;
		this.cursor.hidden = !this.at;
		if (!this.at)
			return;
		const { size, left, top } = this.cell;
		const x = this.at.x - (((this.at.x - left) % size) + size) % size;
		const y = this.at.y - (((this.at.y - top) % size) + size) % size;
		const side = Math.max(size * this.scale, 6);

		this.cursor.style.width = this.cursor.style.height = `${side}px`;
		this.cursor.style.transform =
			`translate(${this.left + (x + size / 2) * this.scale - side / 2}px, ` +
			`${this.top + (y + size / 2) * this.scale - side / 2}px)`;
	}

	// Zooms and keeps the point x,y of the viewport where it is.
	zoom(factor, x = this.viewport.clientWidth / 2, y = this.viewport.clientHeight / 2) {
		const least = Math.min(this.viewport.clientWidth / this.picture.width,
			this.viewport.clientHeight / this.picture.height, 1) / 2;
		const scale = Math.min(Math.max(this.scale * factor, least), ZOOM_MOST);

		this.left = x - (x - this.left) * scale / this.scale;
		this.top = y - (y - this.top) * scale / this.scale;
		this.scale = scale;
		this.fitted = false;
		this.place();
	}

	pixel(event) {
		const box = this.viewport.getBoundingClientRect();
		const x = Math.floor((event.clientX - box.left - this.left) / this.scale);
		const y = Math.floor((event.clientY - box.top - this.top) / this.scale);
		const inside = x >= 0 && y >= 0 && x < this.picture.width && y < this.picture.height;

		return inside ? { x, y } : null;
	}

	look(at) {
		this.at = at;
		this.place();
		this.move(at);
	}

	down(event) {
		this.viewport.setPointerCapture(event.pointerId);
		this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
		this.still = this.pointers.size === 1 ? { x: event.clientX, y: event.clientY } : null;
	}

	drag(event) {
		const pointer = this.pointers.get(event.pointerId);

		if (!pointer) {
			if (event.pointerType === "mouse" && this.pixel(event))
				this.look(this.pixel(event));
			return;
		}
		if (this.still && Math.hypot(event.clientX - this.still.x, event.clientY - this.still.y) < TAP_PIXELS)
			return;
		this.still = null;
		this.fitted = false;
		const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
		const weight = 1 / (others.length + 1);

		this.left += (event.clientX - pointer.x) * weight;
		this.top += (event.clientY - pointer.y) * weight;
		if (others.length === 1) {
			const box = this.viewport.getBoundingClientRect();
			const [other] = others;
			const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
			const now = Math.hypot(event.clientX - other.x, event.clientY - other.y);

			this.zoom(now / (before || 1), (event.clientX + other.x) / 2 - box.left,
				(event.clientY + other.y) / 2 - box.top);
		}
		this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
		this.place();
	}

	up(event) {
		const known = this.pointers.delete(event.pointerId);

		if (!known || !this.still || event.type === "pointercancel")
			return;
		this.still = null;
		const at = this.pixel(event);
		if (at) {
			this.look(at);
			this.tap(at);
		}
	}

	wheel(event) {
		const box = this.viewport.getBoundingClientRect();

		event.preventDefault();
		this.zoom(Math.exp(-event.deltaY / (event.deltaMode ? 10 : 300)), event.clientX - box.left,
			event.clientY - box.top);
	}

	key(event) {
		const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
		const step = steps[event.key];

		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (step)
			this.step(step[0] * this.cell.size, step[1] * this.cell.size);
		else if (event.key === "+" || event.key === "=")
			this.zoom(ZOOM_STEP);
		else if (event.key === "-")
			this.zoom(1 / ZOOM_STEP);
		else if (event.key === "0")
			this.fit();
		else if ((event.key === "Enter" || event.key === " ") && this.at)
			this.tap(this.at);
		else
			return;
		event.preventDefault();
	}

	// Moves the cursor, and the picture if the cursor would leave the viewport.
	step(dx, dy) {
		const from = this.at || { x: Math.floor(this.picture.width / 2), y: Math.floor(this.picture.height / 2) };
		const x = Math.min(Math.max(from.x + dx, 0), this.picture.width - 1);
		const y = Math.min(Math.max(from.y + dy, 0), this.picture.height - 1);
		const seen_x = this.left + (x + 0.5) * this.scale, seen_y = this.top + (y + 0.5) * this.scale;

		this.left -= Math.min(seen_x, 0) + Math.max(seen_x - this.viewport.clientWidth, 0);
		this.top -= Math.min(seen_y, 0) + Math.max(seen_y - this.viewport.clientHeight, 0);
		this.look({ x, y });
	}
}
