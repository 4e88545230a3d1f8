// SPDX-License-Identifier: MIT
// The admin page: sets the board's rate, enables and disables it, removes generators.

const element = id => document.getElementById(id);

async function show() {
	const settings = await (await fetch("/settings")).json();

	element("now").textContent = `The board of ${settings.width}×${settings.height} cells is ` +
		`${settings.enabled ? "on" : "off"}; ${settings.pixel_rate} ms between two pixels; ` +
		`pixels so far: ${settings.stats.pixels.toLocaleString()}.`;
	if (document.activeElement !== element("rate"))
		element("rate").value = settings.pixel_rate;
}

async function change(path, values) {
	const answer = await fetch(path, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ ...values, token: element("token").value }),
	}).catch(() => null);

	element("result").textContent = !answer ? "The wall cannot be reached."
		: answer.ok ? "Done."
		: answer.status === 401 ? "Wrong admin token, or none is set in murald.conf."
		: `The board answered ${answer.status}.`;
	if (answer && answer.ok) // else what was typed stays
		await show();
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
		element("result").textContent = `${removed} removed.`;
	} while (said.left > 0);
}

element("token-form").addEventListener("submit", event => event.preventDefault());
element("rate-form").addEventListener("submit", event => {
	event.preventDefault();
	change("/changePixelRate", { new_rate: Number(element("rate").value) });
});
element("remove-form").addEventListener("submit", remove);
element("enable").addEventListener("click", () => change("/enableBoard", {}));
element("disable").addEventListener("click", () => change("/disableBoard", {}));
await show();
setInterval(show, 5000);
