// SPDX-License-Identifier: MIT
// Makes the elements of what is loaded only when it is used.

export function make(name, values = {}, ...children) {
	const element = Object.assign(document.createElement(name), values);

	element.append(...children);
	return element;
}

// `options` are [value, text]; `tell` is called with a value.
export function choice(label, options, tell) {
	const select = make("select", { onchange: () => tell(select.value) },
		...options.map(([value, text]) => make("option", { value, textContent: text })));

	return make("label", {}, `${label} `, select);
}
