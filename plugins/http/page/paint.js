// SPDX-License-Identifier: MIT
// The pixel board as the page uses it: registers, sets cells, and knows when the next may be.

import { t } from "./words.js";

// The cell of a canvas pixel; null: outside the board.
export function cell_of({ left, top, cell, columns, rows }, at) {
	const column = Math.floor((at.x - left) / cell), row = Math.floor((at.y - top) / cell);

	return column >= 0 && row >= 0 && column < columns && row < rows ? { row, column } : null;
}

// A secret of this browser's own, where the board asks for none: whoever knows it, and the
// name, gets the same token.
function random_secret() {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)),
		byte => byte.toString(16).padStart(2, "0")).join("");
}

async function ask(method, path, body) {
	const answer = await fetch(path, {
		method,
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify(body),
		signal: AbortSignal.timeout?.(10000),
	});

	return { status: answer.status, ...await answer.json().catch(() => ({})) };
}

// When this browser may paint again: kept over a reload, the same in all tabs, and whatever
// name the visitor takes.
export class Cooldown {
	// `changed` is called whenever it has begun.
	constructor(changed) {
		this.read(localStorage.getItem("murald-ready"));
		addEventListener("storage", event => {
			if (event.key === "murald-ready") {
				this.read(event.newValue);
				changed();
			}
		});
		this.changed = changed;
	}

	read(text) {
		[this.ends = 0, this.ms = 0] = (text || "").split(" ").map(Number);
	}

	begin(ms) {
		localStorage.setItem("murald-ready", `${Date.now() + ms} ${ms}`);
		this.read(localStorage.getItem("murald-ready"));
		this.changed();
	}

	// Milliseconds that are left; a clock that was put back does not make it longer.
	left() {
		return Math.min(Math.max(this.ends - Date.now(), 0), this.ms);
	}

	// From 0, it has just begun, to 1.
	part() {
		return this.ms > 0 ? 1 - this.left() / this.ms : 1;
	}
}

export class Board {
	// `page` is /page.json; `name` and `secret` are inputs.
	constructor(page, name, secret) {
		Object.assign(this, { page, name, secret });
		this.id = localStorage.getItem("murald-id");
		name.value = localStorage.getItem("murald-name") || "";
		secret.value = localStorage.getItem("murald-secret") || (page.secret ? "" : random_secret());
		for (const input of [name, secret])
			input.addEventListener("change", () => { this.id = null; });
	}

	async register() {
		let name = this.name.value.trim();

		if (!name) {
			name = `visitor-${Math.random().toString(36).slice(2, 8)}`;
			this.name.value = name;
		}
		const answer = await ask("PUT", "/register-pg", { name, author: "web page", secret: this.secret.value });

		if (answer.status !== 200)
			throw new Error(answer.error || t("no_register"));
		this.id = answer.id;
		localStorage.setItem("murald-id", answer.id);
		localStorage.setItem("murald-name", name);
		localStorage.setItem("murald-secret", this.secret.value);
	}

	// What the board answers, with `status`.  Throws a TypeError if it does not.
	async set({ row, column }, colour, again = true) {
		if (!this.id)
			await this.register();
		const answer = await ask("POST", "/changeByClick", { id: this.id, row, col: column, color: colour });

		if (answer.status === 401 && again) {
			this.id = null; // the registration is gone
			return this.set({ row, column }, colour, false);
		}
		return answer;
	}
}
