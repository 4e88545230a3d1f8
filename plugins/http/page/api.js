// SPDX-License-Identifier: MIT
// Shows /openapi.json: each operation with what it takes and answers, and examples to copy.

const element = id => document.getElementById(id);

function make(name, values = {}, ...children) {
	const made = Object.assign(document.createElement(name), values);

	made.append(...children);
	return made;
}

// The address of an operation's example, and what is sent to it.
function request_of(path, method, operation) {
	const parameters = operation.parameters ?? [];
	const query = parameters.filter(({ in: where, required, example }) =>
		where === "query" && (required || example === "ID"));
	const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
		parameters.find(parameter => parameter.name === name).example);
	const search = query.map(({ name, example }) => `${name}=${encodeURIComponent(example)}`).join("&");
	const [content] = Object.values(operation.requestBody?.content ?? {});
	const example = content?.example;

	return { method: method.toUpperCase(), url: location.origin + filled + (search && `?${search}`),
		body: example === undefined ? null : typeof example === "string" ? example : JSON.stringify(example),
		json: typeof example === "object", token: operation.security ? "TOKEN" : null };
}

const shell = text => `'${text.replaceAll("'", "'\\''")}'`;
const is_socket = operation => "101" in operation.responses && "426" in operation.responses;
const is_binary = operation => !("application/json" in (operation.responses["200"]?.content ?? {}));

const examples = {
	curl({ method, url, body, json, token }, operation) {
		if (is_socket(operation))
			return `websocat ${url.replace("http", "ws")}`;
		return ["curl", method === "GET" ? "" : `-X ${method}`, token ? `-H ${shell(`Authorization: Bearer ${token}`)}` : "",
			body === null ? "" : `${json ? "-H 'Content-Type: application/json' " : ""}-d ${shell(body)}`,
			is_binary(operation) && method === "GET" ? "-O" : "", shell(url)].filter(Boolean).join(" ");
	},

	python({ method, url, body, json, token }, operation) {
		const fields = [json ? '"Content-Type": "application/json"' : "",
			token ? `"Authorization": "Bearer ${token}"` : ""].filter(Boolean).join(", ");

		if (is_socket(operation))
			return `import asyncio, websockets\n\nasync def watch():\n` +
				`    async with websockets.connect("${url.replace("http", "ws")}", max_size=None) as wall:\n` +
				`        async for message in wall:\n            print(message[:80])\n\nasyncio.run(watch())`;
		return `import urllib.request\n\nrequest = urllib.request.Request("${url}", method="${method}"` +
			`${body === null ? "" : `,\n    data=${JSON.stringify(body)}.encode()`}${fields && `,\n    headers={${fields}}`})\n` +
			"with urllib.request.urlopen(request) as answer:\n    print(answer.read())";
	},

	javascript({ method, url, body, json, token }, operation) {
		const fields = [json ? '"Content-Type": "application/json"' : "",
			token ? `Authorization: "Bearer ${token}"` : ""].filter(Boolean).join(", ");
		const options = [method === "GET" ? "" : `method: "${method}"`, fields && `headers: { ${fields} }`,
			body === null ? "" : `body: ${json ? `JSON.stringify(${body})` : JSON.stringify(body)}`].filter(Boolean);

		if (is_socket(operation))
			return `const wall = new WebSocket("${url.replace("http", "ws")}");\nwall.binaryType = "arraybuffer";\n` +
				"wall.onmessage = ({ data }) => console.log(data);";
		return `const answer = await fetch("${url}"${options.length ? `, {\n\t${options.join(",\n\t")},\n}` : ""});\n` +
			`console.log(await answer.${is_binary(operation) ? "blob" : "json"}());`;
	},
};

function example_of(path, method, operation) {
	const code = make("code"), copy = make("button", { textContent: "Copy" });
	const write = () => {
		code.textContent = examples[element("language").value](request_of(path, method, operation), operation);
	};

	element("language").addEventListener("change", write);
	copy.setAttribute("aria-label", `Copy the example of ${method.toUpperCase()} ${path}`);
	copy.addEventListener("click", async () => {
		const { copy: copy_text } = await import("./place.js");

		copy.textContent = await copy_text(code.textContent, code) ? "Copied" : "Selected";
	});
	write();
	return make("div", { className: "example" }, make("pre", { tabIndex: 0 }, code), copy);
}

const paragraphs = text => (text ?? "").split("\n\n").filter(Boolean).map(part => make("p", { textContent: part }));

function list(title, entries) {
	return entries.length ? [make("h4", { textContent: title }), make("dl", {}, ...entries.flatMap(([term, text]) =>
		[make("dt", { textContent: term }), make("dd", { textContent: text })]))] : [];
}

function fields_of(operation) {
	const { properties = {}, required = [] } =
		operation.requestBody?.content["application/json"]?.schema ?? {};

	return Object.entries(properties).map(([name, { type, description }]) =>
		[required.includes(name) ? name : `${name} (may be left out)`, description ?? type ?? "any"]);
}

function article(path, method, operation) {
	const parameters = (operation.parameters ?? [])
		.map(({ name, required, description }) => [required ? name : `${name} (may be left out)`, description ?? ""]);

	return make("article", { id: operation.operationId },
		make("h3", { textContent: `${method.toUpperCase()} ${path}` }),
		make("p", { textContent: operation.summary }), ...paragraphs(operation.description),
		example_of(path, method, operation), ...list("Parameters", parameters),
		...list("Body, a JSON object", fields_of(operation)),
		...list("Answers", Object.entries(operation.responses).map(([status, { description }]) => [status, description])));
}

function show(api) {
	const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

	element("description").append(...paragraphs(api.info.description));
	for (const { name, description } of api.tags) {
		const own = operations.filter(({ operation }) => operation.tags.includes(name));
		const title = `${name[0].toUpperCase()}${name.slice(1)}`;

		element("contents").append(make("h2", { textContent: title }), make("ul", {}, ...own.map(
			({ path, method, operation }) => make("li", {}, make("a", { href: `#${operation.operationId}`,
				textContent: `${method.toUpperCase()} ${path}` })))));
		element("routes").append(make("h2", { textContent: title }), make("p", { textContent: description }),
			...own.map(({ path, method, operation }) => article(path, method, operation)));
	}
	if (location.hash)
		document.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`)?.scrollIntoView();
}

try {
	const answer = await fetch("/openapi.json");

	show(await answer.json());
} catch {
	element("failed").textContent = "The wall does not answer; reload this page.";
}
