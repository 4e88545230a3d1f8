// SPDX-License-Identifier: MIT
// A visitor's own picture: laid over the wall, and painted.  Loaded when there is one.

import { choice, make } from "./dom.js";
import { is_pixel_art, make_cells, missing } from "./picture-cells.js";
import { read_picture, Refused } from "./picture-file.js";
import { Job } from "./picture-job.js";
import { Laid } from "./picture-laid.js";
import { BoardWay, Flut, P2 } from "./picture-ways.js";
import { has, w } from "./picture-words.js";
import { number } from "./words.js";

// What is compared and drawn again and again is so at most as often as that.
const CALM_MS = 250;

const element = id => document.getElementById(id);

function time_text(seconds) {
	return seconds < 100 ? w("seconds", { n: number(Math.ceil(seconds)) }) : w("minutes", { n: number(Math.ceil(seconds / 60)) });
}

function board_text({ rate }) {
	if (rate === Infinity)
		return w("board_fast");
	return rate >= 1 ? w("board", { n: number(Math.round(rate)) }) : w("board_slow", { n: number(Math.round(1 / rate)) });
}

// Those that this visitor has, the fastest first.
async function find_ways({ board, strip, sockets }) {
	const page = await (await fetch("/page.json")).json(), settings = await (await fetch("/settings")).json();
	const boards = board ? [new BoardWay(page, board, strip.cooldown, settings.pixel_rate)] : [];

	const open = sockets.filter(({ login }) => !login), closed = sockets.filter(({ login }) => login);

	return [...open.map(instance => "origin" in instance ? [new P2(instance), w("p2")] : [new Flut(instance), w("flut")]),
		...boards.map(way => [way, board_text(way)]), ...closed.map(instance => [new P2(instance), w("p2_login")])];
}

export class Sheet {
	// `page` has the page's view, live, board, strip and sockets; `over` is called when it is closed.
	constructor(page, over) {
		Object.assign(this, { page, over, how: "fine" });
		this.size = make("input", { type: "range", min: 1, oninput: () => this.laid.scale(Number(this.size.value)) });
		this.opacity = make("input", { type: "range", min: 20, max: 100, value: 75, oninput: () => this.dim() });
		this.only = make("input", { type: "checkbox", checked: true });
		this.name = make("input", { type: "text", autocomplete: "username", autocapitalize: "off", spellcheck: false, maxLength: 63 });
		this.code = make("input", { type: "text", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 8 });
		this.bar = make("progress", { max: 1, value: 0 });
		this.bar.setAttribute("aria-label", w("title"));
		this.said = make("p");
		this.said.setAttribute("role", "status");
		this.go = make("button", { className: "go", onclick: () => this.press() });
		this.cancel = make("button", { onclick: () => this.close() });
		this.fields = make("div", { className: "fields" },
			make("label", {}, w("size"), this.size), make("label", {}, w("opacity"), this.opacity));
		this.logins = [[w("name"), this.name], [w("code"), this.code]].map(([text, input]) =>
			make("label", { hidden: true }, text, input));
		this.root = make("section", { id: "sheet" },
			make("link", { rel: "stylesheet", href: "/static/picture.css" }),
			make("h2", { id: "sheet-title", textContent: w("title") }), this.fields,
			make("label", { className: "check" }, this.only, w("only")), this.bar, this.said,
			make("div", { className: "bar" }, this.go, this.cancel));
		this.root.setAttribute("aria-labelledby", "sheet-title");
		this.root.addEventListener("keydown", ({ key, target }) => {
			if (key === "Escape")
				this.close();
			else if (key === "Enter" && target.type === "text")
				this.press();
		});
		this.root.sheet = this; // for who looks from outside, such as the tests
		element("paint").after(this.root);
		document.body.classList.add("laying");
		new ResizeObserver(() => over.sized()).observe(this.root);
		this.tell_states();
	}

	tell(text) {
		if (this.said.textContent !== text) // readers speak each change
			this.said.textContent = text;
	}

	tell_states() {
		const is_running = Boolean(this.job && !this.job.is_over);

		this.go.textContent = w(!is_running ? "begin" : this.job.is_paused ? "go_on" : "pause");
		this.go.setAttribute("aria-disabled", !this.laid);
		this.cancel.textContent = w(is_running ? "cancel" : "close");
		for (const input of this.fields.querySelectorAll("input, select"))
			input.disabled = input !== this.opacity && (is_running || !this.laid);
		this.only.disabled = is_running;
		if (this.laid)
			this.laid.is_fixed = is_running;
	}

	// Takes another file; says so if it is no picture that can be taken.
	async take(file) {
		const { view, live } = this.page;

		this.stop();
		this.tell(w("loading"));
		try {
			const source = await read_picture(file, Math.max(view.wall.width, view.wall.height));

			this.ways ||= await find_ways(this.page);
			if (!this.root.isConnected)
				return;
			Object.assign(this, { source, is_art: is_pixel_art(source) });
		} catch (error) {
			this.refuse(error);
			return;
		}
		if (!this.laid)
			this.begin();
		this.how = this.hows.value = this.is_art ? "plain" : "fine";
		this.use(this.way);
		this.tell_states();
		this.look();
		live.look(...this.rows(view.rows()));
		this.go.focus();
	}

	// A word of its own, or the server's.
	refuse(error) {
		const word = error instanceof Refused && has(error.message) ? w(error.message)
			: error instanceof TypeError ? w("lost") : error.message;

		this.stop();
		this.tell(word);
	}

	begin() {
		const names = ["fine", "pattern", "plain"].map(name => [name, w(name)]);
		const hows = choice(w("colours"), names, how => {
			this.how = how;
			this.redo();
		});
		const ways = choice(w("way"), this.ways.map(([, text], i) => [i, text]), i => this.use(this.ways[i][0]));

		this.hows = hows.querySelector("select");
		this.fields.append(hows, ways, ...this.logins);
		this.laid = new Laid(element("viewport"), this.page.view, () => this.redo());
		this.way = this.ways[0][0];
		this.dim();
	}

	use(way) {
		this.way = way;
		this.hows.parentNode.hidden = !way.palette;
		for (const label of this.logins)
			label.hidden = !way.needs_login;
		this.laid.on(way.grid, this.source);
		this.size.max = this.laid.most;
		this.redo();
	}

	dim() {
		if (this.laid)
			this.laid.canvas.style.opacity = this.opacity.value / 100;
	}

	// The view goes to where the picture is.
	look() {
		const { view } = this.page, { laid } = this, { x, y } = laid.middle(), { cell } = laid.grid;

		view.look(x, y, Math.min(view.width / (laid.columns * cell), view.height / (laid.rows * cell)) * 0.75);
	}

	// After it was moved or scaled: at once where it is, and when there is time, what differs.
	redo() {
		const { view, live } = this.page;

		this.size.value = this.laid.columns;
		this.laid.place();
		live.look(...this.rows(view.rows()));
		this.asked ||= requestAnimationFrame(() => {
			this.asked = 0;
			this.make();
		});
	}

	make() {
		const { laid, way, source } = this, key = [laid.columns, laid.rows, this.how, way.palette, way.is_coarse, source.width].join();

		if (!this.root.isConnected)
			return;
		if (this.made !== key || this.made_of !== source)
			this.cells = make_cells(source, laid.columns, laid.rows, way.palette, this.how, this.is_art, way.is_coarse);
		Object.assign(this, { made: key, made_of: source });
		laid.draw(this.cells.words);
		this.count();
	}

	missing() {
		return missing(this.cells, this.way.grid, this.laid.column, this.laid.row, this.page.live.image);
	}

	// What is to be done, and how long it takes.
	count() {
		clearTimeout(this.counting);
		this.counting = setTimeout(() => {
			const n = this.missing().length, seconds = n / this.way.rate;

			this.tell(w(seconds > 1 ? "hint_time" : "hint", { n: number(n), t: time_text(seconds) }));
		}, CALM_MS);
	}

	// ---- what the page tells

	view_changed() {
		this.laid?.place();
	}

	// The rows of the wall that are needed: those that are seen, and the picture's.
	rows([top, end]) {
		const { laid } = this, { wall } = this.page.view;

		if (!laid)
			return [top, end];
		const first = laid.grid.top + laid.row * laid.grid.cell, last = first + laid.rows * laid.grid.cell;
		return [Math.max(0, Math.min(top, first)), Math.min(wall.height, Math.max(end, last))];
	}

	// A tap on the wall.
	tap(at) {
		if (!this.laid || this.laid.is_fixed)
			return;
		this.laid.put(at);
		this.redo();
	}

	key(event) {
		if (event.key === "Escape")
			this.close();
		return event.key === "Escape" || Boolean(this.laid?.key(event));
	}

	// ---- painting

	press() {
		if (!this.laid)
			return;
		if (this.job && !this.job.is_over)
			this.job.pause(!this.job.is_paused);
		else if (!this.way.needs_login || this.take_login())
			this.run();
		this.tell_states();
	}

	// Whether there is what the way asks for; if not, it is asked for in words.
	take_login() {
		const name = this.name.value.trim(), code = this.code.value.replaceAll(" ", "");
		const missing = !name ? this.name : /^\d{1,8}$/.test(code) ? null : this.code;

		Object.assign(this.way, { name, code });
		if (missing) {
			clearTimeout(this.counting); // it would say something else
			this.tell(w("no_login"));
			missing.focus();
		}
		return !missing;
	}

	async run() {
		const { way, cells, laid, page } = this;
		const job = this.job = new Job(way, { cells, column: laid.column, row: laid.row, image: () => page.live.image,
			only: this.only.checked }, () => this.progress(job));

		clearTimeout(this.counting);
		this.watching = setInterval(() => this.uncover(), CALM_MS);
		try {
			await job.run();
		} catch (error) {
			if (this.job === job) {
				this.refuse(error);
				if (error.message === "login")
					this.code.select();
			}
			return;
		}
		if (this.job !== job)
			return; // it was cancelled
		this.stop();
		this.bar.value = 1;
		this.tell(job.left ? w("rest", { n: number(job.left) }) : w("done"));
	}

	progress(job) {
		const { done, wanted } = job, seconds = (wanted - done) / this.way.rate;
		const values = { n: number(done), m: number(wanted), t: time_text(seconds) };

		this.bar.value = done / wanted;
		this.tell(w(job.is_paused ? "paused" : seconds > 1 ? "progress" : "progress_fast", values));
	}

	// What is right already is not covered, so that one sees what is missing.
	uncover() {
		const shown = new Uint32Array(this.cells.words.length);

		for (const i of this.missing())
			shown[i] = this.cells.words[i];
		this.laid.draw(shown);
	}

	stop() {
		clearInterval(this.watching);
		clearTimeout(this.counting);
		this.job?.cancel();
		this.job = null;
		this.tell_states();
		if (this.cells && this.laid)
			this.uncover();
	}

	close() {
		this.stop();
		this.laid?.remove();
		this.root.remove();
		document.body.classList.remove("laying");
		this.over.closed();
	}
}
