// SPDX-License-Identifier: MIT
// A picture as cells of the wall: scaled, brought to the colours there are, and compared with
// what is there.

import { make } from "./dom.js";
import { channels } from "./words.js";

const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map(v => (v + 0.5) / 16 - 0.5);

// How far the pattern moves a colour, and how much of an error its neighbours get.
const PATTERN = 48, SPREAD = 0.9;

// So few colours, or so small: it was drawn by the pixel, and is not to be dithered.
const COLOURS_FEW = 32, SIDE_SMALL = 64;

const OPAQUE = 128;

// Of red, green and blue as a picture's data has them.
const word_of = (r, g, b) => (0xff000000 | b << 16 | g << 8 | r) >>> 0;

const fine = c => c, coarse = c => c & 0xf8 | c >> 5;

function nearest_of(colours, r, g, b) {
	let best = 0, least = Infinity;

	for (let index = 0; index < colours.length; index++) {
		const [s, h, c] = colours[index];
		const away = 3 * (r - s) ** 2 + 4 * (g - h) ** 2 + 2 * (b - c) ** 2;

		if (away < least) {
			least = away;
			best = index;
		}
	}
	return best;
}

// What is wrong at a pixel goes to its neighbours (Floyd and Steinberg), to the right in even
// rows and to the left in odd ones, so that no pattern leans.
class Errors {
	constructor(width) {
		this.rows = [new Float32Array((width + 2) * 3), new Float32Array((width + 2) * 3)];
	}

	begin_row() {
		this.rows.reverse();
		this.rows[1].fill(0);
	}

	at(x, c) {
		return this.rows[0][(x + 1) * 3 + c];
	}

	spread(x, c, error, is_right) {
		const [here, below] = this.rows, at = (x + 1) * 3 + c, step = is_right ? 3 : -3, part = error * SPREAD / 16;

		here[at + step] += part * 7;
		below[at - step] += part * 3;
		below[at] += part * 5;
		below[at + step] += part;
	}
}

// For each pixel (red, green, blue, alpha) the index of its colour; -1: none.  `how` is "fine",
// "pattern" or "plain".
export function dither(pixels, width, height, palette, how) {
	const colours = palette.map(channels), out = new Int16Array(width * height).fill(-1);
	const errors = new Errors(width);

	for (let y = 0; y < height; y++) {
		const is_right = y % 2 === 0;

		errors.begin_row();
		for (let k = 0; k < width; k++) {
			const x = is_right ? k : width - 1 - k, i = y * width + x;
			const shift = how === "pattern" ? BAYER[(y & 3) * 4 + (x & 3)] * PATTERN : 0;

			if (pixels[i * 4 + 3] < OPAQUE)
				continue;
			const want = [0, 1, 2].map(c => Math.min(Math.max(pixels[i * 4 + c] + shift
				+ (how === "fine" ? errors.at(x, c) : 0), -40), 295));
			out[i] = nearest_of(colours, ...want);
			for (let c = 0; c < 3 && how === "fine"; c++)
				errors.spread(x, c, want[c] - colours[out[i]][c], is_right);
		}
	}
	return out;
}

export function is_pixel_art(canvas) {
	const { width, height } = canvas, colours = new Set();

	if (Math.max(width, height) <= SIDE_SMALL)
		return true;
	for (const word of new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer)) {
		colours.add(word);
		if (colours.size > COLOURS_FEW)
			return false;
	}
	return true;
}

// So many cells of the picture, as words of pixels: 0 where nothing is to be painted.
// `palette` is null where any colour may be; then `index` is, too.  Coarse colours have five bits for
// each of red, green and blue.
export function make_cells(source, columns, rows, palette, how, is_art, is_coarse = false) {
	const small = make("canvas", { width: columns, height: rows }), pen = small.getContext("2d");

	pen.imageSmoothingEnabled = !is_art || columns < source.width;
	pen.imageSmoothingQuality = "high";
	pen.drawImage(source, 0, 0, columns, rows);
	const pixels = pen.getImageData(0, 0, columns, rows).data, words = new Uint32Array(columns * rows);
	const index = palette && dither(pixels, columns, rows, palette, how);
	const table = palette?.map(colour => word_of(...channels(colour)));

	for (let i = 0; i < words.length; i++) {
		if (index)
			words[i] = index[i] < 0 ? 0 : table[index[i]];
		else if (pixels[i * 4 + 3] >= OPAQUE)
			words[i] = word_of(...pixels.subarray(i * 4, i * 4 + 3).map(is_coarse ? coarse : fine));
	}
	return { columns, rows, words, index };
}

// Those of the cells that are on a grid {left, top, cell, columns, rows} but not yet as they
// should be in the wall's image; `column`, `row`: where they begin there.  With `all`, also
// those that are right.
export function missing(cells, grid, column, row, image, all = false) {
	const wall = new Uint32Array(image.data.buffer), { cell } = grid, found = [];
	const is_right = (x, y, word) => {
		for (let v = y; v < y + cell; v++)
			for (let u = x; u < x + cell; u++)
				if (wall[v * image.width + u] !== word)
					return false;
		return true;
	};

	cells.words.forEach((word, i) => {
		const u = column + i % cells.columns, v = row + Math.floor(i / cells.columns);

		if (word && u >= 0 && v >= 0 && u < grid.columns && v < grid.rows
			&& (all || !is_right(grid.left + u * cell, grid.top + v * cell, word)))
			found.push(i);
	});
	return found;
}

// So many rows are painted in no order, so that one sees early what it will be.
const BAND = 16;

export function shuffle(found, columns) {
	const band = i => Math.floor(i / columns / BAND);

	return found.map(i => [band(i), Math.random(), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([,, i]) => i);
}
