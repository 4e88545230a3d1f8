// SPDX-License-Identifier: MIT
// Draws pixels per second over the last minutes, a line for each plugin.

import { number, t } from "./words.js";

const SECONDS = 300;
const COLOURS = ["#4da3ff", "#ff8f3f", "#3fbf6f", "#c77dff", "#e0b000", "#ff6f91", "#2bc4c4", "#9a9a9a"];

export class Graph {
	constructor(canvas, legend) {
		this.canvas = canvas;
		this.legend = legend;
		canvas.setAttribute("aria-label", t("graph"));
		this.lines = new Map(); // from name to rates, oldest first
	}

	colour(index) {
		return COLOURS[index % COLOURS.length];
	}

	// Takes a {type: "figures"} message.
	add(figures) {
		for (const { name, pixels_per_second } of figures.plugins) {
			if (!this.lines.has(name))
				this.lines.set(name, []);
			const line = this.lines.get(name);

			line.push(pixels_per_second);
			if (line.length > SECONDS)
				line.shift();
		}
		this.draw();
	}

	draw() {
		const { canvas } = this, context = canvas.getContext("2d");
		const ratio = devicePixelRatio || 1;
		const width = canvas.width = canvas.clientWidth * ratio;
		const height = canvas.height = canvas.clientHeight * ratio;
		const style = getComputedStyle(document.body);
		const most = Math.max(1, ...[...this.lines.values()].flat());
		let index = 0;

		context.font = `${12 * ratio}px system-ui, sans-serif`;
		context.fillStyle = style.color;
		context.fillText(number(most), 2 * ratio, 12 * ratio);
		for (const line of this.lines.values()) {
			context.strokeStyle = this.colour(index++);
			context.lineWidth = 2 * ratio;
			context.beginPath();
			line.forEach((rate, i) => {
				const x = width - (line.length - 1 - i) * width / (SECONDS - 1);

				context.lineTo(x, height - 2 * ratio - rate / most * (height - 18 * ratio));
			});
			context.stroke();
		}
		this.label();
	}

	label() {
		const items = [...this.lines].map(([name, line], index) => {
			const item = document.createElement("li"), mark = document.createElement("i");

			mark.style.background = this.colour(index);
			item.append(mark, `${name} ${t("a_second", { n: number(line.at(-1)) })}`);
			return item;
		});

		this.legend.replaceChildren(...items);
	}
}
