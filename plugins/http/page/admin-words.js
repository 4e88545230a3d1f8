// SPDX-License-Identifier: MIT
// The words of the operator's page, in English or in German as the wall's page chooses.

import { clock as clock_of, language } from "./words.js";

export { number } from "./words.js";

export const clock = date => clock_of(date, "2-digit");

export const { words, html, reasons = [] } = await import(`./admin-words-${language}.js`);

const literally = text => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const known = reasons.map(([english, own]) => ({
	pattern: new RegExp(`^${english.split("{}").map(literally).join("(.*)")}$`), own,
}));

// A reason that the wall gave in English, in the language; as it is if it has no words for it.
export function reason(text) {
	const { pattern, own } = known.find(({ pattern }) => pattern.test(text)) ?? {};
	const [, ...parts] = pattern?.exec(text) ?? [];

	return own?.replaceAll("{}", () => reason(parts.shift())) ?? text;
}

const NAMES = ["aria-label"];

// Puts what the HTML says in English into the language.
export function translate() {
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);

	document.documentElement.lang = language;
	if (!html)
		return;
	document.title = html[document.title];
	while (texts.nextNode()) {
		const { data } = texts.currentNode, text = data.trim();

		if (html[text])
			texts.currentNode.data = data.replace(text, html[text]);
	}
	for (const name of NAMES)
		for (const element of document.querySelectorAll(`[${name}]`))
			element.setAttribute(name, html[element.getAttribute(name)] ?? element.getAttribute(name));
}
