# SPDX-License-Identifier: MIT
"""Engine.IO and Socket.IO as their texts describe them, for tests: many clients in one
asyncio loop, and ones that do what clients should not.

Written from the protocol's text and not from the plugin, so that the two can disagree.
"""
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
        if self.writer is None:
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
    """One session.  `updates` are the arguments of every event, `log` what else was said."""

    def __init__(self, port):
        self.port = port
        self.getter, self.poster = Connection(port), Connection(port)
        self.sid = self.socket = None
        self.open, self.updates, self.log = None, [], []
        self.on_update = None

    @property
    def path(self):
        return PATH + "polling&sid=" + self.sid

    # ---- what it is told

    def take(self, packet):
        if packet.startswith("42"):
            name, update = json.loads(packet[2:])
            assert name == "pixel update"
            self.updates.append(update)
            if self.on_update:
                self.on_update(update)
        else:
            self.log.append(packet)
        return packet

    async def poll(self):
        """One GET; its packets."""
        status, _, body = await self.getter.ask("GET", self.path)
        if status != 200:
            raise Gone(body)
        packets = body.split("\x1e")
        assert len(packets) <= 16, "python3-engineio takes no more"
        for packet in packets:
            self.take(packet)
        return packets

    async def receive(self):
        """One message of the WebSocket."""
        return self.take(await self.socket.recv())

    # ---- what it says

    async def post(self, *packets):
        status, _, body = await self.poster.ask("POST", self.path, "\x1e".join(packets).encode())
        if status != 200:
            raise Gone(body)
        assert body == "OK"

    async def say(self, packet):
        await (self.socket.send(packet) if self.socket else self.post(packet))

    # ---- coming in

    async def shake_hands(self):
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

    async def straight(self):
        """By WebSocket from the start."""
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
        """As clients do: probes, lets the GET that is out come back, goes over."""
        await self.probe()
        if polling:
            await polling
        await self.probed.send("5")
        self.socket = self.probed

    # ---- staying

    async def listen(self):
        """Takes what comes, and answers pings, for ever."""
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
    """Events are numbered by what the board counts."""
    return [update["pixels"] for update in updates]


def without_gap(updates):
    got = numbers(updates)
    return got == list(range(got[0], got[0] + len(got))) if got else False
