// SPDX-License-Identifier: MIT
// Draws pixels per second over the last minutes, a line for each plugin: by powers of ten, for a
// ping is to be seen beside a flood.

import { number, t } from "./words.js";

const SECONDS = 300;

// Lines differ by dashes, too, for who does not see the colours.
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

// What the scale has at least, and how much room its words take.
const DECADES_LEAST = 2, ROOM = 18;
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

	// From 0, at the bottom, to 1.
	height_of(rate, decades) {
		return Math.log10(Math.max(rate, 1)) / decades;
	}

	// A line and its number for each power of ten, and from when to when.
	draw_scale(context, width, height, decades, ratio) {
		context.globalAlpha = 0.25;
		for (let decade = 1; decade <= decades; decade++)
			context.fillRect(0, height * (1 - decade / decades) + ROOM * ratio / 2, width, ratio);
		context.globalAlpha = 1;
		for (let decade = 1; decade <= decades; decade++)
			context.fillText(number(10 ** decade), 2 * ratio, height * (1 - decade / decades) + ROOM * ratio / 2 + 13 * ratio);
		context.fillText(t("minutes_ago", { n: number(SECONDS / 60) }), 2 * ratio, height + ROOM * ratio - 3 * ratio);
		context.textAlign = "right";
		context.fillText(t("now"), width - 2 * ratio, height + ROOM * ratio - 3 * ratio);
		context.textAlign = "left";
	}

	draw() {
		const { canvas } = this, context = canvas.getContext("2d");
		const ratio = devicePixelRatio || 1;
		const width = canvas.width = canvas.clientWidth * ratio;
		const height = (canvas.height = canvas.clientHeight * ratio) - ROOM * ratio;
		const style = getComputedStyle(document.body);
		const most = Math.max(...[...this.lines.values()].map(line => Math.max(...line)));
		const decades = Math.max(DECADES_LEAST, Math.ceil(Math.log10(Math.max(most, 1))));
		let index = 0;

		context.font = `${12 * ratio}px system-ui, sans-serif`;
		context.fillStyle = style.color;
		this.draw_scale(context, width, height, decades, ratio);
		for (const line of this.lines.values()) {
			context.strokeStyle = this.colour(index);
			context.setLineDash(DASHES[index++ % DASHES.length].map(part => part * ratio));
			context.lineWidth = 2 * ratio;
			context.beginPath();
			line.forEach((rate, i) => {
				const x = width - (line.length - 1 - i) * width / (SECONDS - 1);

				context.lineTo(x, height * (1 - this.height_of(rate, decades)) + ROOM * ratio / 2);
			});
			context.stroke();
		}
		this.label();
	}

	label() {
		const lines = [...this.lines].map(([name, line], index) => ({ name, rate: line.at(-1), index }));
		const items = lines.sort((one, other) => other.rate - one.rate).map(({ name, rate, index }) => {
			const item = document.createElement("li"), mark = document.createElement("i");

			mark.style.background = this.colour(index);
			item.append(mark, `${name} ${t("a_second", { n: number(rate) })}`);
			return item;
		});

		this.legend.replaceChildren(...items);
	}
}
