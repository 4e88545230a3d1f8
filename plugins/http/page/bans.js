// SPDX-License-Identifier: MIT
// Who paints most, and who may not: the top list, the ban dialog, the bans.

import { clock, number, words } from "./admin-words.js";
import { ask } from "./ask.js";

const STABLE_MS = 2000; // the list does not move under a finger

const element = id => document.getElementById(id);
const make = (name, values = {}) => Object.assign(document.createElement(name), values);

// The eight groups of an IPv6 address; null: it is none.
function groups_of(address) {
	let host;

	try {
		host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
	} catch {
		return null;
	}
	const [head, tail] = host.split("::").map(side => side ? side.split(":") : []);

	return tail ? [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail] : head;
}

// An address or network as 4 or 6 and its first bits; null: it is neither.
function bits_of(text) {
	const [address, length] = text.trim().split("/");
	const four = /^\d+(\.\d+){3}$/.test(address) ? address.split(".").map(Number) : null;
	const six = address.includes(":") ? groups_of(address) : null;
	const all = four ? "4" + four.map(part => part.toString(2).padStart(8, "0")).join("")
		: six ? "6" + six.map(group => parseInt(group, 16).toString(2).padStart(16, "0")).join("") : null;

	return all && length !== undefined ? all.slice(0, 1 + Number(length)) : all;
}

export class Bans {
	// `page` has: has(verb), did(text, back), failed(error).
	constructor(page) {
		this.page = page;
		this.top = [];
		this.stable_until = 0;
		for (const name of ["pointerdown", "pointermove", "focusin"])
			element("top-part").addEventListener(name, () => { this.stable_until = Date.now() + STABLE_MS; });
		element("ban").addEventListener("click", () => this.open(""));
		element("ban-cancel").addEventListener("click", () => element("ban-dialog").close());
		element("ban-form").addEventListener("submit", event => {
			event.preventDefault();
			this.ban();
		});
		for (const id of ["ban-net", "ban-for", "ban-paint", "ban-out"])
			element(id).addEventListener("input", () => this.show_hits());
	}

	sources() {
		return this.top.map(({ source }) => source);
	}

	async refresh() {
		if (this.page.has("top"))
			this.show_top((await ask("top")).sources);
		if (this.page.has("bans"))
			this.show_bans((await ask("bans")).bans);
	}

	// ---- the lists

	show_top(sources) {
		element("top-part").hidden = false;
		if (Date.now() < this.stable_until || element("top").contains(document.activeElement))
			return;
		this.top = sources;
		element("top").replaceChildren(...sources.map(source => this.row(source)));
	}

	row({ source, protocol, pixels, connections, at_least }) {
		const row = make("tr"), name = make("th", { scope: "row", textContent: source });
		const rest = [protocol, connections ? words.connections(connections) : "", at_least ? words.at_least : ""];
		const act = make("td");

		name.append(make("small", { textContent: rest.filter(text => text).join("; ") }));
		if (bits_of(source)) {
			const button = make("button", { type: "button", textContent: words.ban });

			button.setAttribute("aria-label", words.ban_source(source));
			button.addEventListener("click", () => this.open(source));
			act.append(button);
		}
		row.append(name, make("td", { className: "number", textContent: number(pixels) }), act);
		return row;
	}

	show_bans(bans) {
		const text = JSON.stringify(bans);

		if (text === this.shown) // else the button that has the focus would be lost
			return;
		this.shown = text;
		element("bans").replaceChildren(...bans.map(ban => this.item(ban)));
		if (!bans.length)
			element("bans").append(make("li", { textContent: words.no_bans }));
	}

	item(ban) {
		const item = make("li");
		const button = make("button", { type: "button", textContent: words.unban });
		const rest = [ban.why, ban.out ? words.banned_out : "",
			ban.until ? words.banned_until(clock(new Date(ban.until))) : ""];

		button.setAttribute("aria-label", words.unban_net(ban.net));
		button.addEventListener("click", () => this.unban(ban).catch(this.page.failed));
		item.append([ban.net, ...rest.filter(text => text)].join(", "), " ", button);
		return item;
	}

	// ---- the dialog

	open(net) {
		element("ban-form").reset();
		element("ban-net").value = net;
		this.show_hits();
		element("ban-dialog").showModal();
	}

	// Whom it would be, as far as they paint now.
	show_hits() {
		const net = element("ban-net").value.trim(), bits = bits_of(net);
		const hit = bits === null ? [] : this.sources().filter(source => bits_of(source)?.startsWith(bits));

		this.again = {};
		element("ban-do").textContent = words.ban_do;
		element("ban-effect").textContent = net && this.page.has("top") ? words.ban_hits(net, hit) : "";
	}

	async ban() {
		const net = element("ban-net").value.trim(), time = element("ban-for"), why = element("ban-why").value.trim();
		const with_ = { net, ...(time.value && { for: time.value }), ...(why && { why }),
			...(element("ban-out").checked && { out: true }), ...this.again };

		element("ban-do").disabled = true;
		try {
			const before = (await ask("bans")).bans.find(ban => ban.net === net);

			await ask("ban", with_);
			element("ban-dialog").close();
			this.page.did(words.done.ban(net, time.value && time.selectedOptions[0].textContent),
				[before ? this.as_before(before) : ["unban", { net }]]);
		} catch (error) {
			this.again = error.again ?? {};
			element("ban-do").textContent = error.again ? words.ban_really : words.ban_do;
			element("ban-effect").textContent = error.again
				? words.ban_doubt(error.message) : words.not_done(error.message);
		}
		element("ban-do").disabled = false;
	}

	// The question that bans again for what is left of its time.
	as_before({ net, until, why, out }) {
		const left = until && Math.max(Math.round((new Date(until) - Date.now()) / 1000), 1);

		return ["ban", { net, ...(left && { for: `${left}s` }), ...(why && { why }), ...(out && { out }), really: true }];
	}

	async unban(ban) {
		const { still_banned } = await ask("unban", { net: ban.net });

		this.page.did(words.done.unban(ban.net, still_banned), [this.as_before(ban)]);
	}
}
