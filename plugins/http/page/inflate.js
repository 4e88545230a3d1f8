// SPDX-License-Identifier: MIT
// Inflates zlib's format (RFC 1950 and 1951) in browsers that cannot by themselves: Safari before 16.4 and Firefox
// before 113.  Loaded only there.  A stream that breaks the format's rules is a RangeError; its checksum is left to TCP.

// How many bits follow the code of a length, or of a distance.
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = [0, 0, ...Array.from({ length: 28 }, (_, i) => i >> 1)];

const LENGTHS = [...starts(LENGTH_BITS.slice(0, -1), 3), 258], DISTANCES = starts(DISTANCE_BITS, 1);

// In what order the lengths of the codes for lengths come.
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const END = 256, CODE_MOST = 15;

const FIXED = [
	make_code(Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
	make_code(Array(30).fill(5)),
];

// The least value of each code: those of the one before take 2^bits.
function starts(bits, first) {
	return bits.map((_, i) => bits.slice(0, i).reduce((sum, n) => sum + (1 << n), first));
}

function refuse(why) {
	throw new RangeError(why);
}

// From the length of each symbol's code: how many have each length, and the symbols in the order of their codes.
function make_code(lengths) {
	const counts = new Uint16Array(CODE_MOST + 1), symbols = [];
	let free = 1;

	for (let length = 1; length <= CODE_MOST; length++) {
		for (let symbol = 0; symbol < lengths.length; symbol++)
			if (lengths[symbol] === length) {
				symbols.push(symbol);
				counts[length]++;
			}
		free = 2 * free - counts[length];
		if (free < 0)
			refuse("there are more codes than their lengths have room for");
	}
	return { counts, symbols };
}

class Bits {
	constructor(bytes) {
		Object.assign(this, { bytes, at: 2, held: 0, n: 0 }); // behind zlib's header
	}

	// `n` is undefined behind a symbol that the format does not have.
	take(n) {
		if (n === undefined)
			refuse("there is no such length or distance");
		while (this.n < n) {
			if (this.at >= this.bytes.length)
				refuse("the stream ends too early");
			this.held |= this.bytes[this.at++] << this.n;
			this.n += 8;
		}
		const value = this.held & (1 << n) - 1;

		this.held >>>= n;
		this.n -= n;
		return value;
	}

	// Bit by bit, until it is one of the codes of that length.
	symbol({ counts, symbols }) {
		let code = 0, first = 0, index = 0;

		for (let length = 1; length <= CODE_MOST; length++) {
			code = code << 1 | this.take(1);
			first <<= 1;
			if (code - first < counts[length])
				return symbols[index + code - first];
			index += counts[length];
			first += counts[length];
		}
		return refuse("there is no such code");
	}
}

function read_codes(bits) {
	const lengths = bits.take(5) + 257, distances = bits.take(5) + 1, own = Array(19).fill(0), all = [];

	for (let i = 0, n = bits.take(4) + 4; i < n; i++)
		own[ORDER[i]] = bits.take(3);
	for (const code = make_code(own); all.length < lengths + distances;) {
		const symbol = bits.symbol(code);

		if (symbol < 16)
			all.push(symbol);
		else if (symbol === 16)
			all.push(...Array(3 + bits.take(2)).fill(all.at(-1)));
		else
			all.push(...Array(symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7)).fill(0));
	}
	if (all.length > lengths + distances)
		refuse("there are more lengths than codes");
	return [make_code(all.slice(0, lengths)), make_code(all.slice(lengths))];
}

// Each takes a block and returns where in `out` the next one begins.
function copy_block(bits, out, at) {
	bits.take(bits.n & 7); // to the next byte
	const len = bits.take(16);

	if ((len ^ bits.take(16)) !== 0xffff) // the same, inverted
		refuse("the length of a block is damaged");
	for (const end = at + len; at < end; at++)
		out[at] = bits.take(8);
	return at;
}

function inflate_block(bits, out, at, [lengths, distances]) {
	for (let symbol = bits.symbol(lengths); symbol !== END; symbol = bits.symbol(lengths)) {
		if (symbol < END) {
			out[at++] = symbol;
			continue;
		}
		const end = at + LENGTHS[symbol - END - 1] + bits.take(LENGTH_BITS[symbol - END - 1]);
		const code = bits.symbol(distances), back = DISTANCES[code] + bits.take(DISTANCE_BITS[code]);

		if (back > at || end > out.length)
			refuse("a copy begins before the bytes, or ends behind them");
		for (; at < end; at++)
			out[at] = out[at - back];
	}
	return at;
}

// `len`: of the inflated bytes, at most.
export function inflate(bytes, len) {
	const bits = new Bits(bytes), out = new Uint8Array(len);
	let at = 0;

	for (let is_last = 0; !is_last;) {
		is_last = bits.take(1);
		const kind = bits.take(2);

		if (kind === 3)
			refuse("there is no such kind of block");
		at = kind === 0 ? copy_block(bits, out, at) : inflate_block(bits, out, at, kind === 1 ? FIXED : read_codes(bits));
		if (at > len)
			refuse("there are more bytes than were told");
	}
	return out.subarray(0, at);
}
