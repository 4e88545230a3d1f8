// SPDX-License-Identifier: MIT
// The page of /servers, which board/leaderboard.c makes, in the visitor's language.

import { language, number } from "./words.js";

const words = {
	en: {
		who: "who paints the board",
		name: "Name",
		author: "Author",
		pixels: "Pixels",
		nothing: "Changed nothing",
		more: "and {n} more that painted less",
		guest: "and one guest of this page: {p} pixels",
		guests: "and {n} guests of this page: {p} pixels",
		links: "More",
		wall: "The wall",
		operator: "For the operator",
	},
	de: {
		who: "wer das Brett bemalt",
		name: "Name",
		author: "Von",
		pixels: "Pixel",
		nothing: "Änderten nichts",
		more: "und {n} weitere, die weniger malten",
		guest: "und ein Gast dieser Seite: {p} Pixel",
		guests: "und {n} Gäste dieser Seite: {p} Pixel",
		links: "Mehr",
		wall: "Die Wand",
		operator: "Für die Leitung",
	},
}[language];

document.documentElement.lang = language;
for (const element of document.querySelectorAll("[data-t]"))
	element.textContent = words[element.dataset.t]
		.replace(/\{(\w+)\}/g, (_, name) => number(Number(element.dataset[name])));
for (const element of document.querySelectorAll("[data-l]"))
	element.setAttribute("aria-label", words[element.dataset.l]);
for (const element of document.querySelectorAll("td.number"))
	element.textContent = number(Number(element.textContent));
