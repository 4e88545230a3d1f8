// SPDX-License-Identifier: MIT
// Shows commands that paint the tapped pixel, by each plugin that is open.

import { copy } from "./place.js";
import { t } from "./words.js";

async function copy_command(text, button) {
	button.textContent = t(await copy(text, button.previousElementSibling) ? "copied" : "selected");
	setTimeout(() => { button.textContent = t("copy"); }, 2000);
}

function command(name, text) {
	const row = document.createElement("div"), code = document.createElement("code");
	const button = document.createElement("button");

	row.className = "command";
	code.textContent = text;
	button.textContent = t("copy");
	button.setAttribute("aria-label", t("copy_for", { n: name }));
	button.addEventListener("click", () => copy_command(text, button));
	row.append(code, button);
	return row;
}

function card(hint) {
	const article = document.createElement("article"), title = document.createElement("h3");
	const summary = document.createElement("p"), state = document.createElement("p");

	article.className = "card";
	article.dataset.name = hint.name;
	title.textContent = hint.name;
	summary.textContent = hint.summary;
	state.className = "state";
	article.append(title, summary, state);
	for (const text of hint.commands)
		article.append(command(hint.name, text));
	if (hint.commands.length > 1) {
		const note = document.createElement("p");

		note.textContent = t("id_note");
		article.append(note);
	}
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
