// SPDX-License-Identifier: MIT
// The place that the visitor sees, in the address (#x,y,z) and to share; and the full screen.

import { t } from "./words.js";

const REMEMBER_MS = 300;

const element = id => document.getElementById(id);

// Copies a text, or marks it where a page may not; returns whether it was copied.
export async function copy(text, node) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// without https there is no clipboard
		const range = document.createRange();

		range.selectNodeContents(node);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		return document.execCommand("copy");
	}
}

export class Place {
	constructor(view, strip_tell) {
		this.view = view;
		this.tell = strip_tell;
		addEventListener("hashchange", () => this.go());
		element("share").addEventListener("click", () => this.share());
		element("full").addEventListener("click", () => this.full());
		element("full").hidden = !document.fullscreenEnabled; // a telephone may have none
	}

	// Where the address says.
	go() {
		const [, x, y, z] = location.hash.match(/^#(\d{1,5}),(\d{1,5}),(\d{1,3}(?:\.\d+)?)$/) || [];

		if (x !== undefined)
			this.view.look(Math.min(x, this.view.wall.width), Math.min(y, this.view.wall.height), Number(z));
	}

	// A moment after the last move; all of the wall is no place.
	remember() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.write(), REMEMBER_MS);
	}

	write() {
		const { x, y } = this.view.middle(), all = location.pathname + location.search;

		clearTimeout(this.timer);
		history.replaceState(history.state, "", this.view.fitted ? all
			: `${all}#${Math.round(Math.max(x, 0))},${Math.round(Math.max(y, 0))},${+this.view.z.toFixed(2)}`);
	}

	async share() {
		const node = document.createElement("span");

		this.write();
		node.textContent = location.href;
		if (navigator.share) {
			await navigator.share({ title: document.title, url: location.href }).catch(() => {});
			return;
		}
		this.tell(t("copy_it"), false, null, node);
		if (await copy(location.href, node))
			this.tell(t("shared"));
	}

	full() {
		if (document.fullscreenElement)
			document.exitFullscreen();
		else
			document.documentElement.requestFullscreen?.();
	}
}
