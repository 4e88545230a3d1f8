// SPDX-License-Identifier: MIT
// Shows commands that paint the tapped pixel, by each plugin that is open.

import { copy } from "./place.js";
import { t, way_summary } from "./words.js";

const make = (name, values = {}) => Object.assign(document.createElement(name), values);

async function copy_command(text, code, button) {
	button.textContent = t(await copy(text, code) ? "copied" : "selected");
	setTimeout(() => { button.textContent = t("copy"); }, 2000);
}

// Lines break between its words only, where these are short enough: not behind a hyphen.
function make_code(text) {
	const code = make("code");

	text.split(" ").forEach((word, i) => code.append(i ? " " : "", make("span", { textContent: word })));
	return code;
}

// A command, below a line that says what it is for, with a button that copies it.
function command(name, title, text) {
	const head = make("div", { className: "head" }), code = make_code(text);
	const button = make("button", { textContent: t("copy") });

	button.setAttribute("aria-label", t("copy_for", { n: name }));
	button.addEventListener("click", () => copy_command(text, code, button));
	head.append(title, button);
	return [head, code];
}

function card(hint) {
	const article = make("article", { className: "card" }), title = make("h3", { textContent: hint.name });
	const [first, ...others] = hint.commands;
	const [head, code = ""] = first ? command(hint.name, title, first) : [title];

	article.dataset.name = hint.name;
	article.append(head, make("p", { textContent: way_summary(hint) }), make("p", { className: "state" }), code);
	for (const text of others)
		article.append(...command(hint.name, make("p", { textContent: t("id_note") }), text));
	return article;
}

let newest = 0;
const states = new Map(); // from an instance's name to what it says

function tell_states() {
	for (const article of document.querySelectorAll("#cards .card")) {
		const state = article.querySelector(".state");

		state.textContent = states.get(article.dataset.name) || "";
		state.hidden = !state.textContent;
	}
}

// Takes a {type: "figures"} message.
export function show_states(figures) {
	for (const { name, state } of figures.plugins)
		states.set(name, state);
	tell_states();
}

// What the reader's own machine takes, as far as the browser tells.
function guess_system() {
	if (/Windows/.test(navigator.userAgent))
		return "windows";
	return /Mac OS|BSD/.test(navigator.userAgent) ? "bsd" : "linux";
}

const system = document.getElementById("ways-system");
let shown = null;

system.value = guess_system();
system.addEventListener("change", () => shown && show_hints(...shown).catch(() => {}));

// Fetches them from the server, which knows its own addresses.
export async function show_hints(at, colour) {
	const turn = ++newest;

	shown = [at, colour];
	const answer = await fetch(`/invite?x=${at.x}&y=${at.y}&color=${colour}&system=${system.value}`);
	const { ways: hints } = await answer.json();

	if (turn !== newest)
		return;
	document.getElementById("ways-where").textContent = t("where", at);
	document.getElementById("cards").replaceChildren(...hints.map(card));
	tell_states();
}
