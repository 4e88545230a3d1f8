// SPDX-License-Identifier: MIT
// For a second screen (?kiosk): the wall, how to join, and how fast it goes.  Nothing to touch;
// the screen stays awake, where the browser can see to that.

import { make } from "./dom.js";
import { w } from "./kiosk-words.js";
import { number, t } from "./words.js";

// How long it says that the machine's own sleep is to be switched off.
const SAID_MS = 15000;

// The shortest command that paints by itself, in the middle.
async function find_command({ width, height }) {
	const { ways } = await (await fetch(`/invite?x=${width >> 1}&y=${height >> 1}&color=ff8000`)).json();
	const lone = ways.filter(way => way.commands.length === 1).map(way => way.commands[0])
		.filter(text => !text.includes("://")); // that is an address

	return lone.sort((one, other) => one.length - other.length)[0] || "";
}

async function stay_awake(line) {
	try {
		await navigator.wakeLock.request("screen");
	} catch {
		// without https there is none
		if (line.is_saying)
			return;
		const before = [...line.childNodes];

		line.is_saying = true;
		line.textContent = w("sleep");
		setTimeout(() => {
			line.replaceChildren(...before);
			line.is_saying = false;
		}, SAID_MS);
	}
}

// `page` is /page.json, `live` the wall's connection.
export async function show_kiosk(page, live) {
	const rate = make("strong", { textContent: number(0) }), line = make("p");
	const code = make("img", { src: "/qr.svg", alt: page.url, onerror: () => { code.hidden = true; } });

	document.head.append(make("link", { rel: "stylesheet", href: "/static/kiosk.css" }));
	const strip = make("section", { id: "kiosk" }, code,
		make("div", {}, make("h1", { textContent: page.title || "murald" }), make("p", { textContent: page.url }), line),
		make("p", { className: "rate" }, rate, make("br"), w("rate")));

	strip.setAttribute("aria-label", t("ways"));
	document.querySelector("main").append(strip);
	live.listen(message => {
		if (message.type === "figures")
			rate.textContent = number(message.pixels_per_second);
	});
	const command = await find_command(live.wall).catch(() => "");
	if (command)
		line.append(`${w("how")} `, make("code", { textContent: command }));
	document.addEventListener("visibilitychange", () => document.hidden || stay_awake(line));
	await stay_awake(line);
}
