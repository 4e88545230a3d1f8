// SPDX-License-Identifier: MIT
// Makes the wall smaller so that no lone pixel is lost: for the picture at rest each pixel of
// the device pools those of the wall that lie in it, for the moving one there are halves.
//
// Pixels are 32-bit words, alpha and blue first.  Both functions touch nothing but a part.

// How far the colour of a block is drawn to its odd pixel, if that is alone.
const PULL = 0.75;

// A block of so few pixels says little about what is odd: its neighbours are asked too.
const FEW = 4;

// A block whose channels differ by no more has no pixel that is odd to the eye.
const LITTLE = 12;

const OPAQUE = 0xff000000;

// The sums of a window's channels, left here because this runs for each pixel.
let red, green, blue;

function sum(words, width, x0, x1, y0, y1) {
	red = green = blue = 0;
	for (let y = y0; y < y1; y++)
		for (let at = y * width + x0, end = y * width + x1; at < end; at++) {
			const word = words[at];

			red += word & 255;
			green += word >> 8 & 255;
			blue += word >> 16 & 255;
		}
}

// The mean of a block that is nearly of one colour; else 0.
function mean_of_calm(words, width, x0, x1, y0, y1) {
	const first = words[y0 * width + x0], r = first & 255, g = first >> 8 & 255, b = first >> 16 & 255;
	const n = (x1 - x0) * (y1 - y0);

	red = green = blue = 0;
	for (let y = y0; y < y1; y++)
		for (let at = y * width + x0, end = y * width + x1; at < end; at++) {
			const word = words[at], dr = (word & 255) - r, dg = (word >> 8 & 255) - g, db = (word >> 16 & 255) - b;

			if (dr > LITTLE || dr < -LITTLE || dg > LITTLE || dg < -LITTLE || db > LITTLE || db < -LITTLE)
				return 0;
			red += dr;
			green += dg;
			blue += db;
		}
	return (OPAQUE | b + blue / n << 16 | g + green / n << 8 | r + red / n) >>> 0;
}

// The square of how far a colour is from three channels.
function distance(word, r, g, b) {
	const dr = (word & 255) - r, dg = (word >> 8 & 255) - g, db = (word >> 16 & 255) - b;

	return dr * dr + dg * dg + db * db;
}

// The mean of a block that is not all alike, drawn towards the pixel that differs most from
// its surroundings; the less the fewer there are like it, so that patterns stay their mean.
function mix(words, width, height, x0, x1, y0, y1) {
	const n = (x1 - x0) * (y1 - y0), ring = n <= FEW ? 1 : 0;
	const wx0 = Math.max(x0 - ring, 0), wx1 = Math.min(x1 + ring, width);
	const wy0 = Math.max(y0 - ring, 0), wy1 = Math.min(y1 + ring, height);
	const m = (wx1 - wx0) * (wy1 - wy0);
	let most = -1, odd = 0, alike = 0;

	sum(words, width, wx0, wx1, wy0, wy1);
	const wr = red / m, wg = green / m, wb = blue / m;
	for (let y = y0; y < y1; y++)
		for (let at = y * width + x0, end = y * width + x1; at < end; at++) {
			const away = distance(words[at], wr, wg, wb);

			if (away > most) {
				most = away;
				odd = words[at];
			}
		}
	const r = odd & 255, g = odd >> 8 & 255, b = odd >> 16 & 255;
	for (let y = wy0; y < wy1; y++)
		for (let at = y * width + wx0, end = y * width + wx1; at < end; at++)
			alike += 4 * distance(words[at], r, g, b) < most ? 1 : 0;
	const pull = PULL * Math.max(0, 1 - 2 * alike / m);
	sum(words, width, x0, x1, y0, y1);
	red /= n;
	green /= n;
	blue /= n;
	red += (r - red) * pull;
	green += (g - green) * pull;
	blue += (b - blue) * pull;
	return (OPAQUE | blue << 16 | green << 8 | red) >>> 0;
}

function is_uniform(words, width, x0, x1, y0, y1) {
	const first = words[y0 * width + x0];

	for (let y = y0; y < y1; y++)
		for (let at = y * width + x0, end = y * width + x1; at < end; at++)
			if (words[at] !== first)
				return false;
	return true;
}

// Pools `from` {words, width, height} into the part of `to`.  columns[u] and columns[u + 1] are
// where in `from` the pixel u of `to` begins and ends; and so are rows.
export function pool(from, to, columns, rows, part) {
	const { words, width, height } = from;

	for (let v = part.top; v < part.bottom; v++)
		for (let u = part.left; u < part.right; u++) {
			const x0 = columns[u], x1 = columns[u + 1], y0 = rows[v], y1 = rows[v + 1];

			to.words[v * to.width + u] = is_uniform(words, width, x0, x1, y0, y1)
				? words[y0 * width + x0] : mean_of_calm(words, width, x0, x1, y0, y1)
				|| mix(words, width, height, x0, x1, y0, y1);
		}
}

// Of four, the one that the other three, which are alike, are not; or undefined.
function lone_of(a, b, c, d) {
	if (b === c)
		return c === d ? a : a === b ? d : undefined;
	if (a === d)
		return b === d ? c : c === d ? b : undefined;
	return undefined;
}

// Halves the part (of `to`): four alike stay, a lone one counts as much as the other three.
export function halve(from, to, part) {
	const { words, width } = from;

	for (let y = part.top; y < part.bottom; y++) {
		let at = 2 * y * width + 2 * part.left;

		for (let out = y * to.width + part.left, end = y * to.width + part.right; out < end; out++, at += 2) {
			const a = words[at], b = words[at + 1], c = words[at + width], d = words[at + width + 1];

			if (a === b && c === d && a === c) {
				to.words[out] = a;
				continue;
			}
			// red and blue of a word at once
			let even = ((a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff) >>> 2) & 0xff00ff;
			let odd = (a >>> 8 & 255) + (b >>> 8 & 255) + (c >>> 8 & 255) + (d >>> 8 & 255) >>> 2;
			const lone = lone_of(a, b, c, d);

			if (lone !== undefined) {
				even = (even & 0xfe00fe) + (lone & 0xfe00fe) >>> 1;
				odd = odd + (lone >>> 8 & 255) >>> 1;
			}
			to.words[out] = (OPAQUE | even | odd << 8) >>> 0;
		}
	}
}
