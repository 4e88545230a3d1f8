# SPDX-License-Identifier: MIT
"""Engine.IO and Socket.IO clients, many in one asyncio loop, which may also break the protocol.
Written from the protocols' texts and not from the plugin."""
import asyncio
import json

import websockets

PATH = "/socket.io/?EIO=4&transport="


class Gone(Exception):
    """The server ended the session."""


class Connection:
    """Plain HTTP, one request after the other."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def ask(self, method, path, body=b"", headers=""):
        """Status, header fields in lower case, body."""
        if self.writer is None or self.reader.at_eof():  # murald closes one that is idle for long
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(("%s %s HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n%s\r\n" % (
            method, path, len(body), headers)).encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:-2])
        got = await self.reader.readexactly(int(fields["content-length"]))
        return int(head[0].split()[1]), fields, got.decode()

    def close(self):
        if self.writer:
            self.writer.close()


class Client:
    """One session.  `updates` and `notices` are the arguments of these events, `log` all other packets."""

    def __init__(self, port):
        self.port = port
        self.getter, self.poster = Connection(port), Connection(port)
        self.sid = self.socket = None
        self.open, self.updates, self.notices, self.log = None, [], [], []
        self.on_update = None

    @property
    def path(self):
        return PATH + "polling&sid=" + self.sid

    # ---- receiving

    def take(self, packet):
        if packet.startswith("42"):
            name, update = json.loads(packet[2:])
            if name == "notice":
                self.notices.append(update)
                return packet
            assert name == "pixel update"
            self.updates.append(update)
            if self.on_update:
                self.on_update(update)
        else:
            self.log.append(packet)
        return packet

    async def poll(self):
        """One GET; the packets of its answer."""
        status, _, body = await self.getter.ask("GET", self.path)
        if status != 200:
            raise Gone(body)
        packets = body.split("\x1e")
        assert len(packets) <= 16, "python3-engineio takes no more"
        for packet in packets:
            self.take(packet)
        return packets

    async def start_poll(self):
        """A task that polls; murald has its GET when this returns."""
        polling = asyncio.create_task(self.poll())
        await asyncio.sleep(0)  # lets the task send it
        await self.caught_up()
        return polling

    async def caught_up(self):
        """Until murald has read what all clients sent before: it reads its connections in turn."""
        http = Connection(self.port)
        await http.ask("GET", "/settings")
        http.close()

    async def receive(self):
        """One message of the WebSocket."""
        return self.take(await self.socket.recv())

    # ---- sending

    async def post(self, *packets):
        status, _, body = await self.poster.ask("POST", self.path, "\x1e".join(packets).encode())
        if status != 200:
            raise Gone(body)
        assert body == "OK"

    async def say(self, packet):
        await (self.socket.send(packet) if self.socket else self.post(packet))

    # ---- joining

    async def handshake(self):
        status, _, body = await self.getter.ask("GET", PATH + "polling")
        assert status == 200 and body[0] == "0", body
        self.open = json.loads(body[1:])
        self.sid = self.open["sid"]
        return self

    async def join(self):
        await self.say("40")
        while not any(packet.startswith("40{") for packet in self.log):
            await (self.receive() if self.socket else self.poll())
        return self

    async def connect(self, more=""):
        return await websockets.connect(
            "ws://127.0.0.1:%d%swebsocket%s" % (self.port, PATH, more), max_queue=None)

    async def join_by_websocket(self):
        """Without polling first."""
        self.socket = await self.connect()
        packet = await self.socket.recv()
        assert packet[0] == "0"
        self.open = json.loads(packet[1:])
        self.sid = self.open["sid"]
        return await self.join()

    async def probe(self):
        self.probed = await self.connect("&sid=" + self.sid)
        await self.probed.send("2probe")
        assert await self.probed.recv() == "3probe"

    async def upgrade(self, polling=None):
        """As clients do: probes, lets the pending GET come back, upgrades."""
        await self.probe()
        if polling:
            await polling
        await self.probed.send("5")
        self.socket = self.probed

    # ---- while connected

    async def listen(self):
        """Receives and answers pings until the session ends."""
        while True:
            packets = [await self.receive()] if self.socket else await self.poll()
            if "1" in packets:
                raise Gone("closed")
            if "2" in packets:
                await self.say("3")

    async def leave(self):
        self.getter.close()
        self.poster.close()
        if self.socket:
            await self.socket.close()


def numbers(updates):
    """The board's counter numbers the events."""
    return [update["pixels"] for update in updates]


def without_gap(updates):
    got = numbers(updates)
    return got == list(range(got[0], got[0] + len(got))) if got else False
