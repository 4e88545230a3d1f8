// SPDX-License-Identifier: MIT
// Drives one page of Chromium: a line of JSON in, a line of JSON out (browser.py).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const PATIENCE_MS = 120000; // with a browser that hangs; one on a busy machine takes more than half a minute for a click
const need = createRequire(`${process.env.MODULES}/`);
const { chromium } = need("playwright-core");
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM,
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let page, errors = [];

// Fingers [from, to], which come one after the other and move together.
async function touch(fingers) {
	const session = await page.context().newCDPSession(page);
	const send = (type, points) => session.send("Input.dispatchTouchEvent",
		{ type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });

	for (let n = 1; n <= fingers.length; n++)
		await send("touchStart", fingers.slice(0, n).map(([from]) => from));
	for (const part of [0.2, 0.6, 1])
		await send("touchMove", fingers.map(([from, to]) => [0, 1].map(i => from[i] + (to[i] - from[i]) * part)));
	for (let n = fingers.length; n-- > 0;)
		await send("touchEnd", fingers.slice(0, n).map(([, to]) => to));
	await session.detach();
}

const file_of = ({ name, base64 }) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(base64, "base64") });

const verbs = {
	// Instead of the page before.
	async open({ what, ...options }) {
		await page?.context().close();
		const context = await browser.newContext(options);

		context.setDefaultTimeout(PATIENCE_MS);
		page = await context.newPage();
		page.on("pageerror", error => errors.push(String(error)));
		page.on("console", message => {
			if (message.type() === "error")
				errors.push(message.text());
		});
	},
	// Runs before the scripts of each page that comes.
	before: ({ code }) => page.addInitScript(code),
	goto: ({ url }) => page.goto(url).then(() => null),
	eval: ({ code, frame = 0 }) => page.frames()[frame].evaluate(code),
	click: ({ x, y }) => page.mouse.click(x, y),
	tap: ({ x, y }) => page.touchscreen.tap(x, y),
	press: ({ key }) => page.keyboard.press(key),
	press_element: ({ selector, how }) => page[how](selector),
	choose_file: ({ selector, ...file }) => page.setInputFiles(selector, file_of(file)),
	// an element that opens the dialog for a file, which is chosen there
	async choose_in_dialog({ selector, how, ...file }) {
		const [dialog] = await Promise.all([page.waitForEvent("filechooser"), page[how](selector)]);

		await dialog.setFiles(file_of(file));
	},
	// as another program does: a picture on the clipboard, and Ctrl+V
	async paste({ base64 }) {
		await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
		await page.evaluate(async text => {
			const blob = new Blob([Uint8Array.from(atob(text), letter => letter.charCodeAt(0))], { type: "image/png" });

			await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
		}, base64);
		await page.keyboard.press("Control+V");
	},
	async clipboard() {
		await page.context().grantPermissions(["clipboard-read"]);
		return page.evaluate(() => navigator.clipboard.readText());
	},
	// an element that saves a file: its name, and what is in it
	async download({ selector, how }) {
		const [download] = await Promise.all([page.waitForEvent("download"), page[how](selector)]);

		return [download.suggestedFilename(), readFileSync(await download.path()).toString("base64")];
	},
	keys: ({ text }) => page.keyboard.type(text),
	wheel: async ({ x, y, by }) => {
		await page.mouse.move(x, y);
		await page.mouse.wheel(0, by);
	},
	drag: async ({ from, to }) => {
		await page.mouse.move(...from);
		await page.mouse.down();
		await page.mouse.move(...to, { steps: 5 });
		await page.mouse.up();
	},
	swipe: ({ from, to }) => touch([[from, to]]),
	// with two fingers, each from a place to another
	pinch: ({ fingers }) => touch(fingers),
	// As large as visitors have set their browser to, in pixels.
	async letters({ size }) {
		const session = await page.context().newCDPSession(page);

		await session.send("Page.setFontSizes", { fontSizes: { standard: size, fixed: Math.round(size * 13 / 16) } });
		await session.detach();
	},
	colours: ({ scheme }) => page.emulateMedia({ colorScheme: scheme }),
	screenshot: ({ path, full }) => page.screenshot({ path, fullPage: full }).then(() => null),
	// Bytes, after rubbish was collected.
	async heap() {
		const session = await page.context().newCDPSession(page);

		await session.send("HeapProfiler.collectGarbage");
		const { usedSize, backingStorageSize } = await session.send("Runtime.getHeapUsage");
		await session.detach();
		return { used: usedSize, buffers: backingStorageSize };
	},
	async axe() {
		await page.evaluate(readFileSync(need.resolve("axe-core/axe.min.js"), "utf8"));
		const { violations } = await page.evaluate("axe.run()");

		return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(node => node.html).join(" ")}`);
	},
};

for await (const line of createInterface({ input: process.stdin })) {
	const request = JSON.parse(line);
	const answer = await Promise.resolve(verbs[request.what](request))
		.then(value => ({ value }), error => ({ failed: String(error) }));

	console.log(JSON.stringify({ ...answer, errors: errors.splice(0) }));
}
await browser.close();
