// SPDX-License-Identifier: MIT
// The words of a second screen in each language.

import { language } from "./words.js";

const languages = {
	en: {
		how: "or type",
		rate: "pixels a second",
		sleep: "This browser cannot keep the screen awake: switch the machine's own sleep off.",
	},
	de: {
		how: "oder tippe",
		rate: "Pixel je Sekunde",
		sleep: "Dieser Browser kann den Bildschirm nicht wach halten: schalte das Schlafen des Rechners ab.",
	},
};

export const w = key => languages[language][key];
