// SPDX-License-Identifier: MIT
// What the keys mean while the wall has the focus.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Shift makes a step so many cells; the cross-hair stays so many CSS pixels from the edge.
const FAR = 10, EDGE = 40;

// A cell of at least so many CSS pixels is painted, a smaller one is flown to.
const AIMED = 19, CELL = 24;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

// Returns what takes an event, and returns whether it meant something.
export function make_keys({ view, marks, strip, place, mark, leave, act, take_colour }) {
	// Where the cross-hair is on the viewport; where there is none, the middle.
	function seen() {
		if (!marks.at)
			return { x: view.width / 2, y: view.height / 2 };
		return { x: view.left + (marks.at.x + 0.5) * view.z, y: view.top + (marks.at.y + 0.5) * view.z };
	}

	function move([dx, dy], by) {
		const { width, height } = view.wall;
		const from = marks.at || view.pixel(seen()) || { x: width >> 1, y: height >> 1 };
		const step = marks.size * by;

		mark({ x: clamp(from.x + dx * step, 0, width - 1), y: clamp(from.y + dy * step, 0, height - 1) });
		if (view.fitted)
			return;
		const { x, y } = seen();
		view.pan({
			x: -(Math.min(x - EDGE, 0) + Math.max(x - view.width + EDGE, 0)),
			y: -(Math.min(y - EDGE, 0) + Math.max(y - view.height + EDGE, 0)),
		});
	}

	function enter() {
		if (!marks.at)
			move([0, 0], 0);
		else if (marks.side() < AIMED)
			view.fly(marks.at.x + 0.5, marks.at.y + 0.5, CELL / marks.size);
		else
			act();
	}

	const others = {
		"+": () => view.step(true, seen().x, seen().y),
		"-": () => view.step(false, seen().x, seen().y),
		"0": leave,
		"Escape": leave,
		"Enter": enter,
		" ": enter,
		"[": () => strip?.choose(strip.index - 1),
		"]": () => strip?.choose(strip.index + 1),
		"e": () => marks.at && take_colour(marks.at),
		"g": () => {
			marks.has_grid = !marks.has_grid;
			view.changed(false);
		},
		"f": () => place.full(),
	};

	others["="] = others["+"];
	return event => {
		if (STEPS[event.key])
			move(STEPS[event.key], event.shiftKey ? FAR : 1);
		else if (/^[1-9]$/.test(event.key) && strip && event.key <= strip.palette.length)
			strip.choose(event.key - 1);
		else if (others[event.key])
			others[event.key]();
		else
			return false;
		return true;
	};
}
