// SPDX-License-Identifier: MIT
// What all operators did, wherever they sit, as the wall's log has it.

import { clock, words } from "./admin-words.js";
import { ask } from "./ask.js";

const make = (name, textContent) => Object.assign(document.createElement(name), { textContent });

// Which piece of a picture it was is of no interest.
const PIECE = ["offset", "part"];

function words_of(args) {
	return Object.entries(args).filter(([name]) => !PIECE.includes(name)).map(([name, value]) => typeof value === "string" ? value : `${name}=${value}`);
}

export class Operators {
	constructor(list) {
		Object.assign(this, { list, shown: null });
	}

	// `acts`: how many there were, as the wall's status says.
	async show({ acts }) {
		if (acts === this.shown)
			return;
		this.shown = acts;
		this.list.replaceChildren(...(await ask("acts")).acts.reverse().map(act => this.item(act)));
	}

	item({ at, who, verb, args, outcome }) {
		const item = make("li", ""), time = make("time", clock(new Date(at)));

		time.dateTime = at;
		item.append(time, ` ${who}: `, make("code", [verb, ...words_of(args)].join(" ")),
			outcome === "done" ? "" : ` (${words.outcomes[outcome] ?? outcome})`);
		return item;
	}
}
