// SPDX-License-Identifier: MIT
// Starts the operator's page: signs in, asks what this wall can, joins the parts.

import { Acts } from "./acts.js";
import { clock, translate, words } from "./admin-words.js";
import { ask, keep_token, token } from "./ask.js";
import { Bans } from "./bans.js";
import { show_board, start_board } from "./board.js";
import { Journal } from "./journal.js";
import { Live } from "./live.js";
import { Marquee, parse_part, part_text } from "./marquee.js";
import { show_notice } from "./notice.js";
import { Operators } from "./operators.js";
import { save_part } from "./pictures.js";
import { Ways } from "./ways.js";

const REFRESH_MS = 1000;
const element = id => document.getElementById(id);
const verbs = new Map(); // from a verb's name to its arguments; empty: not signed in

const page = {
	has: (verb, argument) => verbs.has(verb) && (!argument || verbs.get(verb).includes(argument)),
	sources: () => bans.sources(),
	did(text, back) {
		journal.add(text, back);
		say(text);
		element("undo").focus();
		refresh();
	},
	failed(error) {
		if (error.error === "token")
			sign_out(error.message);
		else
			say(words.not_done(error.message));
	},
};
const journal = new Journal(element("undo"), element("journal"), {
	done(text) {
		say(text);
		acts.show();
		refresh();
	},
	failed: page.failed,
});
const acts = new Acts(page);
const operators = new Operators(element("operators"));
const bans = new Bans(page);
const ways = new Ways(page);

function say(text) {
	element("said").textContent = text;
}

// ---- the wall

page.marquee = new Marquee(element("viewport"), {
	change(part) {
		if (document.activeElement !== element("part"))
			element("part").value = part_text(part);
		say_part("");
		acts.show();
	},
	tap: at => tell_pixel(at).catch(page.failed),
	cancel: () => acts.cancel(),
});
page.live = new Live(element("picture"), message => {
	const connection = element("connection");

	if (message.type === "wall") {
		element("viewport").style.setProperty("--aspect", message.width / message.height);
		page.marquee.resize(message.width, message.height);
	} else if (message.type === "figures") {
		connection.textContent = words.live(message.plugins.filter(({ open }) => open).length, message.pixels_per_second);
		connection.classList.remove("lost");
		show_notice(message.notice);
		show_frozen(message.notice.frozen);
		if (acts.chosen === "clear" || acts.chosen === "restore")
			acts.show();
	} else if (message.type === "lost") {
		connection.textContent = words.lost;
		connection.classList.add("lost");
	}
});

function say_part(text) {
	element("part-wrong").textContent = text;
	element("part").setAttribute("aria-invalid", text !== "");
}

element("part").addEventListener("input", () => {
	const part = parse_part(element("part").value), { wall } = page.marquee;

	if (!part)
		say_part(words.not_a_part);
	else if (!page.marquee.contains(part))
		say_part(words.outside(wall.width, wall.height));
	else
		page.marquee.set(part);
});
element("whole").addEventListener("click", () => {
	element("part").value = "";
	page.marquee.set({ x: 0, y: 0, ...page.marquee.wall });
	element("part").value = part_text(page.marquee.part);
});

element("grab").addEventListener("click", () => save_part(page.marquee.part)
	.then(file => say(words.saved(file)), page.failed));

for (const name of ["dragover", "drop"])
	element("viewport").addEventListener(name, event => {
		const [file] = event.dataTransfer.files;

		event.preventDefault(); // else the browser shows the file instead of the page
		if (file && page.has("paint"))
			acts.drop(file);
	});

// What a pixel is, and whose.
async function tell_pixel({ x, y }) {
	const row = element("pixel"), whose = element("whose");
	let who = {};

	if (page.has("who"))
		who = await ask("who", { point: `${x},${y}` }).catch(error => ({ source: error.message }));
	const when = who.when && clock(new Date(who.when));

	row.hidden = false;
	row.replaceChildren(whose);
	whose.textContent = words.pixel(x, y, page.live.colour(x, y)) +
		(who.source ? `, ${words.whose(who.source, who.protocol, when)}` : "");
	if (!who.protocol || !page.has("undo", "source"))
		return;
	const button = document.createElement("button");

	button.textContent = words.undo_source;
	button.addEventListener("click", () => acts.choose("undo", { source: who.source }));
	row.append(button);
	if (acts.chosen === "undo")
		acts.choose("undo", { source: who.source });
}

// ---- freeze all

function show_frozen(frozen) {
	const button = element("freeze"), [word, detail] = button.children;

	button.setAttribute("aria-pressed", frozen);
	word.textContent = frozen ? words.frozen : words.freeze;
	detail.textContent = frozen ? words.press_to_thaw : words.all_painting;
}

element("freeze").addEventListener("click", async () => {
	const frozen = element("freeze").getAttribute("aria-pressed") === "true";

	try {
		await (frozen ? acts.open("thaw") : acts.freeze_all());
		show_frozen(!frozen);
	} catch (error) {
		page.failed(error);
	}
	element("freeze").focus();
});

// ---- the screens

function show_screens({ display }) {
	const blank = display.blank === true, [word, detail] = element("blank").children;

	element("screens").hidden = display.blank === undefined || !page.has("blank"); // headless
	element("blank").setAttribute("aria-pressed", blank);
	word.textContent = blank ? words.screens_are_off : words.screens_off;
	detail.textContent = blank ? words.press_for_screens : words.until_pressed;
}

element("blank").addEventListener("click", async () => {
	const to = off => ["blank", { switch: off ? "on" : "off" }];
	const off = element("blank").getAttribute("aria-pressed") !== "true";

	try {
		await ask(...to(off));
		page.did(off ? words.done.screens_off : words.done.screens_on, [to(!off)]);
	} catch (error) {
		page.failed(error);
	}
	element("blank").focus();
});

// ---- notice, files

async function say_to_all(text, time) {
	const { notice } = await ask("status");
	const left = notice?.until && Math.max(Math.round((new Date(notice.until) - Date.now()) / 1000), 1);
	const before = notice ? { text: notice.text, ...(left && { for: `${left}s` }) } : {};

	await ask("notice", text ? { text, ...(time && { for: time }) } : {});
	page.did(text ? words.done.notice(text) : words.done.no_notice, [["notice", before]]);
}

element("say-form").addEventListener("submit", event => {
	event.preventDefault();
	say_to_all(element("say-text").value.trim(), element("say-for").value)
		.then(() => { element("say-text").value = ""; }, page.failed);
});
element("say-nothing").addEventListener("click", () => say_to_all("").catch(page.failed));

function tell_more(answer, tell) {
	answer.then(is => { element("more-said").textContent = tell(is); }, page.failed);
}

element("snapshot").addEventListener("click", () => tell_more(ask("snapshot"), is => words.written(is.written)));
element("reload").addEventListener("click", () => tell_more(ask("reload"), words.reloaded));

// ---- signing in

async function refresh() {
	if (!verbs.size || document.hidden)
		return;
	try {
		const status = await ask("status");

		element("say-nothing").hidden = !status.notice;
		ways.show(status);
		show_screens(status);
		await operators.show(status);
		await bans.refresh();
		await show_board();
	} catch (error) {
		if (error.error === "token")
			page.failed(error);
	}
}

function show_sections() {
	const shown = {
		"sign-in": !verbs.size,
		freeze: page.has("freeze"),
		acts: page.has("clear"),
		grab: page.has("grab"),
		log: page.has("undo"),
		sources: page.has("ban"),
		say: page.has("notice"),
		"ways-part": page.has("plugin"),
		more: page.has("snapshot"),
		board: verbs.size > 0,
		"sign-out": verbs.size > 0,
	};

	for (const [id, is_shown] of Object.entries(shown))
		element(id).hidden = !is_shown;
	acts.show_tabs();
}

function sign_out(why) {
	keep_token(null);
	verbs.clear();
	acts.cancel();
	if (element("ban-dialog").open)
		element("ban-dialog").close();
	show_sections();
	element("sign-in-said").textContent = why;
	element("token").focus();
}

async function sign_in() {
	try {
		for (const { verb, args } of (await ask("verbs")).verbs)
			verbs.set(verb, args.replaceAll("?", "").split(" "));
	} catch (error) {
		if (error.error === "token")
			sign_out(error.message);
		else
			element("sign-in-said").textContent = error.message;
		return;
	}
	element("token").value = element("sign-in-said").textContent = "";
	show_sections();
	refresh();
}

element("token-form").addEventListener("submit", event => {
	event.preventDefault();
	keep_token(element("token").value);
	sign_in();
});
element("sign-out").addEventListener("click", () => sign_out(""));
translate();
start_board();
if (token())
	await sign_in();
else
	show_sections();
setInterval(refresh, REFRESH_MS);
