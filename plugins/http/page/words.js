// SPDX-License-Identifier: MIT
// The page's words in the visitor's language: ?lang=, what was chosen before, the
// config's, or the browser's.
// Another language is another words-XX.js, named here and in local.mk.

const LANGUAGES = ["en", "de"];

// The colours that have names; of any other, the nearest one's.
const NAMED = ["ffffff", "d4d7d9", "898d90", "000000", "9c6926", "ff99aa", "b44ac0", "811e9f",
	"51e9f4", "3690ea", "2450a4", "7eed56", "00a368", "ffd635", "ffa800", "ff4500"];

function wished() {
	const asked = new URLSearchParams(location.search).get("lang");

	if (LANGUAGES.includes(asked))
		localStorage.setItem("murald-language", asked);
	return [localStorage.getItem("murald-language"), document.documentElement.dataset.language, ...navigator.languages]
		.map(name => name?.slice(0, 2)).find(name => LANGUAGES.includes(name)) || "en";
}

export const language = wished();
export const other_languages = LANGUAGES.filter(name => name !== language);

const { words } = await import(`./words-${language}.js`);

export const t = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
// What a way to paint is, for somebody who has never heard of its protocol; a plugin that is not
// murald's own speaks for itself.
export const way_summary = ({ module, summary }) => words[`way_${module}`] ?? summary;

export const number = value => value.toLocaleString(language);
export const watching = n => t(n === 1 ? "watching_one" : "watching", { n: number(n) });
export const clock = (ms, seconds) => new Date(ms).toLocaleTimeString(language,
	{ hour: "2-digit", minute: "2-digit", second: seconds, hourCycle: "h23" });
export const moment_text = ms => new Date(ms).toLocaleString(language,
	{ dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });

export const channels = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

// The index of the nearest colour "#rrggbb"; the eye sees most of a difference in green.
export function nearest(colours, hex) {
	const [r, g, b] = channels(hex);
	const away = colours.map(channels)
		.map(([s, h, c]) => 3 * (r - s) ** 2 + 4 * (g - h) ** 2 + 2 * (b - c) ** 2);

	return away.indexOf(Math.min(...away));
}

const named = NAMED.map(name => `#${name}`);

export const colour_name = hex => words.names[nearest(named, hex)];

// Fills in what the page's elements say (data-t), and are called (data-l).
export function translate() {
	document.documentElement.lang = language;
	for (const element of document.querySelectorAll("[data-t]"))
		element.textContent = t(element.dataset.t);
	for (const element of document.querySelectorAll("[data-l]"))
		for (const name of ["aria-label", "title"])
			element.setAttribute(name, t(element.dataset.l));
}
