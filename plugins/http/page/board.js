// SPDX-License-Identifier: MIT
// The pixel board's part of the operator's page: its rate, on and off, its generators.

import { words } from "./admin-words.js";
import { token } from "./ask.js";

const element = id => document.getElementById(id);

let shown = ""; // in the field, unless something else was typed

export async function show_board() {
	const settings = await (await fetch("/settings")).json();

	element("now").textContent = words.board_now(settings);
	if (element("rate").value === shown)
		element("rate").value = settings.pixel_rate;
	shown = String(settings.pixel_rate);
}

async function change(path, values) {
	const answer = await fetch(path, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ ...values, token: token() }),
	}).catch(() => null);

	element("result").textContent = !answer ? words.unreachable
		: answer.ok ? words.board_done
		: answer.status === 401 ? words.wrong_token
		: words.board_answered(answer.status);
	if (answer?.ok) // else what was typed stays
		await show_board();
	return answer;
}

// As often as the board says that some are left.
async function remove(event) {
	const values = {};
	let removed = 0, said;

	event.preventDefault();
	for (const key of ["author", "name", "idle"])
		if (element(`remove-${key}`).value !== "")
			values[key] = element(`remove-${key}`).value;
	do {
		const answer = await change("/removeGenerators", values);

		if (!answer?.ok)
			return;
		said = await answer.json();
		removed += said.removed;
		element("result").textContent = words.removed(removed);
	} while (said.left > 0);
}

export function start_board() {
	element("rate-form").addEventListener("submit", event => {
		event.preventDefault();
		change("/changePixelRate", { new_rate: Number(element("rate").value) });
	});
	element("remove-form").addEventListener("submit", remove);
	element("enable").addEventListener("click", () => change("/enableBoard", {}));
	element("disable").addEventListener("click", () => change("/disableBoard", {}));
}
