// SPDX-License-Identifier: MIT
// The ways by which a picture comes on the wall: Pixelflut or p² over a WebSocket, where an
// instance takes it, or the board, a cell a turn.

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

// p²'s numbers: no byte of them is ff.
const byte = n => n >= 0 ? n : 127 - n;

function number_of(n) {
	const away = Math.abs(n) + 127, high = Math.floor(away / 255);

	return away < 255 ? [0, byte(n)] : [byte(n < 0 ? -high : high), byte(away % 255 - 127)];
}

function colour_of(word) {
	const rgb = (word & 0xf8) << 7 | (word >> 11 & 31) << 5 | word >> 19 & 31, n = (rgb & 0x3fff) + 1;

	return number_of(rgb & 0x4000 ? -n : n);
}

// Where 0,0 is in the region, as the config's `origin` has it.
function origin_of({ origin, left, top, width, height }) {
	if (origin === "center")
		return [width >> 1, height >> 1];
	const [x, y] = origin === "top-left" ? [left, top] : origin.split(",").map(Number);

	return [x - left, y - top];
}

// The code of a WebSocket that is closed to who may not do what he wants: to log in, or later, so much.
const POLICY = 1008;

// What the wall says before it closes.
const FAREWELL_BYTES = 2;

// Who is let in hears that by what he watches, unless the wall shows no snapshots.
const LET_IN_MS = 2000;

// The wall ends a connection in which nothing came for two minutes, as in a pause.
const BEAT_MS = 30000;

// `instance` is one of /page.json's p2.  Where it `needs_login`, `name` and `code` are to be
// set; else it takes any name with any password.
export class P2 {
	constructor(instance) {
		const { port, left, top, width, height, rate, burst, login } = instance;

		this.address = `ws://${location.hostname}:${port}/`;
		this.grid = { left, top, cell: 1, columns: width, rows: height };
		this.origin = origin_of(instance);
		this.batch = Math.min(burst, BATCH);
		this.palette = null;
		this.is_coarse = true;
		this.rate = rate || Infinity; // of pixels; more are dropped
		this.needs_login = login;
		this.name = `visitor-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
		this.code = "";
	}

	async open() {
		const socket = this.socket = new WebSocket(this.address);
		let beat, is_in = false; // this.beat may be another connection's before this one is closed
		const closed = this.closed = new Promise((_, failed) => {
			socket.onclose = ({ code }) => {
				clearInterval(beat);
				failed(new Refused(code === POLICY && this.needs_login && !is_in ? "login" : "lost"));
			};
		});

		closed.catch(() => {}); // later send() and finish() see it
		await within(OPEN_MS, Promise.race([closed, new Promise(done => { socket.onopen = done; })]), "lost");
		this.authenticate();
		if (this.needs_login)
			await Promise.race([closed, this.let_in().then(() => { is_in = true; }), pause(LET_IN_MS)]);
		beat = this.beat = setInterval(() => socket.send(new Uint8Array([0xff, 0xff])), BEAT_MS);
		this.due = performance.now();
	}

	// Two digits a byte, as they are read.
	authenticate() {
		const name = new TextEncoder().encode(this.name), digits = this.code.padStart(8, "0");

		this.socket.send(new Uint8Array([0xff, 0xa0, name.length - 1, ...name,
			...digits.match(/../g).map(two => parseInt(two, 16))]));
	}

	// Watches a pixel until it is told its colour.
	async let_in() {
		const [x, y] = this.origin.map(n => number_of(-n));
		const watch = (one, other) => this.socket.send(new Uint8Array([0xff, 0xaf, ...one, ...other]));

		watch([...x, ...y], [...x, ...y]);
		await new Promise(done => { this.socket.onmessage = ({ data }) => data.size > FAREWELL_BYTES && done(); });
		watch([0, 1, 0, 1], [0, 0, 0, 0]); // no more
	}

	// [column, row, word]..., as fast as they are taken; returns true.
	async send(cells) {
		const [x, y] = this.origin;

		while (this.due > performance.now())
			await pause(this.due - performance.now());
		await this.finish();
		this.due = Math.max(this.due, performance.now()) + cells.length / this.rate * 1000;
		this.socket.send(new Uint8Array(cells.flatMap(([column, row, word]) =>
			[0xff, 0xd0, ...number_of(column - x), ...number_of(row - y), ...colour_of(word)])));
		return true;
	}

	// Once all is on its way.
	async finish() {
		const since = performance.now();

		while (this.socket.bufferedAmount > 0 && performance.now() - since < ANSWER_MS)
			await pause(10);
		if (this.socket.readyState !== WebSocket.OPEN)
			await within(OPEN_MS, this.closed, "lost"); // which says why: a login may be refused late
		if (this.socket.bufferedAmount > 0)
			throw new Refused("lost");
	}

	close() {
		clearInterval(this.beat);
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
