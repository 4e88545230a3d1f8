// SPDX-License-Identifier: MIT
// The words of the operator's page in English that are not in its HTML.

import { number } from "./words.js";

const pixels = n => n === 1 ? "1 pixel" : `${number(n)} pixels`;

export const words = {
	live: (plugins, rate) => `live · ${plugins} ways open · ${number(rate)} pixels/s`,
	lost: "connection lost, reconnecting …",
	unreachable: "The wall does not answer. Nothing was done; try again when it says live.",
	wrong_token: "That token is wrong, or the wall has none: admin-token of [plugin http] in murald.conf sets it.",
	too_many_tokens: seconds => `Too many wrong tokens from here. Try again in ${seconds} s.`,
	answered: status => `The wall answered ${status}.`,

	freeze: "Freeze",
	frozen: "Frozen",
	all_painting: "all painting",
	press_to_thaw: "press to thaw",

	screens_off: "Screens off",
	screens_are_off: "Screens are off",
	until_pressed: "until you press again",
	press_for_screens: "press to turn them on",

	whole: "the whole wall",
	not_a_part: "Write WxH+X+Y, such as 200x100+0+0.",
	outside: (width, height) => `The wall has ${width}x${height} pixels; that lies outside.`,

	acts: { restore: "Restore", clear: "Clear", paint: "Paint", freeze: "Freeze part", protect: "Protect", undo: "Undo a source" },
	cleared_to: "New colour",
	clear_effect: (part, changed, all) =>
		`Clear ${part}: changes ${number(changed)} of ${pixels(all)}, as shown. It can be undone.`,
	picture: "Picture, or drop one on the wall",
	which_picture: "Which picture? It fills the part: move that into place, and drag it to the size you want.",
	no_picture: name => `${name} is no picture that this browser can read`,
	paint_effect: (part, n) => `Paint ${pixels(n)} in ${part}, as shown, over everybody. It can be undone.`,
	only_opaque: "Only where this picture is opaque",
	protect_picture_effect: (part, n) => `Nobody but operators paints on ${pixels(n)} in ${part} from now on, as shown.`,
	saved: file => `Saved as ${file}.`,
	restored_to: "As it was at",
	ago: seconds => seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`,
	restore_effect: (part, time, changed) =>
		`Restore ${part} to ${time}: changes ${pixels(changed)}, as shown. Others go on painting.`,
	restore_waits: "Fetching what it looked like …",
	nothing_recorded: "Nothing was recorded: record.file in murald.conf turns that on.",
	freeze_effect: part => `Nobody but operators paints in ${part} until you thaw it.`,
	protect_effect: part => `Nobody but operators paints in ${part} from now on.`,
	thaw: rect => `Thaw ${rect}`,
	unprotect: rect => `Unprotect ${rect}`,
	source: "Source",
	since: "Painted",
	sinces: { "": "at any time", "-10min": "in the last 10 min", "-1h": "in the last hour" },
	which_source: "Which source? Choose one, or press a pixel of it on the wall.",
	undo_effect: (source, part, n, unknown) =>
		`Undo ${source} in ${part}: what was under ${pixels(n)} comes back` +
		(unknown ? `; what was under ${number(unknown)} of them is unknown.` : "."),
	show_source: "Show it on the screen",

	done: {
		freeze: part => `froze ${part}`,
		thaw: part => `thawed ${part}`,
		protect: part => `protected ${part}`,
		unprotect: part => `unprotected ${part}`,
		clear: (part, colour, n) => `cleared ${part} to ${colour}, ${pixels(n)}`,
		restore: (part, time, n) => `restored ${part} to ${time}, ${pixels(n)}`,
		paint: (part, n) => `painted ${part}, ${pixels(n)}`,
		screens_off: "turned the screens off",
		screens_on: "turned the screens on",
		undo: (source, part, n) => `undid ${source} in ${part}, ${pixels(n)}`,
		ban: (net, time) => time ? `banned ${net} for ${time}` : `banned ${net}`,
		unban: (net, wider) => wider ? `unbanned ${net}, which is still banned as a part of ${wider}` : `unbanned ${net}`,
		close_way: name => `closed ${name}`,
		open_way: name => `opened ${name}`,
		notice: text => `showed “${text}”`,
		no_notice: "took the notice away",
		back: text => `undone: ${text}`,
	},
	undo: text => `Undo: ${text}`,
	nothing_to_undo: "Nothing to undo",
	not_done: why => `Not done: ${why}.`,
	outcomes: { refused: "refused", failed: "failed", busy: "busy", usage: "wrong usage", unknown: "not found" },

	ban: "Ban …",
	ban_source: source => `Ban ${source}`,
	unban: "Unban",
	unban_net: net => `Unban ${net}`,
	no_bans: "Nobody is banned.",
	banned_until: time => `until ${time}`,
	banned_out: "from looking as well",
	at_least: "at least; the address can be forged",
	connections: n => n === 1 ? "1 connection" : `${number(n)} connections`,
	ban_hits: (net, sources) => !sources.length ? `Nobody who paints now is in ${net}.`
		: sources.join() === net ? `${net} paints now.`
		: `In ${net} ${sources.join(", ")} ${sources.length === 1 ? "paints" : "paint"} now.`,
	ban_doubt: why => `Not done: ${why}. Press again if you mean it.`,
	ban_really: "Ban all the same",
	ban_do: "Ban",

	pixel: (x, y, colour) => `${x}, ${y}: ${colour}`,
	whose: (source, protocol, time) => [source, protocol, time].filter(word => word).join(", "),
	undo_source: "Undo …",

	way_open: "open",
	way_closed: "closed",
	close_way: "Close",
	open_way: "Open",
	close_way_of: name => `Close ${name}`,
	open_way_of: name => `Open ${name}`,

	written: file => `Written to ${file}.`,
	reloaded: ({ opened, closed, failed, waiting = [], next_start = [] }) => [
		`In force: ${opened} opened, ${closed} closed, ${failed} failed.`,
		...waiting.map(({ name, state }) => state ? `${name}: ${state}.` : `${name} is not open.`),
		...(next_start.length ? [`With the next start: ${next_start.map(({ option }) => option).join(", ")}.`] : []),
	].join(" "),

	board_now: ({ width, height, enabled, pixel_rate, stats }) =>
		`The board of ${width}×${height} cells is ${enabled ? "on" : "off"}; ${pixel_rate} ms between two pixels; ` +
		`pixels so far: ${number(stats.pixels)}.`,
	board_done: "Done.",
	board_answered: status => `The board answered ${status}.`,
	removed: n => `${n} removed.`,
};
