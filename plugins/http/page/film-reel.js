// SPDX-License-Identifier: MIT
// A film in memory, as /history sends it (doc/live.md), and the picture of one of its moments.

import { apply, inflate } from "./live.js";

const HEAD = 16, LENGTH = 4;
const LAST = 1, DEFLATED = 2;
const OPENING_BRACE = 123;

export class Reel {
	constructor(data) {
		const view = new DataView(data);

		this.moments = []; // each { time, key, pieces }
		for (let at = 0, length; at < data.byteLength; at += LENGTH + length) {
			length = view.getUint32(at, true);
			this.add(new Uint8Array(data, at + LENGTH, length));
		}
		this.image = new ImageData(this.width, this.height);
		this.shown = this.wanted = -1;
	}

	add(message) {
		if (message[0] !== OPENING_BRACE) {
			this.moments.at(-1).pieces.push(message);
			return;
		}
		const said = JSON.parse(new TextDecoder().decode(message));
		if (said.type === "film")
			Object.assign(this, { width: said.width, height: said.height });
		else if (said.type === "moment")
			this.moments.push({ time: said.time, key: said.key, pieces: [] });
	}

	// The last moment that is not later, else the first.
	at(time) {
		let from = 0, to = this.moments.length - 1;

		while (from < to) {
			const middle = Math.ceil((from + to) / 2);

			if (this.moments[middle].time <= time)
				from = middle;
			else
				to = middle - 1;
		}
		return from;
	}

	// How much changed in each of `n` spans of time: 0 nothing, 1 most, by the logarithm of the bytes that tell it.
	// A whole picture tells no change, and counts as much as the moment before.
	activity(n) {
		const bytes = new Float64Array(n), first = this.moments[0].time;
		const span = this.moments.at(-1).time - first || 1;
		let last = 0;

		for (const { time, key, pieces } of this.moments.slice(1)) {
			last = key ? last : pieces.reduce((sum, piece) => sum + piece.length, 0);
			bytes[Math.min(n - 1, Math.floor((time - first) / span * n))] += last;
		}
		const most = Math.log1p(Math.max(...bytes, 1));
		return Array.from(bytes, each => Math.log1p(each) / most);
	}

	// From where on changes are to be applied to see a moment.
	start(moment) {
		let at = moment;

		while (at > 0 && !this.moments[at].key && at !== this.shown + 1)
			at--;
		return at;
	}

	async apply_moment(index) {
		for (const piece of this.moments[index].pieces) {
			const head = new DataView(piece.buffer, piece.byteOffset, HEAD);
			let body = piece.subarray(HEAD);

			if (piece[1] & DEFLATED)
				body = await inflate(body, head.getUint32(12, true));
			apply(this.image.data, this.width, head.getUint32(8, true), body, () => {});
			if (piece[1] & LAST)
				this.shown = index;
		}
	}

	// Makes the image that of a moment.  Who asks again meanwhile gets the later one.
	async show(moment) {
		this.wanted = moment;
		this.showing ||= this.catch_up().finally(() => { this.showing = null; });
		await this.showing;
	}

	async catch_up() {
		while (this.shown !== this.wanted) {
			const to = this.wanted;

			for (let at = this.start(to); at <= to && this.wanted === to; at++)
				await this.apply_moment(at);
		}
	}
}
