# SPDX-License-Identifier: MIT
"""Viewers of a wall: clients of /ws and /live on python3-websockets, which put the picture
together from what they receive; and plain HTTP requests."""
import asyncio
import http.client
import io
import json
import os
import socket
import struct
import time
import zlib

import websockets
from PIL import Image

from closing import Closing
from p2client import upgrade_request
from wall import DOTS, Wall


def http_wall(folder, more="", others=DOTS, **rest):
    """A wall painted with dots and watched over HTTP."""
    database = os.path.join(str(folder), "board.db")
    return Wall(folder, "%s\n[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s\n%s\n" % (
        others, database, more), **rest)


def ask(wall, path, method="GET", **headers):
    """Status, header fields in lower case, body."""
    connection = http.client.HTTPConnection("127.0.0.1", wall.port("http"), timeout=20)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def canvas_png(wall):
    status, _, body = ask(wall, "/canvas.png")
    assert status == 200
    return Image.open(io.BytesIO(body)).convert("RGB")


class Watcher:
    """One viewer; read() takes one message, until() some."""
    path = None

    def __init__(self, wall, port=None, **rest):
        self.url = "ws://127.0.0.1:%d%s" % (port or wall.port("http"), self.path)
        self.rest = rest
        self.messages, self.bytes, self.longest = [], 0, 0
        self.texts, self.image = [], None

    async def __aenter__(self):
        # with no pings of the library's own: one that reads late would take the wall for dead
        self.socket = await websockets.connect(self.url, ping_interval=None, **self.rest)
        return self

    async def __aexit__(self, *rest):
        await self.socket.close()

    async def read(self, seconds=60):
        message = await asyncio.wait_for(self.socket.recv(), seconds)
        self.bytes += len(message)
        self.longest = max(self.longest, len(message))
        self.messages.append("text" if isinstance(message, str) else "binary")
        if isinstance(message, str):
            self.texts.append(json.loads(message))
        else:
            self.take(message)
        return message

    async def until(self, claim, seconds=60):
        """Reads until claim(self) is true."""
        async def reading():
            while not claim(self):
                await self.read()
        await asyncio.wait_for(reading(), seconds)
        return self

    async def quiet(self, seconds=0.4):
        """Whether nothing binary comes for that long."""
        before = self.messages.count("binary")
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            try:
                await self.read(end - asyncio.get_running_loop().time())
            except asyncio.TimeoutError:
                break
        return self.messages.count("binary") == before

    def is_whole(self):
        """Whether there is a picture, and no part of it is still to come."""
        return self.image is not None

    def pixel(self, x, y):
        return self.picture().getpixel((x, y)) if self.is_whole() else None


class Place(Watcher):
    """As v6-place does: the first picture, then each further one pasted with itself as mask."""
    path = "/ws"

    def __init__(self, wall, **rest):
        super().__init__(wall, **rest)
        self.pictures = []  # mode, and how many pixels were opaque

    def take(self, message):
        assert message.startswith(b"\x89PNG\r\n\x1a\n")
        picture = Image.open(io.BytesIO(message))
        picture.load()
        if picture.mode == "RGB":
            assert not self.pictures, "Pillow has no mask in a later picture"
            self.pictures.append(("RGB", picture.width * picture.height))
            self.image = picture.copy()
            return
        assert picture.mode == "RGBA" and picture.size == self.image.size
        histogram = picture.getchannel("A").histogram()
        assert sum(histogram[1:255]) == 0, "alpha is 0 or 255"
        self.pictures.append(("RGBA", histogram[255]))
        self.image.paste(picture, (0, 0), picture)

    def picture(self):
        return self.image

    async def request(self, name, **more):
        await self.socket.send(json.dumps(dict(more, request=name)))


class Live(Watcher):
    """Decodes what plugins/http/viewers/codec-live.h describes."""
    path = "/live"

    def __init__(self, wall, **rest):
        super().__init__(wall, max_size=None, **rest)
        self.wall = None
        self.frame = None
        self.whole = False  # the last piece of the frame was there
        self.kinds = []     # of the frames

    def take(self, message):
        if self.wall is None:
            assert self.messages[0] == "text" and self.texts[0]["type"] == "wall"
            self.wall = self.texts[0]
            self.width, self.height = self.wall["width"], self.wall["height"]
            self.image = [None] * (self.width * self.height)
        kind, flags, zero, frame, first, length = struct.unpack("<BBHIII", message[:16])
        assert kind in b"KD" and flags in (0, 1, 2, 3) and zero == 0
        if self.frame is None or self.whole:
            self.kinds.append(chr(kind))
            if self.frame is None:
                assert kind == ord("K")
            elif kind == ord("D"):
                assert frame == (self.frame + 1) % 2 ** 32, "a frame was left out"
        else:
            assert chr(kind) == self.kinds[-1] and frame == self.frame, "a frame is interrupted"
        self.frame, self.whole = frame, bool(flags & 1)
        body = zlib.decompress(message[16:]) if flags & 2 else message[16:]
        assert len(body) == length <= 256 * 1024
        self.apply(body, first, kind == ord("K"))
        if self.whole:
            assert None not in self.image

    def apply(self, body, at, key):
        i, (r, g, b), pixels = 0, (0, 0, 0), self.image
        while i < len(body):
            operation, n = body[i] >> 6, body[i] & 63
            i += 1
            if n == 63:
                shift = 0
                while True:
                    n += (body[i] & 127) << shift
                    shift += 7
                    i += 1
                    if body[i - 1] < 128:
                        break
            n += 1
            assert at + n <= len(pixels)
            if operation == 0:
                assert not key, "SKIP in a key"
                at += n
            elif operation == 1:
                r, g, b = body[i:i + 3]
                i += 3
                pixels[at:at + n] = [(r, g, b)] * n
                at += n
            elif operation == 2:
                for _ in range(n):
                    r, g, b = (r + body[i]) & 255, (g + body[i + 1]) & 255, (b + body[i + 2]) & 255
                    pixels[at] = r, g, b
                    at, i = at + 1, i + 3
            else:
                for _ in range(n):
                    pixels[at] = pixels[at - self.width]
                    at += 1
        assert i == len(body)

    def is_whole(self):
        return self.whole

    def picture(self):
        picture = Image.new("RGB", (self.width, self.height))
        picture.putdata(self.image)
        return picture


class Bands(Live):
    """As the page does: says what it has seen, unless it is `silent`, and which rows it shows."""
    path = "/live?bands"

    def __init__(self, wall, rows=None, **rest):
        super().__init__(wall, **rest)
        self.rows = rows
        self.silent = False
        self.settled = False
        self.seen = 0
        self.sharp = {}  # from a band to the kind of its last piece

    async def read(self, seconds=60):
        message = await super().read(seconds)
        if not self.silent and self.wall:
            await self.say()
        return message

    async def say(self):
        said = {"seen": self.seen}
        if self.rows:
            said["rows"] = self.rows
        await self.socket.send(json.dumps(said))

    def take(self, message):
        if self.wall is None:
            self.wall = self.texts[0]
            self.width, self.height = self.wall["width"], self.wall["height"]
            self.image = [None] * (self.width * self.height)
        kind, flags, shift, zero, frame, first, length = struct.unpack("<BBBBIII", message[:16])
        body = zlib.decompress(message[16:]) if flags & 2 else message[16:]
        assert chr(kind) in "KDC" and zero == 0 and len(body) == length and (shift == 0 or chr(kind) == "C")
        self.seen += len(message)
        self.frame = frame
        self.settled = length == 0
        if self.settled:
            assert message[:2] == b"D\x01"
            return
        band = first // self.width // 32
        self.kinds.append(chr(kind))
        if chr(kind) == "C":
            self.apply_coarse(body, band * 32, shift)
        else:
            assert chr(kind) == "K" or self.sharp[band] in "KD", "a delta to what it does not have"
            self.apply(body, first, chr(kind) == "K")
        self.sharp[band] = chr(kind)

    def apply_coarse(self, body, top, shift):
        image, width, rows = self.image, self.width, min(32, self.height - top)
        across = ((width - 1) >> shift) + 1
        self.image, self.width = [None] * (across * (((rows - 1) >> shift) + 1)), across
        self.apply(body, 0, True)
        blocks, self.image, self.width = self.image, image, width
        for y in range(rows):
            for x in range(width):
                image[(top + y) * width + x] = blocks[(y >> shift) * across + (x >> shift)]

    def is_whole(self):
        return self.settled


class Raw(Closing):
    """A WebSocket that need not keep to the protocol, or do anything at all."""

    def __init__(self, wall, path, receive=None, source="127.0.0.1"):
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(20)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", wall.port("http")))
        self.socket.sendall(upgrade_request(path))

    def opened(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        return self

    def send(self, opcode, data, fin=0x80, mask=0x80):
        size = bytes([fin | opcode, mask | len(data)]) if len(data) < 126 else \
            bytes([fin | opcode, mask | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(size + (bytes(4) if mask else b"") + data)

    def close(self):
        self.socket.close()


def viewers(wall):
    """How many there are, by what one more of them is told."""
    async def look():
        async with Live(wall) as live:
            await live.until(lambda v: len(v.texts) > 1)
            return live.texts[-1]["viewers"] - 1
    return asyncio.run(look())


def in_time(script, seconds=180):
    async def run():
        return await asyncio.wait_for(script(), seconds)
    return asyncio.run(run())


async def same(watcher, wall, seconds=60):
    """Reads until the watcher sees what /canvas.png shows."""
    loop, end = asyncio.get_running_loop(), time.monotonic() + seconds
    while True:
        want = await loop.run_in_executor(None, canvas_png, wall)
        if watcher.is_whole() and watcher.picture().tobytes() == want.tobytes():
            return
        assert time.monotonic() < end, "never saw what is on the canvas"
        try:
            await watcher.read(0.1)
        except asyncio.TimeoutError:
            pass
