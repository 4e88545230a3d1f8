// SPDX-License-Identifier: MIT
// Draws pixels per second over the last hour, a line for each plugin: by powers of ten, for a
// ping is to be seen beside a flood.  The past is the server's; the visitor's own is added to it.

import { number, t } from "./words.js";

// A step is so many seconds.
const STEP_S = 10, STEPS = 360;

// Minutes ago that are named below the graph; the last is now.
const TICKS = [60, 45, 30, 15, 0];

// Lines differ by dashes, too, for who does not see the colours.
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

const SVG = "http://www.w3.org/2000/svg";

// What the scale has at least, and how high its words are: half of it is left above, and one and a half below.
const DECADES_LEAST = 2, ROOM = 18;
const COLOURS = ["#4da3ff", "#ff8f3f", "#3fbf6f", "#c77dff", "#e0b000", "#ff6f91", "#2bc4c4", "#9a9a9a"];

export class Graph {
	constructor(canvas, legend) {
		this.canvas = canvas;
		this.legend = legend;
		canvas.setAttribute("aria-label", t("graph"));
		this.lines = new Map(); // from name to {rates: oldest first, sum and n of this step, now}
		new ResizeObserver(() => this.draw()).observe(canvas);
	}

	line(name) {
		if (!this.lines.has(name))
			this.lines.set(name, { rates: [], sum: 0, n: 0, now: 0 });
		return this.lines.get(name);
	}

	// Takes what /figures.json says.
	begin({ ways }) {
		for (const { name, pixels_per_second } of ways)
			this.line(name).rates = pixels_per_second;
		this.draw();
	}

	colour(index) {
		return COLOURS[index % COLOURS.length];
	}

	// Takes a {type: "figures"} message.
	add(figures) {
		for (const { name, pixels_per_second } of figures.plugins) {
			const line = this.line(name);

			line.now = pixels_per_second;
			line.sum += pixels_per_second;
			if (++line.n < STEP_S)
				continue;
			line.rates = [...line.rates, line.sum / STEP_S].slice(-STEPS);
			line.sum = line.n = 0;
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
		for (const minutes of TICKS.slice(1, -1))
			context.fillRect(width * (1 - minutes / TICKS[0]), ROOM * ratio / 2, ratio, height);
		context.globalAlpha = 1;
		for (let decade = 1; decade <= decades; decade++)
			context.fillText(number(10 ** decade), 2 * ratio, height * (1 - decade / decades) + ROOM * ratio / 2 + 13 * ratio);
		for (const minutes of TICKS) {
			context.textAlign = !minutes ? "right" : minutes === TICKS[0] ? "left" : "center";
			context.fillText(minutes ? t("minutes_ago", { n: minutes }) : t("now"),
				width * (1 - minutes / TICKS[0]), height + (1.5 * ROOM - 4) * ratio);
		}
		context.textAlign = "left";
	}

	draw() {
		const { canvas } = this, context = canvas.getContext("2d");
		const ratio = devicePixelRatio || 1;
		const width = canvas.width = canvas.clientWidth * ratio;
		const height = (canvas.height = canvas.clientHeight * ratio) - 1.5 * ROOM * ratio;
		const style = getComputedStyle(document.body);
		const lines = [...this.lines.values()].map(({ rates, now }) => [...rates, now]);
		const most = lines.flat().reduce((one, other) => Math.max(one, other), 1);
		const decades = Math.max(DECADES_LEAST, Math.ceil(Math.log10(most)));

		context.font = `${12 * ratio}px system-ui, sans-serif`;
		context.fillStyle = style.color;
		this.draw_scale(context, width, height, decades, ratio);
		lines.forEach((line, index) => {
			context.strokeStyle = this.colour(index);
			context.setLineDash(DASHES[index % DASHES.length].map(part => part * ratio));
			context.lineWidth = 2 * ratio;
			context.beginPath();
			line.forEach((rate, i) => context.lineTo(width - (line.length - 1 - i) * width / STEPS,
				height * (1 - this.height_of(rate, decades)) + ROOM * ratio / 2));
			context.stroke();
		});
		this.label();
	}

	// A piece of a line, as it is drawn.
	mark(index) {
		const svg = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "path");

		svg.setAttribute("viewBox", "0 0 26 10");
		svg.setAttribute("aria-hidden", "true");
		line.setAttribute("d", "M0 5h26");
		line.style.cssText = `stroke: ${this.colour(index)}; stroke-dasharray: ${DASHES[index % DASHES.length]}`;
		svg.append(line);
		return svg;
	}

	label() {
		const lines = [...this.lines].map(([name, { now }], index) => ({ name, rate: now, index }));
		const items = lines.sort((one, other) => other.rate - one.rate).map(({ name, rate, index }) => {
			const item = document.createElement("li");

			item.append(this.mark(index), `${name} ${t("a_second", { n: number(rate) })}`);
			return item;
		});

		this.legend.replaceChildren(...items);
	}
}
