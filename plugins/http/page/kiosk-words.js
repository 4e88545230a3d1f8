// SPDX-License-Identifier: MIT
// The words of a second screen in each language.

import { language } from "./words.js";

const languages = {
	en: {
		how: "or type",
		rate: "pixels a second",
		sleep: "Please turn this machine's sleep off.",
	},
	de: {
		how: "oder tippe",
		rate: "Pixel je Sekunde",
		sleep: "Ruhezustand des Rechners bitte abschalten.",
	},
};

export const w = key => languages[language][key];
