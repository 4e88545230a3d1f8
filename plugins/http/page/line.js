// SPDX-License-Identifier: MIT
// The truth about the line: whether the picture is live, how old it is, or that there is no
// connection.

import { clock, t, watching } from "./words.js";

// Late from the one age on, until it was below the other for a while.
const LATE_S = 3, LIVE_S = 2, CALM_MS = 3000;

const element = id => document.getElementById(id);

export class Line {
	constructor() {
		this.state = "connecting";
		this.best_ms = Infinity; // between the server's clock and ours, without a delay
		this.seen_ms = Date.now(); // when the picture was last known to be right
		this.age_s = 0;
		this.viewers = 0;
		setInterval(() => this.show(), 500);
	}

	get is_lost() {
		return this.state === "lost";
	}

	become(state) {
		if (state === this.state)
			return;
		this.state = state;
		element("connection").className = state;
		element("viewport").classList.toggle("stale", state === "lost");
		// only these changes are spoken, no figures
		element("connection-said").textContent = { lost: t("lost"), slow: t("slow_said"), live: t("live") }[state];
		this.show();
	}

	// Takes each message of /live.
	take(message) {
		if (message.type === "lost") {
			this.become("lost");
			return;
		}
		if (message.type === "wall")
			this.best_ms = message.heard - message.time * 1000;
		if (message.type === "figures") {
			this.viewers = message.viewers;
			this.measure(message.heard - message.time * 1000);
		}
		if (message.type === "frame" && this.state !== "slow")
			this.become("live");
		if (message.type === "frame" || message.type === "figures")
			this.seen_ms = Date.now() - this.age_s * 1000;
	}

	// A message took so long, and our clock differs by so much: of all, the least is the clocks'.
	measure(delay_ms) {
		const now = Date.now();

		this.best_ms = Math.min(this.best_ms, delay_ms);
		this.age_s = (delay_ms - this.best_ms) / 1000;
		if (this.age_s >= LIVE_S)
			this.late_ms = now;
		if (this.age_s >= LATE_S)
			this.become("slow");
		else if (this.state === "lost" || this.state === "slow" && now - this.late_ms > CALM_MS)
			this.become("live");
	}

	// The last parts are left out where there is no room for them.
	tell(...parts) {
		element("connection-text").replaceChildren(...parts.map(textContent =>
			Object.assign(document.createElement("span"), { textContent })));
	}

	show() {
		const cover = element("cover");
		const silent = Math.round((Date.now() - this.seen_ms) / 1000);

		cover.hidden = !this.is_lost;
		if (this.is_lost) {
			this.tell(t("lost"));
			cover.firstElementChild.textContent = t("lost_long", { n: silent, t: clock(this.seen_ms, "2-digit") });
		} else if (this.state === "slow") {
			this.tell(t("slow", { n: Math.max(silent, Math.round(this.age_s)) }));
		} else if (this.state === "live") {
			this.tell(t("live"), ...this.viewers ? [` · ${watching(this.viewers)}`] : []);
		}
	}
}
