// SPDX-License-Identifier: MIT
// Shows the wall, as soon as can be: all that is loaded before the first picture.  The rest of
// the page, main.js, comes after it.

import { Live } from "./live.js";
import { Render } from "./render.js";
import { View } from "./view.js";

// The rest comes without a picture, too, so that it can say why there is none.
const PATIENCE_MS = 3000;

// For a second screen, without what is for one's hand.
document.body.classList.toggle("kiosk", new URLSearchParams(location.search).has("kiosk"));

const element = id => document.getElementById(id);

function around() {
	return getComputedStyle(document.body).getPropertyValue("--around").trim();
}

// What the rest needs to know: /page.json, asked for once.
let asked;

export function settings() {
	return asked ||= fetch("/page.json");
}

// Loads the rest and, at the same time, these.
function load() {
	if (!asked)
		performance.mark("first picture");
	settings();
	import("./main.js");
}

// What the view tells; main.js says what a tap means, and the others.
export const on = { view() {}, hover() {}, tap() {}, press() {}, end() {}, key: () => false };
export const render = new Render(element("picture"), around());
export const view = new View(element("viewport"), element("picture"), render, on);
export const live = new Live(render, message => {
	if (message.type === "wall") {
		view.begin(message.width, message.height);
		document.documentElement.style.setProperty("--aspect", message.width / message.height);
	} else if (message.type === "frame") {
		view.draw();
		load();
	} else if (message.type === "lost") {
		load();
	}
}, globalThis.early);

setTimeout(load, PATIENCE_MS);
matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
	render.around = around();
	view.redraw();
});
