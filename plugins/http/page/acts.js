// SPDX-License-Identifier: MIT
// What can be done with the chosen part: each act is shown on the wall, and in words, before
// it is done.

import { clock, words } from "./admin-words.js";
import { ask } from "./ask.js";
import { overlap, parse_part, part_text } from "./marquee.js";
import { count_pixels, Picture } from "./pictures.js";

// Below the slider of what is restored.
const BARS = 60;

const element = id => document.getElementById(id);
const make = (name, values = {}) => Object.assign(document.createElement(name), values);

function labelled(text, input) {
	const label = make("label");

	label.append(text, input);
	return label;
}

// The questions that close again what was closed in a part: closing and opening are to be
// taken back exactly.
function close_again(verb, rects, part) {
	return rects.filter(rect => !part || overlap(parse_part(rect), part)).map(rect => [verb, { rect }]);
}

export class Acts {
	// `page` has: marquee, live, status(), sources(), has(verb, argument), did(text, back),
	// failed(error).
	constructor(page) {
		this.page = page;
		this.chosen = null;
		this.forms = {
			restore: () => this.restore_form(),
			clear: () => this.clear_form(),
			paint: () => this.paint_form(),
			freeze: () => this.close_form("freeze", "thaw"),
			protect: () => this.close_form("protect", "unprotect"),
			undo: () => this.undo_form(),
		};
		this.colour = "#000000";
		this.picture = new Picture(page, () => this.show());
		element("do").addEventListener("click", () => this.run());
		element("cancel").addEventListener("click", () => this.cancel());
		element("tabs").addEventListener("keydown", event => this.walk(event));
	}

	// The tabs of what this wall can.
	show_tabs() {
		const can = {
			restore: this.page.has("restore"),
			clear: this.page.has("clear"),
			paint: this.page.has("paint"),
			freeze: this.page.has("freeze"),
			protect: this.page.has("protect"),
			undo: this.page.has("undo", "source"),
		};

		element("tabs").replaceChildren(...Object.keys(can).filter(name => can[name]).map(name => {
			const tab = make("button", { type: "button", id: `act-${name}`, textContent: words.acts[name] });

			tab.setAttribute("role", "tab");
			tab.setAttribute("aria-controls", "panel");
			tab.addEventListener("click", () => this.choose(name));
			return tab;
		}));
		this.mark_tab();
	}

	mark_tab() {
		const tabs = [...element("tabs").children];
		const chosen = tabs.find(tab => tab.id === `act-${this.chosen}`);

		for (const tab of tabs) {
			tab.setAttribute("aria-selected", tab === chosen);
			tab.tabIndex = tab === (chosen ?? tabs[0]) ? 0 : -1;
		}
	}

	walk(event) {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		const tabs = [...element("tabs").children];
		const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];

		if (!next)
			return;
		event.preventDefault();
		next.focus();
		next.click();
	}

	// Shows an act's form; `values` fill it.
	choose(name, values = {}) {
		this.chosen = name;
		this.values = values;
		this.act = this.forms[name]();
		this.mark_tab();
		element("do").textContent = words.acts[name];
		element("panel").hidden = false;
		this.show();
	}

	cancel() {
		if (!this.chosen)
			return;
		this.chosen = this.act = null;
		clearTimeout(this.wait);
		element("panel").hidden = element("preview").hidden = true;
		element("shade").removeAttribute("class");
		this.mark_tab();
	}

	// What would be done, after the part or the wall has changed.
	show() {
		element("preview").hidden = true;
		if (!this.act)
			return;
		element("shade").className = this.chosen;
		this.act.show(this.page.marquee.part);
	}

	tell(text, possible = true) {
		if (element("effect").textContent !== text)
			element("effect").textContent = text;
		element("do").disabled = !possible;
	}

	// The part in words, and as arguments.
	name() {
		return this.page.marquee.is_whole() ? words.whole : part_text(this.page.marquee.part);
	}

	rect() {
		return { rect: part_text(this.page.marquee.part) };
	}

	async run() {
		const act = this.act;

		element("do").disabled = true;
		try {
			const { text, back } = await act.run();

			this.cancel();
			this.page.did(text, back);
		} catch (error) {
			element("do").disabled = false;
			this.page.failed(error);
		}
	}

	// Draws over the part: paint(context, part) in the wall's pixels.
	preview(paint) {
		const canvas = element("preview"), part = this.page.marquee.part;

		canvas.width = part.width;
		canvas.height = part.height;
		paint(canvas.getContext("2d"), part);
		canvas.hidden = false;
		return canvas.getContext("2d").getImageData(0, 0, part.width, part.height);
	}

	// How many pixels of the part differ from those of a picture of it.
	changes(picture, part) {
		const now = this.page.live.image;
		const wanted = new Uint32Array(picture.data.buffer);
		const words_now = new Uint32Array(now.data.buffer);
		let n = 0;

		for (let y = 0; y < part.height; y++) {
			const from = (part.y + y) * now.width + part.x;

			for (let x = 0; x < part.width; x++)
				n += words_now[from + x] !== wanted[y * part.width + x];
		}
		return n;
	}

	// ---- clear

	clear_form() {
		const input = make("input", { id: "clear-colour", type: "color", value: this.colour });

		input.addEventListener("input", () => {
			this.colour = input.value;
			this.show();
		});
		element("details").replaceChildren(labelled(words.cleared_to, input));
		return { show: part => this.show_clear(part), run: () => this.clear() };
	}

	show_clear(part) {
		const picture = this.preview(context => {
			context.fillStyle = this.colour;
			context.fillRect(0, 0, part.width, part.height);
		});

		this.tell(words.clear_effect(this.name(), this.changes(picture, part), part.width * part.height));
	}

	async clear() {
		const name = this.name();
		const is = await ask("clear", { ...this.rect(), colour: this.colour });

		return { text: words.done.clear(name, this.colour, is.pixels), back: [["undo", { number: is.number }]] };
	}

	// ---- paint

	paint_form() {
		element("details").replaceChildren(this.picture.field(words.picture));
		return { show: () => this.show_paint(), run: () => this.paint() };
	}

	// What was dropped on the wall.
	drop(file) {
		this.choose("paint");
		this.picture.open(file);
	}

	preview_picture() {
		return count_pixels(this.preview((context, part) => this.picture.draw(context, part)));
	}

	show_paint() {
		if (this.picture.bitmap)
			this.tell(words.paint_effect(this.name(), this.preview_picture().visible));
		else
			this.tell(words.which_picture, false);
	}

	async paint() {
		const name = this.name();
		const is = await this.picture.send("paint", element("preview"), this.page.marquee.part);

		return { text: words.done.paint(name, is.pixels), back: [["undo", { number: is.number }]] };
	}

	// ---- freeze and protect

	close_form(verb, opposite) {
		const details = [make("p", { id: "closed", className: "row" })];

		this.picture.bitmap = null;
		if (this.page.has(verb, "png"))
			details.push(this.picture.field(words.only_opaque));
		element("details").replaceChildren(...details);
		return {
			show: () => {
				this.tell(this.picture.bitmap
					? words.protect_picture_effect(this.name(), this.preview_picture().opaque)
					: words[`${verb}_effect`](this.name()));
				element("shade").classList.toggle("by-picture", Boolean(this.picture.bitmap));
				this.show_closed(opposite);
			},
			run: () => this.close(verb, opposite),
		};
	}

	// Buttons that open what is closed now.
	async show_closed(opposite) {
		const rects = await this.closed(opposite === "thaw" ? "freeze" : "protect").catch(() => []);
		const list = element("closed");

		if (!list || list.textContent === rects.map(rect => words[opposite](rect)).join(""))
			return;
		list.replaceChildren(...rects.map(rect => {
			const button = make("button", { type: "button", textContent: words[opposite](rect) });

			button.addEventListener("click", () => this.open(opposite, rect).catch(this.page.failed));
			return button;
		}));
	}

	async closed(verb) {
		const rects = verb === "freeze" ? (await ask("status")).frozen : (await ask("protected")).protected;

		return rects.map(({ rect }) => rect);
	}

	async close(verb, opposite) {
		const part = this.page.marquee.part, name = this.name();
		const back = [[opposite, this.rect()], ...close_again(verb, await this.closed(verb), part)];

		if (this.picture.bitmap)
			await this.picture.send(verb, element("preview"), part);
		else
			await ask(verb, this.rect());
		return { text: words.done[verb](name), back };
	}

	// Opens a part; without one all that is frozen.
	async open(opposite, rect) {
		const verb = opposite === "thaw" ? "freeze" : "protect";
		const back = close_again(verb, await this.closed(verb), rect && parse_part(rect));

		await ask(opposite, rect ? { rect } : {});
		this.page.did(words.done[opposite](rect ?? words.whole), back);
		this.show();
	}

	async freeze_all() {
		const back = [["thaw", {}], ...close_again("freeze", await this.closed("freeze"))];

		await ask("freeze");
		this.page.did(words.done.freeze(words.whole), back);
	}

	// ---- restore

	restore_form() {
		const slider = make("input", { id: "moment", type: "range", min: 0, max: 0, step: 1, disabled: true });
		const bars = make("div", { id: "bars" });

		bars.setAttribute("aria-hidden", "true");
		element("details").replaceChildren(labelled(words.restored_to, slider), bars, make("output", { id: "moment-time" }));
		this.tell(words.restore_waits, false);
		this.past = null;
		slider.addEventListener("input", () => this.look_back());
		this.find_record(slider).catch(this.page.failed);
		return { show: part => this.show_restore(part), run: () => this.restore() };
	}

	async find_record(slider) {
		const answer = await fetch(`/history?bars=${BARS}`);
		const record = answer.ok ? await answer.json() : {};

		if (!slider.isConnected)
			return;
		if (!record.moments) {
			this.tell(words.nothing_recorded, false);
			return;
		}
		this.record_begin = Math.ceil(record.first);
		slider.max = Math.max(Math.floor(Date.now() / 1000) - this.record_begin, 0);
		slider.value = slider.max;
		slider.disabled = false;
		this.show_bars(record, Number(slider.max));
		this.look_back();
	}

	// How much was painted when, of the slider's seconds; little beside much is to be seen, too.
	show_bars({ first, last, bars }, seconds) {
		const most = Math.max(...bars, 1);

		element("bars").style.width = `${Math.min(100 * (last - first) / Math.max(seconds, 1), 100)}%`;
		element("bars").replaceChildren(...bars.map(bar => {
			const line = make("i");

			line.style.height = `${100 * Math.sqrt(bar / most)}%`;
			return line;
		}));
	}

	// Shows the time at once, and the picture when the slider rests.
	look_back() {
		const slider = element("moment");
		const time = new Date((this.record_begin + Number(slider.value)) * 1000);
		const text = `${clock(time)}, ${words.ago(Math.max(Math.round((Date.now() - time) / 1000), 0))}`;

		this.past = null;
		element("moment-time").textContent = text;
		slider.setAttribute("aria-valuetext", text);
		this.show();
		clearTimeout(this.wait);
		this.wait = setTimeout(() => this.fetch_past(time).catch(this.page.failed), 200);
	}

	async fetch_past(time) {
		const answer = await fetch(`/history?at=${time.getTime() / 1000}`);
		const picture = await createImageBitmap(await answer.blob());

		if (this.chosen !== "restore")
			return;
		this.past = { time, picture };
		this.show();
	}

	show_restore(part) {
		if (!this.past) {
			if (this.record_begin)
				this.tell(words.restore_waits, false);
			return;
		}
		const picture = this.preview(context => context.drawImage(this.past.picture, -part.x, -part.y));

		this.tell(words.restore_effect(this.name(), clock(this.past.time), this.changes(picture, part)));
	}

	async restore() {
		const name = this.name(), time = this.past.time;
		const is = await ask("restore", { ...this.rect(), at: time.toISOString() });

		return { text: words.done.restore(name, clock(time), is.pixels), back: [["undo", { number: is.number }]] };
	}

	// ---- undo a source

	undo_form() {
		const source = make("input", { id: "undo-source", value: this.values.source ?? "", autocomplete: "off" });
		const list = make("datalist", { id: "undo-sources" });
		const since = make("select", { id: "undo-since" });
		const row = make("div", { className: "row" });

		source.setAttribute("list", list.id);
		source.spellcheck = false;
		list.append(...this.page.sources().map(value => make("option", { value })));
		since.append(...Object.entries(words.sinces).map(([value, textContent]) => make("option", { value, textContent })));
		row.append(labelled(words.source, source), labelled(words.since, since));
		if (this.page.has("highlight"))
			row.append(this.highlight_button());
		element("details").replaceChildren(row, list);
		for (const input of [source, since])
			input.addEventListener("input", () => this.count());
		return { show: () => this.count(), run: () => this.undo() };
	}

	highlight_button() {
		const button = make("button", { type: "button", id: "highlight", textContent: words.show_source });

		button.addEventListener("click",
			() => ask("highlight", { source: element("undo-source").value.trim() }).catch(this.page.failed));
		return button;
	}

	undo_arguments() {
		const source = element("undo-source").value.trim(), since = element("undo-since").value;

		return { source, ...this.rect(), ...(since && { since }) };
	}

	// Asks how many pixels that would be, when nothing was typed for a moment.
	count() {
		const with_ = this.undo_arguments(), name = this.name();

		clearTimeout(this.wait);
		if (!with_.source) {
			this.tell(words.which_source, false);
			return;
		}
		this.wait = setTimeout(async () => {
			const { pixels, unknown } = await ask("undo", { ...with_, count: true })
				.catch(error => ({ pixels: error.message }));

			if (this.chosen !== "undo")
				return;
			if (typeof pixels === "string")
				this.tell(pixels, false);
			else
				this.tell(words.undo_effect(with_.source, name, pixels, unknown));
		}, 300);
	}

	async undo() {
		const with_ = this.undo_arguments(), name = this.name();
		const is = await ask("undo", with_);

		return { text: words.done.undo(with_.source, name, is.pixels), back: [["undo", { number: is.number }]] };
	}
}
