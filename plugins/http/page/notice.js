// SPDX-License-Identifier: MIT
// The bar under the header: what the operator says to all, and whether the wall is paused.

import { clock, t } from "./words.js";

// Takes the notice of a {type: "figures"} message.
export function show_notice({ text, until, frozen }) {
	const bar = document.getElementById("notice");
	const parts = [
		frozen ? t("paused") : "",
		text,
		text && until ? t("notice_until", { t: clock(until * 1000) }) : "",
	];
	const words = parts.filter(part => part).join(" ");

	if (bar.textContent !== words) // readers speak each change
		bar.textContent = words;
}
