// SPDX-License-Identifier: MIT
// The bar under the header: what the operator says to all, and whether the wall is paused.

// Takes the notice of a {type: "figures"} message.
export function show_notice({ text, until, frozen }) {
	const bar = document.getElementById("notice");
	const time = new Date(until * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
	const parts = [
		frozen ? "Paused: nobody can paint at the moment." : "",
		text,
		text && until ? `(until ${time})` : "",
	];
	const words = parts.filter(part => part).join(" ");

	if (bar.textContent !== words) // readers speak each change
		bar.textContent = words;
}
