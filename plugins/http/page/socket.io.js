// SPDX-License-Identifier: MIT
// A small client of /socket.io/ for pages on a network without the Internet, served as
// /socket.io/socket.io.js: io(), on(), once(), off(), emit(), connect(), disconnect(), over a
// WebSocket and with reconnection.  Namespaces and binary data, which murald has none of, are
// left out; pages that need them load socket.io-client of npm.
"use strict";

(root => {
	const FIRST_MS = 1000, LONGEST_MS = 5000; // between attempts to connect
	const own = document.currentScript && document.currentScript.src || location.href;

	// As the original: of the page's server when none is named, and http: as well as ws:.
	function address(url) {
		const at = new URL(url || "/", /^[/.]/.test(url || "/") ? own : location.href);

		at.protocol = /^(https|wss):$/.test(at.protocol) ? "wss:" : "ws:";
		at.pathname = "/socket.io/";
		at.search = "?EIO=4&transport=websocket";
		return at.href;
	}

	class Socket {
		constructor(url, options) {
			this.url = address(url);
			this.options = options || {};
			this.handlers = new Map();
			this.acks = new Map();
			this.unsent = [];
			this.nextAck = this.attempts = 0;
			this.connected = false;
			this.io = this; // the original's manager; its events come here, too
			if (this.options.autoConnect !== false)
				this.connect();
		}

		on(name, handler) {
			this.handlers.set(name, [...this.handlers.get(name) || [], handler]);
			return this;
		}

		once(name, handler) {
			const first = (...values) => {
				this.off(name, first);
				handler(...values);
			};
			return this.on(name, first);
		}

		off(name, handler) {
			const left = (this.handlers.get(name) || []).filter(one => handler && one !== handler);

			this.handlers.set(name, left);
			return this;
		}

		tell(name, ...values) {
			for (const handler of this.handlers.get(name) || [])
				handler(...values);
		}

		emit(name, ...values) {
			const ack = typeof values[values.length - 1] === "function" ? this.nextAck++ : "";

			if (ack !== "")
				this.acks.set(String(ack), values.pop());
			const packet = `42${ack}${JSON.stringify([name, ...values])}`;
			if (this.connected)
				this.socket.send(packet);
			else
				this.unsent.push(packet);
			return this;
		}

		connect() {
			this.wanted = true;
			if (!this.socket)
				this.dial();
			return this;
		}

		disconnect() {
			this.wanted = false;
			clearTimeout(this.retry);
			if (this.socket)
				this.lost(this.socket, "io client disconnect");
			return this;
		}

		dial() {
			const socket = this.socket = new WebSocket(this.url);

			socket.onmessage = event => this.socket === socket && this.take(event.data);
			socket.onclose = () => this.lost(socket, "transport close");
			socket.onerror = () => this.connected || this.tell("connect_error", new Error("websocket error"));
		}

		lost(socket, reason) {
			if (this.socket !== socket)
				return;
			clearTimeout(this.silence);
			this.socket = null;
			socket.close();
			if (this.connected) {
				this.connected = false;
				this.id = undefined;
				this.tell("disconnect", reason);
			}
			if (!this.wanted || this.options.reconnection === false)
				return;
			const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.attempts++);
			this.retry = setTimeout(() => this.dial(), longest * (0.5 + Math.random() / 2));
		}

		// Nothing, not even a ping, came for so long: the network is gone.
		listen() {
			clearTimeout(this.silence);
			this.silence = setTimeout(socket => this.lost(socket, "ping timeout"), this.patience, this.socket);
		}

		take(text) {
			const type = text[0], packet = text.slice(1);

			if (type === "0") {
				const { pingInterval, pingTimeout } = JSON.parse(packet);
				this.patience = pingInterval + pingTimeout;
				this.socket.send("40");
			} else if (type === "2") {
				this.socket.send("3");
			} else if (type === "4") {
				this.takeMessage(packet[0], packet.slice(1));
			}
			this.listen();
		}

		takeMessage(type, text) {
			const [, ack, json] = /^(\d*)(.*)$/s.exec(text);

			if (type === "0") {
				this.id = JSON.parse(json).sid;
				this.connected = true;
				this.attempts = 0;
				for (const packet of this.unsent.splice(0))
					this.socket.send(packet);
				this.tell("connect");
			} else if (type === "2") {
				this.tell(...JSON.parse(json));
			} else if (type === "3") {
				const answered = this.acks.get(ack);
				this.acks.delete(ack);
				if (answered)
					answered(...JSON.parse(json));
			}
		}
	}

	Socket.prototype.open = Socket.prototype.connect;
	Socket.prototype.close = Socket.prototype.disconnect;
	Socket.prototype.addEventListener = Socket.prototype.on;
	Socket.prototype.removeListener = Socket.prototype.off;

	const io = (url, options) => typeof url === "object" && url ? new Socket("", url) : new Socket(url, options);
	root.io = io.io = io.connect = io;
})(window);
