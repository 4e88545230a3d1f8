// SPDX-License-Identifier: MIT
// Paints a picture's cells by one of the ways: with pauses, and again what others painted over.

import { missing, shuffle } from "./picture-cells.js";

// What is painted over is not painted more often: others may want it so.
const TURNS_MOST = 3;

// How long the wall may take to show what it was sent, without any progress.
const SHOWN_MS = 3000;

const pause = ms => new Promise(done => setTimeout(done, ms));

export class Job {
	// `cells` begin at `column`, `row` of the way's grid; image() is the wall's; tell() is called
	// at each step.
	constructor(way, { cells, column, row, image, only }, tell) {
		Object.assign(this, { way, cells, column, row, image, only, tell });
		this.done = this.wanted = this.left = 0; // the last: of a whole turn, what was not right
		this.is_paused = this.is_over = false;
	}

	missing(all = false) {
		return missing(this.cells, this.way.grid, this.column, this.row, this.image(), all);
	}

	pause(on) {
		this.is_paused = on;
		this.tell();
	}

	cancel() {
		this.is_over = true;
		this.way.close();
	}

	// Resolves when it is over; throws what the way throws.
	async run() {
		try {
			await this.way.open();
			for (let turn = 0; turn < TURNS_MOST && !this.is_over; turn++) {
				const found = shuffle(this.missing(turn === 0 && !this.only), this.cells.columns);

				if (found.length === 0)
					break;
				await this.paint(found);
			}
		} finally {
			if (!this.is_over) // else cancel() has, and it may be another job's by now
				this.way.close();
			this.is_over = true;
		}
	}

	async paint(found) {
		const { way, cells } = this;

		this.wanted = found.length;
		this.done = 0;
		while (this.done < found.length && await this.may_go_on()) {
			const part = found.slice(this.done, this.done + way.batch).map(i => [this.column + i % cells.columns,
				this.row + Math.floor(i / cells.columns), cells.words[i], cells.index?.[i]]);

			if (await way.send(part, () => !this.is_over && !this.is_paused))
				this.done += part.length;
			this.tell();
		}
		if (!this.is_over)
			await way.finish();
		await this.shown();
	}

	// Waits while it is paused; whether it is not over then.
	async may_go_on() {
		while (this.is_paused && !this.is_over)
			await pause(100);
		return !this.is_over;
	}

	// The wall shows what it took a moment later.
	async shown() {
		let least = Infinity, since = performance.now();

		while (!this.is_over && performance.now() - since < SHOWN_MS) {
			this.left = this.missing().length;
			if (this.left === 0)
				return;
			if (this.left < least) {
				least = this.left;
				since = performance.now();
			}
			await pause(250);
		}
	}
}
