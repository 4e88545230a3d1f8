// SPDX-License-Identifier: MIT
// Writes into a WebM how long it is, which a browser that records it does not know yet: without that players cannot
// jump in it.

const SEGMENT = 0x18538067, INFO = 0x1549a966, TIMECODE_SCALE = 0x2ad7b1, DURATION = 0x4489;
const EBML = 0x1a45dfa3;
const DURATION_BYTES = 11; // with its id and its length

// The number at a place, and where it ends: an element's id keeps its marker, a length loses it.
function number(bytes, at, is_id) {
	const length = Math.clz32(bytes[at]) - 23;
	let value = is_id ? bytes[at] : bytes[at] & (0xff >> length), unknown = (value & (0xff >> length)) === 0xff >> length;

	for (let i = 1; i < length; i++) {
		value = value * 256 + bytes[at + i];
		unknown &&= bytes[at + i] === 255;
	}
	return { value, unknown, end: at + length };
}

// The element with this id from a place to another; null: there is none.
function find(bytes, wanted, at, end) {
	while (at < end) {
		const id = number(bytes, at, true), size = number(bytes, id.end, false);
		const stop = size.unknown ? end : size.end + size.value;

		if (id.value === wanted)
			return { size_at: id.end, begin: size.end, end: stop };
		if (size.unknown || stop <= at)
			return null;
		at = stop;
	}
	return null;
}

function duration(milliseconds) {
	const bytes = new Uint8Array(DURATION_BYTES), view = new DataView(bytes.buffer);

	view.setUint16(0, DURATION);
	view.setUint8(2, 0x88); // eight bytes
	view.setFloat64(3, milliseconds);
	return bytes;
}

// The video's first bytes with its duration; as they are where there is one, or where they are not understood.
export function with_duration(bytes, milliseconds) {
	const head = find(bytes, EBML, 0, bytes.length);
	const segment = head && find(bytes, SEGMENT, head.end, bytes.length);
	const info = segment && find(bytes, INFO, segment.begin, Math.min(segment.end, bytes.length));

	if (!info || info.end > bytes.length || find(bytes, DURATION, info.begin, info.end))
		return bytes;
	const size = info.end - info.begin + DURATION_BYTES, scale = find(bytes, TIMECODE_SCALE, info.begin, info.end);
	const unit = scale ? bytes.slice(scale.begin, scale.end).reduce((n, byte) => n * 256 + byte, 0) : 1e6;
	// a length of four bytes, whatever it was
	const length = Uint8Array.of(0x10 | size >> 24, size >> 16, size >> 8, size);
	const parts = [bytes.subarray(0, info.size_at), length, bytes.subarray(info.begin, info.end),
		duration(milliseconds * 1e6 / unit), bytes.subarray(info.end)];
	const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));

	parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
	return whole;
}
