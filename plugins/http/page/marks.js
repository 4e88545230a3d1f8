// SPDX-License-Identifier: MIT
// What lies over the wall and moves with it: cross-hair, grid, and what would be painted.

import { colour_name, t } from "./words.js";

// A grid or the words at the cross-hair would hide smaller cells.
const GRID_LEAST = 6, BUBBLE_LEAST = 16, CROSS_LEAST = 8;

function make(parent, name) {
	const box = document.createElement("div");

	box.className = name;
	box.hidden = true;
	parent.append(box);
	return box;
}

export class Marks {
	// `size`, `left` and `top` are of the cells, in pixels of the wall.
	constructor(box, view, { size, left, top }) {
		Object.assign(this, { view, size, left, top, at: null, hover: null, has_grid: false });
		this.grid = make(box, "grid");
		this.cross = make(box, "cross");
		this.ghost = make(this.cross, "ghost");
		this.bubble = make(box, "bubble");
		this.ghost.hidden = false;
	}

	// The corner of a pixel's cell.
	corner(at) {
		const into = (value, from) => ((value - from) % this.size + this.size) % this.size;

		return { x: at.x - into(at.x, this.left), y: at.y - into(at.y, this.top) };
	}

	is_same(at) {
		const one = this.at && this.corner(this.at), other = this.corner(at);

		return Boolean(one) && one.x === other.x && one.y === other.y;
	}

	// The side of a cell in CSS pixels.
	side() {
		return this.size * this.view.z;
	}

	// `there` is the colour at the marked cell, `colour` what is to be painted; both may be empty.
	show(there, colour, off) {
		const { view } = this, at = this.at || this.hover;

		this.show_grid();
		this.cross.hidden = !at;
		this.bubble.hidden = !this.at || !there || !colour || this.side() < BUBBLE_LEAST;
		if (!at)
			return;
		const { x, y } = this.corner(at), side = Math.max(this.side(), CROSS_LEAST);
		const left = view.left + (x + this.size / 2) * view.z, top = view.top + (y + this.size / 2) * view.z;

		this.cross.classList.toggle("faint", !this.at);
		this.cross.classList.toggle("off", off);
		this.cross.style.width = this.cross.style.height = `${side + 4}px`;
		this.cross.style.transform = `translate(${left - side / 2 - 2}px, ${top - side / 2 - 2}px)`;
		this.ghost.style.background = colour;
		if (this.bubble.hidden)
			return;
		this.bubble.textContent = there === colour ? colour_name(colour)
			: t("change", { a: colour_name(there), b: colour_name(colour) });
		this.bubble.style.left = `${left}px`;
		this.bubble.style.top = `${top - side / 2}px`;
	}

	show_grid() {
		const { view } = this, side = this.side(), { style } = this.grid;

		this.grid.hidden = !this.has_grid || side < GRID_LEAST;
		if (this.grid.hidden)
			return;
		style.backgroundSize = `${side}px ${side}px`;
		style.backgroundPosition = `${view.left + this.left * view.z}px ${view.top + this.top * view.z}px`;
	}
}
