// SPDX-License-Identifier: MIT
// The strip of the painter: the palette, the colour picker, the button, and what became of it.

import { Cooldown } from "./paint.js";
import { colour_name, nearest, t } from "./words.js";

const element = id => document.getElementById(id);

// From a minute on, minutes and seconds.
function time_left(ms) {
	const seconds = Math.ceil(ms / 1000);

	return seconds < 60 ? t("seconds", { n: seconds })
		: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class Strip {
	// `on` has go(), choose(): the colour is another one, and says(): what the button is to say
	// when nobody waits, as {text, off}.
	constructor(palette, title, on) {
		Object.assign(this, { palette, title, on });
		this.index = palette.length - 1;
		this.cooldown = new Cooldown(() => this.show());
		this.inputs = palette.map((colour, index) => this.swatch(colour, index));
		element("palette").classList.toggle("many", palette.length > 16);
		element("go").addEventListener("click", () => on.go());
		element("pick").addEventListener("click", () => this.pick(!this.is_picking));
		element("paint").hidden = false;
		this.show();
	}

	swatch(colour, index) {
		const label = document.createElement("label"), input = document.createElement("input");
		const name = colour_name(colour);
		const is_alone = this.palette.every((other, i) => i === index || colour_name(other) !== name);

		Object.assign(input, { type: "radio", name: "colour", value: index, checked: index === this.index });
		input.style.background = colour;
		input.title = is_alone ? name : `${name} ${colour.slice(1)}`;
		input.setAttribute("aria-label", input.title);
		input.addEventListener("change", () => this.choose(index));
		label.append(input);
		if (index < 9) {
			const digit = document.createElement("span");

			digit.textContent = index + 1;
			digit.setAttribute("aria-hidden", "true");
			label.append(digit);
		}
		element("palette").append(label);
		return input;
	}

	get colour() {
		return this.palette[this.index];
	}

	choose(index) {
		this.index = (index + this.palette.length) % this.palette.length;
		this.inputs[this.index].checked = true;
		this.show_chosen();
		this.show();
		this.on.choose();
	}

	// A long palette scrolls: the chosen one comes to its middle.
	show_chosen() {
		const row = element("palette"), { offsetLeft, offsetTop } = this.inputs[this.index].parentNode;

		row.scrollLeft = offsetLeft - row.clientWidth / 2;
		row.scrollTop = offsetTop - row.clientHeight / 2;
	}

	pick(on) {
		this.is_picking = on;
		element("pick").setAttribute("aria-pressed", on);
	}

	// Takes the colour that is nearest to one of the wall.
	take(colour) {
		this.pick(false);
		this.choose(nearest(this.palette, colour));
		this.tell(t("taken", { c: colour_name(this.colour) }));
	}

	// The line below the button; `action` is {text, act}.
	tell(text, bad = false, action = null) {
		const line = element("told");

		line.classList.toggle("bad", bad);
		line.textContent = text;
		if (action) {
			const button = document.createElement("button");

			button.textContent = action.text;
			button.addEventListener("click", action.act);
			line.append(" ", button);
		}
	}

	is_waiting() {
		return this.cooldown.left() > 0;
	}

	wait(ms) {
		this.cooldown.begin(ms);
	}

	// Shows what the button does now; while one waits, again and again.
	show() {
		const left = this.cooldown.left(), says = this.on.says(), button = element("go");
		const off = left > 0 || Boolean(says.off);

		clearTimeout(this.timer);
		element("go-text").textContent = left > 0 ? t("wait", { s: time_left(left) }) : says.text;
		button.setAttribute("aria-disabled", off);
		button.style.setProperty("--part", left > 0 ? this.cooldown.part() : 0);
		if (left > 0) {
			this.waited = true;
			document.title = t("wait_title", { s: time_left(left), t: this.title });
			this.timer = setTimeout(() => this.show(), Math.min(left % 1000 || 1000, 250));
		} else if (this.waited) {
			this.waited = false;
			document.title = t("ready_title", { t: this.title });
			this.tell(t("ready"));
			navigator.vibrate?.(30);
		}
	}

	// The visitor is here: the tab needs not call any more.
	seen() {
		if (!this.is_waiting())
			document.title = this.title;
	}
}
