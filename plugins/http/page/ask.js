// SPDX-License-Identifier: MIT
// Asks the wall as its operator: POST /admin/api/VERB with the token, which this tab keeps.

import { reason, words } from "./admin-words.js";

const KEY = "murald-admin-token";

export const token = () => sessionStorage.getItem(KEY);

export function keep_token(text) {
	if (text)
		sessionStorage.setItem(KEY, text);
	else
		sessionStorage.removeItem(KEY);
}

// What went wrong: `error` is the wall's word, or "token" or "unreachable"; `again` are the
// arguments with which it would be done.
export class Refused extends Error {
	constructor(error, why, again) {
		super(why);
		Object.assign(this, { error, again });
	}
}

// Who mistyped the token once waits so many seconds unasked.
const PATIENCE_S = 2;

const seconds = s => new Promise(done => setTimeout(done, s * 1000));

// The answer of a verb; throws Refused.
export async function ask(verb, with_ = {}, waited = false) {
	const response = await fetch(`/admin/api/${verb}`, {
		method: "POST",
		headers: { Authorization: `Bearer ${token() ?? ""}`, "Content-Type": "application/json" },
		body: JSON.stringify(with_),
	}).catch(() => null);

	if (!response)
		throw new Refused("unreachable", words.unreachable);
	if (response.status === 401)
		throw new Refused("token", words.wrong_token);
	if (response.status === 429) {
		const wait = Number(response.headers.get("Retry-After"));

		if (waited || wait > PATIENCE_S)
			throw new Refused("token", words.too_many_tokens(wait));
		await seconds(wait);
		return ask(verb, with_, true);
	}
	const answer = await response.json().catch(() => null);

	if (answer?.is)
		return answer.is;
	throw new Refused(answer?.error ?? "failed",
		answer?.why ? reason(answer.why) : words.answered(response.status), answer?.again);
}
