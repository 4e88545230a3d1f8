// SPDX-License-Identifier: MIT
// The words of the film in each language.

import { language } from "./words.js";

const languages = {
	en: {
		title: "Film of the wall",
		play: "Play",
		pause: "Pause",
		time: "Time in the film",
		span: "Show",
		hour: "the last hour",
		night: "all of it",
		speed: "Speed",
		times: "{n} times",
		part: "Part",
		whole: "the whole wall",
		screen: "what I see above",
		save: "Save as video",
		stop: "Stop saving",
		gif: "Save as GIF",
		loading: "Loading the film …",
		failed: "The film is not available at the moment; try again.",
		empty: "Nothing was recorded in that time.",
		saving: "Saving: {n} %. It takes as long as the film; keep this page in front.",
		saved: "Saved.",
		stopped: "Not saved: this page was not in front.",
	},
	de: {
		title: "Film der Wand",
		play: "Abspielen",
		pause: "Anhalten",
		time: "Zeit im Film",
		span: "Zeige",
		hour: "die letzte Stunde",
		night: "alles",
		speed: "Tempo",
		times: "{n}-fach",
		part: "Ausschnitt",
		whole: "die ganze Wand",
		screen: "was ich oben sehe",
		save: "Als Video sichern",
		stop: "Sichern abbrechen",
		gif: "Als GIF sichern",
		loading: "Der Film wird geladen …",
		failed: "Den Film gibt es gerade nicht; bitte noch einmal versuchen.",
		empty: "In dieser Zeit wurde nichts aufgezeichnet.",
		saving: "Sichern: {n} %. Das dauert so lange wie der Film; lass diese Seite vorn.",
		saved: "Gesichert.",
		stopped: "Nicht gesichert: diese Seite war nicht vorn.",
	},
};

export const w = (key, values = {}) =>
	languages[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
