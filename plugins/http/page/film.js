// SPDX-License-Identifier: MIT
// The film of the wall: plays what was recorded, and saves it as a video.  Loaded when it is opened.

import { choice, make } from "./dom.js";
import { moment_text } from "./words.js";
import { Recorder } from "./film-recorder.js";
import { Reel } from "./film-reel.js";
import { w } from "./film-words.js";

const SPEEDS = [60, 300, 1200, 3600];

// How long a film takes by itself, with the nearest of these.
const WISHED_S = 30;

// Viewers who ask at about the same time shall ask for the same film.
const ROUND_S = 60;

// A pause of the wall is no longer than this in the film.
const PAUSE_S = 1;

// Pixels across of what is drawn, at least: the clock shall be legible.
const ACROSS_LEAST = 640;

// The bars of activity.
const BARS = 120, BARS_HIGH = 24;

class Film {
	constructor(record, view) {
		Object.assign(this, { record, view, at: 0, speed: SPEEDS[0], last_hour: false, part: "whole" });
		this.canvas = make("canvas", { width: 1, height: 1 });
		this.context = this.canvas.getContext("2d", { alpha: false });
		this.frame = document.createElement("canvas"); // the whole wall
		this.toggle = make("button", { onclick: () => this.play(!this.playing) });
		this.slider = make("input", { type: "range", step: "any",
			oninput: () => this.go(Number(this.slider.value)), onkeydown: event => this.key(event) });
		this.slider.setAttribute("aria-label", w("time"));
		this.bars = make("canvas", { className: "activity", width: BARS, height: BARS_HIGH });
		this.bars.setAttribute("aria-hidden", "true");
		this.said = make("p");
		this.said.setAttribute("role", "status");
		this.save = make("button", { onclick: () => this.record_video() });
		this.gif = make("a", { className: "button", download: "wall.gif", textContent: w("gif") });
		this.speeds = choice(w("speed"), SPEEDS.map(n => [n, w("times", { n })]), n => { this.speed = Number(n); });
		this.root = make("div", { id: "film" }, make("link", { rel: "stylesheet", href: "/static/film.css" }),
			this.canvas, make("div", { className: "bar" }, this.toggle,
				make("div", { className: "track" }, this.slider, this.bars)),
			make("div", { className: "bar" }, choice(w("span"), [["night", w("night")], ["hour", w("hour")]],
				span => this.load(span === "hour")), this.speeds,
			choice(w("part"), [["whole", w("whole")], ["screen", w("screen")]], part => this.cut(part)),
			this.save, this.gif), this.said);
		this.root.film = this; // for who looks from outside, such as the tests
		this.tell_states();
	}

	tell_states() {
		this.toggle.textContent = w(this.playing ? "pause" : "play");
		this.save.textContent = w(this.recorder ? "stop" : "save");
		this.save.hidden = !Recorder.is_possible;
	}

	async load(last_hour) {
		const to = Math.ceil(this.record.last / ROUND_S) * ROUND_S;
		const from = Math.max(last_hour ? to - 3600 : 0, Math.floor(this.record.first / ROUND_S) * ROUND_S);
		const query = `from=${from}&to=${to}`;

		this.play(false);
		this.recorder?.cancel(""); // of another film
		this.reel = null;
		this.query = query;
		this.offer_gif();
		this.said.textContent = w("loading");
		const load = this.loading = fetch(`/history?${query}`).then(answer => answer.ok ? answer.arrayBuffer() : null)
			.catch(() => null);
		const data = await load;
		if (load !== this.loading)
			return; // another one was asked for
		const reel = data && new Reel(data);
		this.said.textContent = !reel ? w("failed") : reel.moments.length ? "" : w("empty");
		if (reel?.moments.length)
			await this.begin(reel);
	}

	// Of the part that is shown.
	offer_gif() {
		const { box } = this, cut = this.part === "screen" && box;

		this.gif.href = `/timelapse?source=wall&${this.query}${cut
			? `&region=${box.width}x${box.height}+${box.x}+${box.y}` : ""}`;
	}

	// Under the slider, how much changed at each time.
	draw_activity() {
		const context = this.bars.getContext("2d"), heights = this.reel.activity(BARS);

		context.clearRect(0, 0, BARS, BARS_HIGH);
		context.fillStyle = getComputedStyle(this.root).getPropertyValue("--accent");
		heights.forEach((part, x) => context.fillRect(x, BARS_HIGH * (1 - part), 1, BARS_HIGH));
	}

	async begin(reel) {
		const first = reel.moments[0].time, last = reel.moments.at(-1).time;

		Object.assign(this.frame, { width: reel.width, height: reel.height });
		Object.assign(this.slider, { min: first, max: last });
		this.reel = reel;
		this.speed = SPEEDS.find(speed => speed * WISHED_S >= last - first) || SPEEDS.at(-1);
		this.speeds.querySelector("select").value = this.speed;
		this.cut(this.part);
		this.draw_activity();
		await this.go(first);
	}

	// What of the wall is shown.
	cut(part) {
		const { reel, view, canvas } = this;

		this.part = part;
		if (!reel)
			return;
		const all = { x: 0, y: 0, width: reel.width, height: reel.height };
		const left = Math.max(0, Math.floor(-view.left / view.z)), top = Math.max(0, Math.floor(-view.top / view.z));
		const seen = { x: left, y: top,
			width: Math.min(reel.width, Math.ceil((view.width - view.left) / view.z)) - left,
			height: Math.min(reel.height, Math.ceil((view.height - view.top) / view.z)) - top };
		this.box = part === "screen" && seen.width > 0 && seen.height > 0 ? seen : all;
		const scale = Math.ceil(ACROSS_LEAST / this.box.width);
		Object.assign(canvas, { width: this.box.width * scale, height: this.box.height * scale });
		this.offer_gif();
		this.draw();
	}

	async go(time) {
		const { reel } = this;

		if (!reel)
			return;
		const moment = reel.at(time);
		this.at = time;
		this.slider.value = time;
		this.slider.setAttribute("aria-valuetext", this.clock());
		if (moment !== reel.shown) {
			await reel.show(moment);
			this.frame.getContext("2d").putImageData(reel.image, 0, 0);
		}
		this.draw();
	}

	clock() {
		return moment_text(this.at * 1000);
	}

	draw() {
		const { context, canvas, box } = this, size = Math.max(16, Math.round(canvas.height / 24));

		if (!box)
			return;
		context.imageSmoothingEnabled = false;
		context.drawImage(this.frame, box.x, box.y, box.width, box.height, 0, 0, canvas.width, canvas.height);
		context.font = `bold ${size}px system-ui, sans-serif`;
		context.textAlign = "right";
		context.lineWidth = size / 4;
		context.strokeStyle = "#000";
		context.fillStyle = "#fff";
		context.strokeText(this.clock(), canvas.width - size / 2, canvas.height - size / 2);
		context.fillText(this.clock(), canvas.width - size / 2, canvas.height - size / 2);
	}

	// Arrow keys go by one moment, which may be a second or an hour.
	key(event) {
		const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];

		if (event.key === " ")
			this.play(!this.playing);
		else if (by && this.reel)
			this.go((this.reel.moments[this.reel.at(this.at) + by] ?? this.reel.moments.at(by)).time);
		else
			return;
		event.preventDefault();
	}

	play(on) {
		const { reel } = this;

		this.playing = on && Boolean(reel);
		this.tell_states();
		if (!this.playing)
			return;
		if (this.at >= reel.moments.at(-1).time)
			this.at = reel.moments[0].time;
		this.ticked = performance.now();
		requestAnimationFrame(() => this.tick());
	}

	async tick() {
		if (!this.playing)
			return;
		const now = performance.now(), last = this.reel.moments.at(-1).time;
		const next = this.reel.moments[this.reel.at(this.at) + 1]?.time ?? last;
		const passed = (now - this.ticked) / 1000 * this.speed;

		this.ticked = now;
		await this.go(Math.min(last, Math.max(this.at + passed, next - PAUSE_S * this.speed)));
		this.recorder?.progress((this.at - this.slider.min) / (last - this.slider.min || 1));
		if (this.at < last) {
			requestAnimationFrame(() => this.tick());
			return;
		}
		this.play(false);
		this.recorder?.finish();
	}

	// From its beginning to its end, while it plays.
	async record_video() {
		if (this.recorder) {
			this.recorder.cancel("");
			return;
		}
		if (!this.reel)
			return;
		this.play(false);
		await this.go(this.reel.moments[0].time);
		this.recorder = new Recorder(this.canvas, text => { this.said.textContent = text; }, () => {
			this.recorder = null;
			this.play(false);
		});
		this.play(true);
	}
}

// Opens the player in an element, and plays; `record` is what /history says, `view` the page's.
export function open_film(place, record, view) {
	const film = new Film(record, view);

	place.append(film.root);
	film.load(false).then(() => film.play(true));
}
