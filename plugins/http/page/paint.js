// SPDX-License-Identifier: MIT
// Paints with a tap: registers with the board, sets cells, shows the cooldown.

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

export class Paint {
	constructor(page) {
		this.page = page; // /page.json
		this.status = document.getElementById("paint-status");
		this.progress = document.getElementById("cooldown");
		this.name = document.getElementById("name");
		this.secret = document.getElementById("secret");
		this.colour = page.palette.length - 1;
		this.id = localStorage.getItem("murald-id");
		this.name.value = localStorage.getItem("murald-name") || "";
		this.secret.value = localStorage.getItem("murald-secret") || (page.secret ? "" : random_secret());
		document.getElementById("secret-label").hidden = !page.secret;
		document.getElementById("visitor").addEventListener("submit", event => event.preventDefault());
		for (const input of [this.name, this.secret])
			input.addEventListener("change", () => { this.id = null; });
		this.show_palette();
		document.getElementById("paint").hidden = false;
	}

	show_palette() {
		const palette = document.getElementById("palette");

		this.page.palette.forEach((colour, index) => {
			const label = document.createElement("label");
			const input = document.createElement("input");

			Object.assign(input, { type: "radio", name: "colour", value: index, checked: index === this.colour });
			input.style.background = colour;
			input.setAttribute("aria-label", colour);
			input.addEventListener("change", () => { this.colour = index; });
			label.append(input);
			palette.append(label);
		});
	}

	say(text) {
		this.status.textContent = text;
	}

	async ask(method, path, body) {
		const answer = await fetch(path, {
			method,
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
		});

		return { status: answer.status, ...await answer.json().catch(() => ({})) };
	}

	async register() {
		let name = this.name.value.trim();

		if (!name) {
			name = `visitor-${Math.random().toString(36).slice(2, 8)}`;
			this.name.value = name;
		}
		const answer = await this.ask("PUT", "/register-pg",
			{ name, author: "web page", secret: this.secret.value });

		if (answer.status !== 200)
			throw new Error(answer.error || "the board does not accept registrations now");
		this.id = answer.id;
		localStorage.setItem("murald-id", answer.id);
		localStorage.setItem("murald-name", name);
		localStorage.setItem("murald-secret", this.secret.value);
	}

	async paint(at, again = true) {
		const cell = cell_of(this.page, at);

		if (!cell) {
			this.say("That pixel is not on the board; use one of the commands below.");
			return;
		}
		try {
			if (!this.id)
				await this.register();
			const answer = await this.ask("POST", "/changeByClick",
				{ id: this.id, row: cell.row, col: cell.column, color: this.colour });

			if (answer.status === 401 && again) {
				this.id = null; // the registration is gone
				await this.paint(at, false);
				return;
			}
			this.answer(answer);
		} catch (error) {
			this.say(error instanceof TypeError ? "The wall cannot be reached." : error.message);
		}
	}

	answer(answer) {
		if (answer.status === 200) {
			this.say(answer.currentlyDisabled ? "The board is switched off at the moment." : "Painted.");
			this.wait(answer.rate);
		} else if (answer.status === 429) {
			this.say("Too fast: please wait.");
			this.wait(answer.timeoutRemaining * 1000);
		} else {
			this.say(answer.error || `The board answered ${answer.status}.`);
		}
	}

	// Shows the time until the next pixel.
	wait(ms) {
		const from = performance.now();
		const show = () => {
			const part = ms > 0 ? (performance.now() - from) / ms : 1;

			this.progress.value = Math.min(part, 1);
			if (part < 1)
				requestAnimationFrame(show);
			else
				this.say("Tap a place on the wall.");
		};

		clearTimeout(this.timer);
		this.timer = setTimeout(show, 0);
	}
}
