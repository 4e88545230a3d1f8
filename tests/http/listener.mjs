// SPDX-License-Identifier: MIT
// A client of socket.io as npm has it: listener.mjs PACKAGE URL TRANSPORTS.  Says what
// happens to it, a line of JSON each; ends when its input does.
import { createRequire } from "node:module";

const [, , name, url, transports] = process.argv;
const { io } = createRequire(`${process.env.MODULES}/`)(name);
const say = (what, value) => console.log(JSON.stringify([what, value]));
const socket = io(url, { transports: transports.split(",") });

socket.on("connect", () => say("connect", socket.io.engine.transport.name));
socket.on("pixel update", update => say("update", update));
socket.on("connect_error", error => say("error", String(error)));
socket.on("disconnect", reason => say("disconnect", reason));
socket.io.on("open", () => socket.io.engine.on("upgrade", way => say("upgrade", way.name)));
const foreign = socket.io.socket("/elsewhere");
foreign.on("connect_error", () => say("refused", "/elsewhere"));
foreign.open();

process.stdin.on("end", () => {
	foreign.close();
	socket.close();
});
process.stdin.resume();
