// SPDX-License-Identifier: MIT
// Shows timelapses, and the wall at an earlier time.

import { moment_text, t } from "./words.js";

// The span of the recording; null: not available.
async function recorded() {
	const answer = await fetch("/history");

	return answer.ok ? answer.json() : null;
}

// `view` is what the visitor sees of the wall.
export async function show_history(view) {
	const picture = document.getElementById("past-picture");
	const moment = document.getElementById("moment");
	const time = document.getElementById("moment-time");
	const show = (address, alt) => {
		picture.src = address;
		picture.alt = alt;
		picture.hidden = false;
	};
	let wait;

	document.getElementById("board-timelapse").addEventListener("click",
		() => show(`/timelapse?${Date.now()}`, t("film_board")));
	const record = await recorded();
	if (!record || !record.moments)
		return;
	const whole = document.getElementById("wall-timelapse");
	const at = () => record.first + (Date.now() / 1000 - record.first) * moment.value / moment.max;

	whole.hidden = document.getElementById("look-back").hidden = false;
	whole.addEventListener("click", async () => {
		whole.hidden = picture.hidden = true;
		const { open_film } = await import("./film.js");

		open_film(whole.closest("section"), await recorded(), view);
	}, { once: true });
	moment.addEventListener("input", () => {
		const when = new Date(at() * 1000);
		const said = moment_text(when);

		time.textContent = said;
		moment.setAttribute("aria-valuetext", said);
		clearTimeout(wait);
		wait = setTimeout(() => show(`/history?at=${when.getTime() / 1000}`,
			t("past_at", { t: said })), 200);
	});
}
