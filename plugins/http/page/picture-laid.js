// SPDX-License-Identifier: MIT
// A visitor's picture as it lies over the wall, half transparent: moved and scaled by mouse,
// fingers and keys.

import { make } from "./dom.js";
import { w } from "./picture-words.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export class Laid {
	// `tell` is called when it was moved or scaled.  What its keys mean the view asks, in whose
	// `box` it is.
	constructor(box, view, tell) {
		Object.assign(this, { view, tell, column: 0, row: 0, columns: 1, rows: 1 });
		this.canvas = make("canvas", { className: "laid", tabIndex: 0 });
		this.canvas.setAttribute("role", "img");
		this.canvas.setAttribute("aria-label", w("laid"));
		this.grip = make("div", { className: "grip", title: w("grip") });
		this.fingers = new Map();
		this.context = this.canvas.getContext("2d");
		for (const handle of [this.canvas, this.grip]) {
			handle.addEventListener("pointerdown", event => this.down(event, handle));
			handle.addEventListener("pointermove", event => this.move(event, handle));
			for (const name of ["pointerup", "pointercancel"])
				handle.addEventListener(name, event => this.up(event));
		}
		box.append(this.canvas, this.grip);
	}

	remove() {
		this.canvas.remove();
		this.grip.remove();
	}

	// On a grid {left, top, cell, columns, rows} the picture of `source`.
	on(grid, source) {
		const middle = this.grid && this.middle(), part = this.grid ? this.columns * this.grid.cell / grid.cell : 0;

		Object.assign(this, { grid, ratio: source.height / source.width });
		this.most = clamp(Math.floor(grid.rows / this.ratio), 1, grid.columns);
		this.resize(part || grid.columns / 4);
		this.put(middle || { x: grid.left + grid.columns * grid.cell / 2, y: grid.top + grid.rows * grid.cell / 2 });
	}

	resize(columns) {
		this.columns = clamp(Math.round(columns), 1, this.most);
		this.rows = clamp(Math.round(this.columns * this.ratio), 1, this.grid.rows);
	}

	// In pixels of the wall.
	middle() {
		const { grid } = this;

		return { x: grid.left + (this.column + this.columns / 2) * grid.cell,
			y: grid.top + (this.row + this.rows / 2) * grid.cell };
	}

	// Its middle there; some of it stays on the wall.
	put({ x, y }) {
		const { grid } = this;

		this.column = clamp(Math.round((x - grid.left) / grid.cell - this.columns / 2), 1 - this.columns, grid.columns - 1);
		this.row = clamp(Math.round((y - grid.top) / grid.cell - this.rows / 2), 1 - this.rows, grid.rows - 1);
	}

	// Scaled, with the middle where it was.
	scale(columns) {
		const middle = this.middle();

		this.resize(columns);
		this.put(middle);
		this.tell();
	}

	// In CSS pixels, with what the wall has.
	place() {
		const { view, grid, canvas, grip } = this, side = grid.cell * view.z;
		const left = view.left + (grid.left + this.column * grid.cell) * view.z;
		const top = view.top + (grid.top + this.row * grid.cell) * view.z;

		canvas.style.transform = `translate(${left}px, ${top}px)`;
		canvas.style.width = `${this.columns * side}px`;
		canvas.style.height = `${this.rows * side}px`;
		grip.style.transform = `translate(${left + this.columns * side}px, ${top + this.rows * side}px)`;
	}

	// Shows words of pixels; those that are 0 are not there.
	draw(words) {
		const image = new ImageData(this.columns, this.rows);

		Object.assign(this.canvas, { width: this.columns, height: this.rows });
		new Uint32Array(image.data.buffer).set(words);
		this.context.putImageData(image, 0, 0);
		this.place();
	}

	// ---- by mouse and fingers

	down(event, handle) {
		event.stopPropagation();
		if (this.is_fixed)
			return;
		handle.setPointerCapture(event.pointerId);
		this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
		this.begun = { columns: this.columns, middle: this.middle(), spread: this.spread(), ...this.centre() };
	}

	centre() {
		const all = [...this.fingers.values()], sum = key => all.reduce((total, at) => total + at[key], 0);

		return { x: sum("x") / all.length, y: sum("y") / all.length };
	}

	// How far apart two fingers are.
	spread() {
		const [one, other] = this.fingers.values();

		return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
	}

	move(event, handle) {
		const { begun, view, grid } = this;

		if (!this.fingers.has(event.pointerId) || this.is_fixed)
			return;
		this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
		const { x, y } = this.centre(), by = { x: (x - begun.x) / view.z, y: (y - begun.y) / view.z };
		if (handle === this.grip) {
			const { column, row } = this; // this corner stays

			this.resize(begun.columns + by.x / grid.cell);
			Object.assign(this, { column, row });
		} else {
			if (begun.spread)
				this.resize(begun.columns * this.spread() / begun.spread);
			this.put({ x: begun.middle.x + by.x, y: begun.middle.y + by.y });
		}
		this.tell();
	}

	up(event) {
		event.stopPropagation();
		this.fingers.delete(event.pointerId);
		if (this.fingers.size)
			this.begun = { columns: this.columns, middle: this.middle(), spread: this.spread(), ...this.centre() };
	}

	// ---- by keys

	// Returns whether it meant something.
	key(event) {
		const step = STEPS[event.key], far = event.shiftKey ? FAR : 1, wider = { "[": -1, "]": 1 }[event.key];

		if ((!step && !wider) || this.is_fixed)
			return false;
		if (wider) {
			this.scale(this.columns + wider * far);
			return true;
		}
		const { x, y } = this.middle();
		this.put({ x: x + step[0] * far * this.grid.cell, y: y + step[1] * far * this.grid.cell });
		this.tell();
		return true;
	}
}
