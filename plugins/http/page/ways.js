// SPDX-License-Identifier: MIT
// The ways to paint: which are open, and a button for each that closes or opens it.

import { words } from "./admin-words.js";
import { ask } from "./ask.js";

// The page itself comes by such a plugin.
const OWN = "http";

const element = id => document.getElementById(id);
const make = (name, values = {}) => Object.assign(document.createElement(name), values);

export class Ways {
	// `page` has: did(text, back), failed(error).
	constructor(page) {
		this.page = page;
	}

	show({ plugins }) {
		const ways = plugins.filter(({ plugin }) => plugin !== OWN);
		const text = JSON.stringify(ways.map(({ name, open }) => [name, open]));

		if (text === this.shown) // else the button that has the focus would be lost
			return;
		this.shown = text;
		element("ways").replaceChildren(...ways.map(way => this.item(way)));
	}

	item({ name, open }) {
		const item = make("li");
		const button = make("button", { type: "button", textContent: open ? words.close_way : words.open_way });

		button.setAttribute("aria-label", open ? words.close_way_of(name) : words.open_way_of(name));
		button.addEventListener("click", () => this.turn(name, !open).catch(this.page.failed));
		item.append(`${name}: ${open ? words.way_open : words.way_closed} `, button);
		return item;
	}

	async turn(name, open) {
		const to = is_open => ["plugin", { name, switch: is_open ? "on" : "off" }];

		await ask(...to(open));
		this.page.did(open ? words.done.open_way(name) : words.done.close_way(name), [to(!open)]);
	}
}
