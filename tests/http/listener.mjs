// SPDX-License-Identifier: MIT
// An unmodified socket.io client from npm: listener.mjs PACKAGE URL TRANSPORTS.  Prints each
// event as a line of JSON; ends with its input.
import { createRequire } from "node:module";

const [, , name, url, transports] = process.argv;
const { io } = createRequire(`${process.env.MODULES}/`)(name);
const say = (what, value) => console.log(JSON.stringify([what, value]));
const socket = io(url, { transports: transports.split(",") });

socket.on("connect", () => say("session", socket.io.engine.id));
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
