// SPDX-License-Identifier: MIT
// Starts the page: connects the live picture, the view, painting, hints and history.

import { Graph } from "./graph.js";
import { show_hints, show_states } from "./hints.js";
import { show_history } from "./history.js";
import { Live } from "./live.js";
import { show_notice } from "./notice.js";
import { cell_of, Paint } from "./paint.js";
import { View } from "./view.js";

const element = id => document.getElementById(id);
const page = await (await fetch("/page.json")).json();
const paint = page.click ? new Paint(page) : null;
const graph = new Graph(element("graph"), element("legend"));
let author_timer, shown_cell;

function tell(message) {
	const connection = element("connection");

	if (message.type === "wall") {
		connection.textContent = `live, ${message.width}×${message.height}`;
		connection.classList.remove("lost");
		element("viewport").style.aspectRatio = message.width / message.height;
		if (view.fitted)
			view.fit();
		if (!element("cards").childElementCount)
			show_hints({ x: Math.floor(message.width / 2), y: Math.floor(message.height / 2) }, "ff8000");
	} else if (message.type === "figures") {
		element("rate").textContent = message.pixels_per_second.toLocaleString();
		element("viewers").textContent = message.viewers.toLocaleString();
		graph.add(message);
		show_states(message);
		show_notice(message.notice);
	} else if (message.type === "lost") {
		connection.textContent = "connection lost, reconnecting …";
		connection.classList.add("lost");
	} else if (view.at) {
		tell_position(view.at);
	}
}

function tell_position(at) {
	element("position").textContent = `${at.x}, ${at.y} ${live.colour(at.x, at.y)}`;
}

// Shows who painted a cell of the board; fetched when the pointer rests.
function tell_author(at) {
	const cell = cell_of(page, at);
	const key = cell ? `${cell.column}/${cell.row}` : "";

	if (key === shown_cell)
		return;
	shown_cell = key;
	element("author").textContent = "";
	clearTimeout(author_timer);
	if (!cell)
		return;
	author_timer = setTimeout(async () => {
		const answer = await fetch(`/getPixelAuthor/${key}`).catch(() => null);

		if (!answer || !answer.ok || key !== shown_cell)
			return;
		const { author } = await answer.json();
		element("author").textContent = author ? `by ${author}` : "";
	}, 150);
}

const live = new Live(element("picture"), tell);
const view = new View(element("viewport"), element("picture"), element("cursor"), {
	tap(at) {
		const colour = paint ? page.palette[paint.colour].slice(1) : "ff8000";

		shown_cell = null;
		show_hints(at, colour.toLowerCase()).catch(() => {});
		if (paint)
			paint.paint(at).then(() => tell_author(at));
		else
			tell_author(at);
	},
	move(at) {
		tell_position(at);
		tell_author(at);
	},
});

view.cell = { size: page.cell, left: page.left, top: page.top };
element("zoom-in").addEventListener("click", () => view.zoom(1.5));
element("zoom-out").addEventListener("click", () => view.zoom(1 / 1.5));
element("zoom-fit").addEventListener("click", () => view.fit());
show_history();
