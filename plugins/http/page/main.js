// SPDX-License-Identifier: MIT
// The page but its picture, which core.js shows: painting, hints, figures and history.

import { live, on, render, settings, view } from "./core.js";
import { Graph } from "./graph.js";
import { show_hints, show_states } from "./hints.js";
import { show_history } from "./history.js";
import { make_keys } from "./keys.js";
import { Line } from "./line.js";
import { Marks } from "./marks.js";
import { show_notice } from "./notice.js";
import { Offer } from "./offer.js";
import { Board, cell_of } from "./paint.js";
import { Place } from "./place.js";
import { Ripples } from "./ripples.js";
import { Strip } from "./strip.js";
import { colour_name, language, number, other_languages, t, translate } from "./words.js";

// A cell to paint has so many CSS pixels; a smaller one is flown to, by a mouse a much smaller.
const CELL = 24, SMALL = { touch: 19, pen: 19, mouse: 8 };

// Taps so soon after the begin of a flight belong to the one that began it.
const DOUBLE_MS = 400;

const SPOKEN_MS = 500, AUTHOR_MS = 150, SENDING_MS = 150;

// So wide a window has the wall and all else beside each other.
const desktop = matchMedia("(min-width: 72rem)");

const element = id => document.getElementById(id);
const known = await (await settings()).text(), page = JSON.parse(known);
document.title = `${page.title || "murald"}: ${t("subtitle")}`;
const line = new Line();
const graph = new Graph(element("graph"), element("legend"));
const is_kiosk = document.body.classList.contains("kiosk");
const board = page.click && !is_kiosk ? new Board(page, element("name"), element("secret")) : null;
let flown = -Infinity, speech, author_timer, told_cell, frozen = false, sending = "", rate = 0, greeted = false, heat;

Object.assign(on, {
	view() {
		show_marks();
		show_sheet();
		ripples.move();
		heat?.move();
		if (!view.flight && view.fingers.size === 0)
			set_painting(!view.fitted);
		place.remember();
	},
	// After a pinch the viewport grows, and the picture flies from where the fingers left it.
	end() {
		const { x, y } = view.middle();

		if (view.fitted || document.body.classList.contains("painting"))
			set_painting(!view.fitted);
		else
			view.fly(x, y, view.z, () => set_painting(true));
	},
	hover(at) {
		marks.hover = board && !sheet() && matchMedia("(hover: hover)").matches ? at : null;
		show_marks();
		if (!marks.at)
			tell_place(at);
	},
	tap,
	press(at) {
		if (strip)
			strip.take(live.colour(at.x, at.y));
		navigator.vibrate?.(10);
	},
	key: event => !is_kiosk && (sheet()?.key(event) || keys(event)),
});
const marks = new Marks(element("marks"), view, board ? { size: page.cell, left: page.left, top: page.top }
	: { size: 1, left: 0, top: 0 });
const ripples = new Ripples(element("marks"), view, page.cell ** 2);
const strip = board && new Strip(page.palette, document.title, { go, choose: show_marks, says });
const place = new Place(view, tell);
// By https a browser connects to no ws:, and the page's policy cannot name an IPv6 address.
const sockets = location.protocol === "http:" && !location.hostname.startsWith("[") ? [...page.pixelflut, ...page.p2] : [];
const offer = board || sockets.length && !is_kiosk ? new Offer({ view, live, board, strip, sockets }, () => {
	mark(null);
	set_painting(!view.fitted);
	set_strip_height();
	show_sheet();
}) : null;
const keys = make_keys({ view, marks, strip, place, mark, leave, act, take_colour });

// Without a strip the line below the wall has to do.
function tell(text, bad = false, action = null, node = null) {
	const where = element(strip ? "told" : "position");

	if (strip)
		strip.tell(text, bad, action);
	else
		where.textContent = text;
	if (node)
		where.append(" ", node);
}

// ---- what the wall says

function take(message) {
	line.take(message);
	if (message.type === "wall") {
		if (greeted)
			reread().catch(() => {}); // it may be another wall after a restart
		greeted = true;
		fetch("/figures.json").then(answer => answer.json()).then(hour => graph.begin(hour)).catch(() => {});
		element("viewport").setAttribute("aria-label", t("wall_label", { w: message.width, h: message.height }));
		if (!element("cards").childElementCount)
			show_hints({ x: Math.floor(message.width / 2), y: Math.floor(message.height / 2) }, hint_colour());
		place.go();
	} else if (message.type === "figures") {
		take_figures(message);
	} else if (message.type === "yours") {
		ripples.mine(message);
		tell(t("yours", message));
	} else if (message.type === "frame") {
		ripples.take(message.runs);
		if (marks.at || marks.hover) {
			show_marks();
			tell_place(marks.at || marks.hover);
		}
	}
}

// What was set otherwise since is best begun anew; the place stays, it is in the address.
async function reread() {
	if (await (await fetch("/page.json", { cache: "no-cache" })).text() !== known)
		location.reload();
}

function take_figures(figures) {
	rate = figures.pixels_per_second;
	element("rate").textContent = number(rate);
	element("viewers").textContent = watching(figures.viewers);
	graph.add(figures);
	ripples.pace(figures);
	show_states(figures);
	show_notice(figures.notice);
	frozen = figures.notice.frozen;
	strip?.show();
	if (!marks.at && !marks.hover)
		tell_place(null);
}

// ---- the mark

function hint_colour() {
	return (strip ? strip.colour.slice(1) : "ff8000").toLowerCase();
}

function show_marks() {
	const at = marks.at || marks.hover;

	marks.show(marks.at ? live.colour(marks.at.x, marks.at.y) : "", strip ? strip.colour : "",
		Boolean(at && board && !cell_of(page, at)));
}

function mark(at) {
	marks.at = at;
	show_marks();
	strip?.show();
	tell_place(at);
	if (at)
		show_hints(at, hint_colour()).catch(() => {});
}

// The line below the wall; who painted a cell of the board is asked when the pointer rests.
function tell_place(at) {
	const cell = at && cell_of(page, at), key = at ? `${at.x} ${at.y}` : "";

	element("position").textContent = !at ? t(board ? "idle" : "idle_watch", { n: number(rate) })
		: t("at_place", { x: at.x, y: at.y, c: live.colour(at.x, at.y) });
	if (key === told_cell)
		return;
	clearTimeout(author_timer);
	element("author").textContent = "";
	if (at)
		speak(at);
	if (cell)
		author_timer = setTimeout(() => tell_author(key, cell), AUTHOR_MS);
	told_cell = key;
}

async function tell_author(key, cell) {
	const answer = await fetch(`/getPixelAuthor/${cell.column}/${cell.row}`).catch(() => null);

	if (!answer?.ok || key !== told_cell)
		return;
	const { author } = await answer.json();
	element("author").textContent = author ? t("by", { n: author }) : "";
}

// For who moves the cross-hair by keys, once it rests.
function speak(at) {
	clearTimeout(speech);
	if (document.activeElement !== element("viewport") || !marks.at)
		return;
	speech = setTimeout(() => {
		const c = colour_name(live.colour(at.x, at.y));

		element("say").textContent = `${t("at_place_said", { x: at.x, y: at.y, c })} ${element("author").textContent}`;
	}, SPOKEN_MS);
}

function take_colour(at) {
	strip?.take(live.colour(at.x, at.y));
}

// ---- a picture of the visitor's own

function sheet() {
	return offer?.sheet;
}

// It moves with the view, and needs to know the wall below it.
function show_sheet() {
	const rows = view.rows();

	sheet()?.view_changed();
	live.look(...sheet()?.rows(rows) || rows);
}

// ---- taps

function tap(at, pointer) {
	if (sheet()) {
		sheet().tap(at);
		return;
	}
	if (performance.now() - flown < DOUBLE_MS)
		return;
	strip?.seen();
	if (strip?.is_picking) {
		take_colour(at);
		return;
	}
	const again = marks.is_same(at);

	mark(at);
	if (marks.side() < (SMALL[pointer] || SMALL.touch))
		closer(at);
	else if (board && (pointer === "mouse" || again))
		act();
	else if (board)
		strip.tell(t("hint"));
}

// Where the viewport grows, the place stays under the finger and flies from there.
function closer(at) {
	const corner = marks.corner(at), half = marks.size / 2;

	flown = performance.now();
	view.fly(corner.x + half, corner.y + half, CELL / marks.size, () => set_painting(true));
	if (board)
		strip.tell(t(matchMedia("(pointer: fine)").matches ? "hint_mouse" : "hint"));
}

// What the button says when no turn is awaited.
function says() {
	if (frozen)
		return { text: t("start"), off: true };
	if (sending)
		return { text: sending, off: true };
	if (!marks.at)
		return { text: t(document.body.classList.contains("overview") && !desktop.matches ? "start" : "choose") };
	if (!cell_of(page, marks.at))
		return { text: t("choose"), off: true };
	return { text: t("go", { c: colour_name(strip.colour) }) };
}

// The button: without a mark it leads to a place.
function go() {
	strip.seen();
	if (marks.at) {
		act();
		return;
	}
	const { width, height } = view.wall;
	const at = view.pixel({ x: view.width / 2, y: view.height / 2 }) || { x: width >> 1, y: height >> 1 };

	mark(at);
	closer(at);
}

// Paints the marked cell.
async function act() {
	const at = marks.at, cell = at && cell_of(page, at);

	if (!board || !at || sending)
		return;
	if (!cell || frozen || line.is_lost) {
		tell(t(!cell ? "off_board" : frozen ? "paused" : "no_answer"), true);
		return;
	}
	if (strip.is_waiting())
		return;
	const before = page.palette.indexOf(live.colour(at.x, at.y)), timer = setTimeout(() => {
		sending = t("sending");
		strip.show();
	}, SENDING_MS);
	const answer = await board.set(cell, strip.index).catch(error => ({ error }));

	clearTimeout(timer);
	sending = "";
	take_answer(answer, at, before);
	strip.show();
}

function take_answer(answer, at, before) {
	if (answer.status === 200 && answer.refused) {
		tell(t(answer.refused === "banned" ? "banned" : "closed"), true);
		strip.wait(answer.rate);
	} else if (answer.status === 200 && !answer.currentlyDisabled) {
		const back = before >= 0 && before !== strip.index;

		tell(t("painted", at), false, back ? { text: t("put_back", { c: colour_name(page.palette[before]) }),
			act: () => put_back(at, before) } : null);
		strip.wait(answer.rate);
		told_cell = null;
		tell_place(at);
	} else if (answer.status === 200) {
		tell(t("board_off"), true);
	} else if (answer.status === 429) {
		tell(t("too_fast"), true);
		strip.wait((answer.timeoutRemaining || 1) * 1000);
	} else if (answer.error instanceof Error && answer.error.name !== "Error") {
		tell(t("no_answer"), true);
	} else {
		tell(t("refused", { why: answer.error?.message || answer.error || t("code", { n: answer.status }) }), true);
	}
}

function put_back(at, before) {
	mark(at);
	strip.choose(before);
	act();
}

// ---- closer and back

function set_painting(is_close) {
	const { classList } = document.body, painting = is_close || Boolean(sheet());

	if (classList.contains("painting") === painting)
		return;
	classList.toggle("painting", painting);
	classList.toggle("overview", !painting);
	element("back").hidden = !painting || desktop.matches;
	if (painting && !desktop.matches && history.state !== "painting")
		history.pushState("painting", ""); // Back leaves it
	strip?.show();
	strip?.show_chosen();
	set_strip_height();
}

function leave() {
	sheet()?.close();
	mark(null);
	tell("");
	view.fit();
	if (history.state === "painting")
		history.back();
}

function set_strip_height() {
	document.documentElement.style.setProperty("--strip", `${(sheet()?.root || element("paint")).offsetHeight}px`);
}

// The wall is smaller by it, so that nothing below leaves the window.
function set_notice_height() {
	const { offsetHeight } = element("notice"), below = parseFloat(getComputedStyle(element("notice")).marginBottom);

	document.documentElement.style.setProperty("--notice", `${offsetHeight && offsetHeight + below}px`);
}

translate();
document.body.classList.toggle("watch", !board);
element("you").hidden = !board;
element("secret-label").hidden = !page.secret;
if (page.secret)
	element("parts").after(element("you")); // nothing goes without it
for (const name of other_languages) {
	const link = element("language");

	link.href = `?lang=${name}`;
	link.lang = link.hreflang = name;
	link.textContent = new Intl.DisplayNames([name], { type: "language" }).of(name);
}
document.documentElement.lang = language;
element("visitor").addEventListener("submit", event => event.preventDefault());
element("zoom-in").addEventListener("click", () => view.step(true));
element("zoom-out").addEventListener("click", () => view.step(false));
if (!board)
	element("share").before(element("drop")); // there is no strip
element("heat").checked = false; // Firefox ticks it again after a reload
element("heat").addEventListener("change", async () => {
	const { Heat } = await import("./heat.js");

	heat = heat ? heat.close() : new Heat(element("marks"), view);
});
element("zoom-fit").addEventListener("click", () => sheet() ? view.fit() : leave());
element("back").addEventListener("click", leave);
addEventListener("popstate", () => {
	if (history.state !== "painting" && document.body.classList.contains("painting") && !desktop.matches) {
		sheet()?.close();
		mark(null);
		view.fit();
	}
});
new ResizeObserver(set_strip_height).observe(element("paint"));
new ResizeObserver(set_notice_height).observe(element("notice"));
tell_place(null);
show_history(view);
live.listen(take);
if (is_kiosk)
	import("./kiosk.js").then(({ show_kiosk }) => show_kiosk(page, live));
set_painting(!view.fitted);

// For who looks from outside, such as the tests.
export { graph, line, live, marks, offer, render, ripples, strip, view };
