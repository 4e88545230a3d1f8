# SPDX-License-Identifier: MIT
"""p²: its numbers, a client and what a client must see; and WebSocket clients that may break the
protocol.  Written from the protocol's text and not from the plugin."""
import base64
import hmac
import os
import re
import socket
import struct
import time

from closing import Closing


def i8(n):
    return n if n >= 0 else 0x80 | (-n - 1)


def coordinate(c):
    if abs(c) <= 127:
        return bytes([0, i8(c)])
    q, r = divmod(abs(c) + 127, 255)
    return bytes([i8(q if c > 0 else -q), i8(r - 127)])


def un_i8(b):
    assert b != 0xff, "ff inside a message"
    return b if b < 0x80 else -(b - 0x80) - 1


def un_coordinate(two):
    high, low = un_i8(two[0]), un_i8(two[1])
    return low if high == 0 else high * 255 + low if high > 0 else -(-high * 255 + low)


def colour(r, g, b):
    """Five bits a channel."""
    value = (r & 15) << 10 | g << 5 | b
    return coordinate(value + 1 if r < 16 else -value - 1)


def un_colour(two):
    y = un_coordinate(two)
    assert y != 0, "00 00 shifts the row of the well-known client"
    value = y - 1 if y > 0 else -y - 1 + 16384
    return value >> 10 & 31, value >> 5 & 31, value & 31


def shown(rgb5):
    return tuple(c << 3 | c >> 2 for c in rgb5)


def auth(name, code="1234"):
    raw = name if isinstance(name, bytes) else name.encode()
    return b"\xff\xa0" + bytes([len(raw) - 1]) + raw + bytes.fromhex(code.rjust(8, "0")[-8:])


def put(x, y, rgb5):
    return b"\xff\xd0" + coordinate(x) + coordinate(y) + colour(*rgb5)


def sub(x1, y1, x2, y2):
    return b"\xff\xaf" + b"".join(map(coordinate, (x1, y1, x2, y2)))


def totp(secret):
    """RFC 6238: the code of now, of a secret in base32."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


class Updates:
    """Parses what a server sends, message by message; `pixels` is what a client shows."""

    def __init__(self):
        self.rest = b""
        self.pixels = {}
        self.blocks = []
        self.over = False
        self.bytes = 0

    def take(self, data, whole=False):
        """whole: the last message must end with the data, as in a WebSocket frame."""
        self.bytes += len(data)
        data = self.rest + data
        at = 0
        while len(data) - at >= 2:
            assert data[at] == 0xff, data[at:at + 20].hex()
            assert not self.over, "bytes behind ff 00"
            w, h = data[at + 1] & 15, (data[at + 1] >> 4) + 1
            if data[at + 1] == 0:
                self.over = True
                at += 2
                continue
            assert 1 <= w <= 15 and h <= 8, data[at:at + 20].hex()
            end = at + 6 + 2 * w * h
            if end > len(data):
                break
            x, y = un_coordinate(data[at + 2:]), un_coordinate(data[at + 4:])
            self.blocks.append((x, y, w, h))
            for i in range(w * h):
                self.pixels[x + i % w, y + i // w] = un_colour(data[at + 6 + 2 * i:])
            at = end
        self.rest = data[at:]
        assert not (whole and self.rest), "a message goes over the end of a frame"


class Client(Updates, Closing):
    """p² over a plain socket."""

    def __init__(self, port, name=None, code="1234", host="127.0.0.1", source=""):
        super().__init__()
        self.socket = socket.create_connection((host, port), 30, (source, 0))
        self.socket.settimeout(0.05)
        self.closed = False
        if name is not None:
            self.send(auth(name, code))

    def send(self, data):
        self.socket.settimeout(30)
        self.socket.sendall(data)
        self.socket.settimeout(0.05)

    def read(self):
        """Takes what arrives within 50 ms."""
        try:
            data = self.socket.recv(1 << 20)
        except (TimeoutError, socket.timeout):
            return
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
        self.take(data)

    def until(self, claim, seconds=30):
        end = time.monotonic() + seconds
        while not claim(self):
            assert time.monotonic() < end, "waited %d s; over %s, closed %s, %d pixels" % (
                seconds, self.over, self.closed, len(self.pixels))
            assert not self.closed or claim(self), "closed by the server"
            self.read()
        return self

    def until_sees(self, x, y, rgb5, seconds=30):
        return self.until(lambda c: c.pixels.get((x, y)) == tuple(rgb5), seconds)

    def until_closed(self, seconds=30):
        """Whether the server sent ff 00 before it closed."""
        end = time.monotonic() + seconds
        while not self.closed:
            assert time.monotonic() < end, "still open"
            self.read()
        self.socket.close()
        return self.over

    def quiet(self, seconds=0.3):
        end = time.monotonic() + seconds
        before = self.bytes
        while time.monotonic() < end and not self.closed:
            self.read()
        return self.bytes == before

    def close(self):
        self.socket.close()


def websocket_port(wall, name="p2"):
    return int(re.findall(r"%s: listening on \S+:(\d+), WebSocket$" % name, wall.log(), re.M)[-1])


def frame(payload, opcode=2, fin=True, masked=True, claimed=None, rsv=0):
    """A client's WebSocket frame, or a malformed one."""
    length = len(payload) if claimed is None else claimed
    head = bytes([fin << 7 | rsv << 4 | opcode])
    flag = 0x80 if masked else 0
    if length < 126:
        head += bytes([flag | length])
    elif length < 65536:
        head += bytes([flag | 126]) + struct.pack(">H", length)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def upgrade_request(path):
    return (b"GET %s HTTP/1.1\r\nHost: wall\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % path.encode())


class RawWebSocket:
    """A WebSocket client that also sends what it should not."""

    def __init__(self, port, first=b"", source="", path="/any/path?x"):
        self.socket = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
        self.socket.settimeout(30)
        self.socket.sendall(upgrade_request(path) + first)
        self.buf = b""
        while b"\r\n\r\n" not in self.buf:
            got = self.socket.recv(4096)
            assert got, self.buf
            self.buf += got
        head, self.buf = self.buf.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        # the example of RFC 6455, 1.3
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head

    def send(self, data):
        self.socket.sendall(data)

    def _need(self, n):
        while len(self.buf) < n:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.buf += got

    def receive(self):
        """Opcode and payload of the next frame; EOFError at the end."""
        try:
            self._need(2)
            assert self.buf[0] & 0x70 == 0 and self.buf[0] & 0x80 and not self.buf[1] & 0x80
            opcode, length, at = self.buf[0] & 15, self.buf[1] & 127, 2
            if length == 126:
                self._need(4)
                length, at = struct.unpack(">H", self.buf[2:4])[0], 4
            elif length == 127:
                self._need(10)
                length, at = struct.unpack(">Q", self.buf[2:10])[0], 10
            self._need(at + length)
        except ConnectionResetError:
            raise EOFError from None
        payload, self.buf = self.buf[at:at + length], self.buf[at + length:]
        return opcode, payload

    def close_code(self):
        """Reads to the end; the code of the close frame, None without one."""
        code = None
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == 8:
                    code = struct.unpack(">H", payload[:2])[0] if payload else 1005
        except EOFError:
            self.socket.close()
            return code
