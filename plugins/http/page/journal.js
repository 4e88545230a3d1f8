// SPDX-License-Identifier: MIT
// What this tab has done, and how it is taken back.

import { ask } from "./ask.js";
import { clock, words } from "./admin-words.js";

const KEY = "murald-admin-acts";
const ACTS_MAX = 100;

export class Journal {
	// `done` is called after something was taken back, `failed` with what went wrong.
	constructor(button, list, { done, failed }) {
		Object.assign(this, { button, list, done, failed });
		this.acts = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
		button.addEventListener("click", () => this.undo());
		this.show();
	}

	// `back`: the questions that take it back, [verb, arguments], one after the other.
	add(text, back = []) {
		this.acts.unshift({ at: Date.now(), text, back });
		this.acts.length = Math.min(this.acts.length, ACTS_MAX);
		this.show();
	}

	last() {
		return this.acts.find(act => act.back.length > 0);
	}

	show() {
		const last = this.last();

		this.button.textContent = last ? words.undo(last.text) : words.nothing_to_undo;
		this.button.disabled = !last || this.busy;
		this.list.replaceChildren(...this.acts.map(act => {
			const item = document.createElement("li"), time = document.createElement("time");

			time.textContent = clock(new Date(act.at));
			time.dateTime = new Date(act.at).toISOString();
			item.append(time, ` ${act.text}`);
			return item;
		}));
		sessionStorage.setItem(KEY, JSON.stringify(this.acts));
	}

	async undo() {
		const act = this.last();

		if (!act || this.busy)
			return;
		this.busy = true;
		try {
			for (const [verb, with_] of act.back)
				await ask(verb, with_);
			act.back = [];
			this.add(words.done.back(act.text));
			this.done(words.done.back(act.text));
		} catch (error) {
			if (error.error !== "unreachable" && error.error !== "token" && error.error !== "busy")
				act.back = []; // it never will be possible
			this.failed(error);
		}
		this.busy = false;
		this.show();
	}
}
