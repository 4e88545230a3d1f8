// SPDX-License-Identifier: MIT
// The ways by which a picture comes on the wall: Pixelflut over a WebSocket, where an instance
// takes it, or the board, a cell a turn.

import { Refused } from "./picture-file.js";

const OPEN_MS = 5000, ANSWER_MS = 20000;

// So many messages, of so many cells, may be on the way: the wall says after each that it has
// taken it.  Where it slows its sources down, one must not take long.
const UNTAKEN_MOST = 32, BATCH = 512;

const pause = ms => new Promise(done => setTimeout(done, ms));

// What comes first; the other is forgotten.
const within = (ms, promise, word) => Promise.race([promise, pause(ms).then(() => { throw new Refused(word); })]);

// `instance` is one of /page.json's pixelflut.
export class Flut {
	constructor({ port, left, top, width, height }) {
		this.address = `ws://${location.hostname}:${port}/`;
		this.grid = { left, top, cell: 1, columns: width, rows: height };
		this.batch = BATCH;
		this.palette = null;
		this.rate = Infinity; // cells a second
	}

	async open() {
		const socket = this.socket = new WebSocket(this.address), untaken = this.untaken = [];

		socket.onmessage = () => untaken.shift()?.done();
		await within(OPEN_MS, new Promise((done, failed) => {
			socket.onopen = done;
			socket.onclose = () => {
				failed(new Refused("lost"));
				for (const message of untaken)
					message.failed(new Refused("lost"));
			};
		}), "lost");
	}

	// [column, row, word]...; returns true.
	async send(cells) {
		const hex = word => (word & 255) << 16 | word & 0xff00 | word >> 16 & 255;
		const message = {};

		message.taken = new Promise((done, failed) => Object.assign(message, { done, failed }));
		message.taken.catch(() => {}); // whoever waits for it hears it, too
		if (this.socket.readyState !== WebSocket.OPEN)
			throw new Refused("lost");
		this.untaken.push(message);
		this.socket.send(cells.map(([column, row, word]) =>
			`PX ${column} ${row} ${hex(word).toString(16).padStart(6, "0")}\n`).join("") + "SIZE\n");
		if (this.untaken.length >= UNTAKEN_MOST)
			await within(ANSWER_MS, this.untaken[0].taken, "lost");
		return true;
	}

	// Once all is taken; it may take long, but not from one answer to the next.
	async finish() {
		for (const message of [...this.untaken])
			await within(ANSWER_MS, message.taken, "lost");
	}

	close() {
		this.socket?.close();
	}
}

export class BoardWay {
	// `page` is /page.json, `board` sets cells, `cooldown` says when.
	constructor(page, board, cooldown, rate_ms) {
		Object.assign(this, { board, cooldown, palette: page.palette, batch: 1 });
		this.grid = { left: page.left, top: page.top, cell: page.cell, columns: page.columns, rows: page.rows };
		this.rate = rate_ms > 0 ? 1000 / rate_ms : Infinity;
	}

	async open() {}

	// One cell, [[column, row, word, index]], when it is our turn; whether it was set before it
	// was no longer wanted.
	async send([[column, row, , index]], is_wanted) {
		while (is_wanted()) {
			const left = this.cooldown.left();

			if (left > 0)
				await pause(Math.min(left, 250));
			else if (this.take(await this.board.set({ row, column }, index).catch(error => ({ error }))))
				return true;
		}
		return false;
	}

	// Whether it is set; else it is to be tried again.
	take({ status, currentlyDisabled, rate, timeoutRemaining, error }) {
		if (status === 429)
			this.cooldown.begin((timeoutRemaining || 1) * 1000);
		else if (status === 200 && currentlyDisabled)
			throw new Refused("board_off");
		else if (status !== 200)
			throw new Refused(error instanceof TypeError || error?.name === "TimeoutError" ? "lost"
				: error?.message || error || "lost");
		else if (rate > 0)
			this.cooldown.begin(rate);
		return status === 200;
	}

	async finish() {}

	close() {}
}
