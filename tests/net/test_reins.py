# SPDX-License-Identifier: MIT
"""Five protocols paint as fast as they can while an operator freezes, clears, protects, restores, bans and
undoes, against a model that knows who painted what."""
import base64
import datetime
import errno
import http.client
import io
import os
import socket
import struct
import threading
import time

import pytest
from PIL import Image

from boardclient import PALETTE
from control import Operator, control
from hosts import Pair
from p2client import auth, put, shown
from peers import checksum
from waiting import wait_for
from wall import Wall, has_plugin

pytestmark = pytest.mark.skipif(not (has_plugin("p2") and has_plugin("http")),
                                reason="built without p2 or http: apt-get install liboath-dev libmicrohttpd-dev")

WIDTH, HEIGHT, CELL = 64, 48, 8
CELLS = [(x, y) for y in range(0, HEIGHT, CELL) for x in range(0, WIDTH, CELL)]
PREFIX = "2001:db8:0:5"
CLEARED = (1, 2, 3)
MUTED = "127.0.0.2"
ROUNDS = 20 if os.environ.get("MURALD_LONG") else 1

PLUGINS = """
[plugin pixelflut]
listen = 127.0.0.1:0
[plugin p2]
listen = 127.0.0.1:0
websocket =
auth = none
put-rate = 0
[plugin icmp]
[plugin ipv6]
template = %s:XXXX:YYYY:RRGG:BB??
[plugin http]
listen = 127.0.0.1:0
board = 8x6
palette = %s
pixel-rate = 0
database = %%s/board.db
""" % (PREFIX, ",".join(colour[1:] for colour in PALETTE))


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


class Painter(threading.Thread):
    """Paints the pixels of its cells, all of them in one colour, and then in another."""

    def __init__(self, pair, wall, cells):
        super().__init__(name=type(self).__name__)
        self.pair, self.wall, self.cells = pair, wall, cells
        self.pixels = [(x + i, y + j) for x, y in cells for j in range(CELL) for i in range(CELL)]
        self.turns, self.going, self.failed = 0, True, None
        self.open()

    def tcp(self, name, source):
        with self.pair.server:
            return self.wall.tcp(name, source)

    def run(self):
        try:
            while self.going:
                self.paint(self.turns)
                self.turns += 1
        except Exception as error:  # noqa: B902 (told by the main thread)
            self.failed = error

    def wait_turns(self, n=2):
        """All that it sent before was judged, and it went on since."""
        before = self.turns
        wait_for("%s to paint" % self.name, lambda: self.failed or self.turns >= before + n)
        assert not self.failed, self.failed


class Flut(Painter):
    colours = [(255, 0, 0), (254, 0, 0)]

    def open(self):
        self.socket = self.tcp("pixelflut", MUTED)

    def paint(self, turn):
        r, g, b = self.colours[turn % 2]
        self.socket.sendall(b"".join(b"PX %d %d %02x%02x%02x\n" % (x, y, r, g, b) for x, y in self.pixels) + b"SIZE\n")
        assert self.socket.recv(100) == b"SIZE 64 48\n", "cut off"


class P2(Painter):
    colours = [shown((0, 31, 0)), shown((0, 30, 0))]

    def open(self):
        self.socket = self.tcp("p2", "127.0.0.3")
        self.socket.sendall(auth("anna"))

    def paint(self, turn):
        colour = (0, 31 - turn % 2, 0)
        self.socket.sendall(b"".join(put(x - WIDTH // 2, y - HEIGHT // 2, colour) for x, y in self.pixels))


class Board(Painter):
    colours = [(0xd4, 0xd7, 0xd9), (0x89, 0x8d, 0x90)]

    def open(self):
        self.socket = self.tcp("http", "127.0.0.4")
        answer = self.ask("register-pg", '{"name": "n", "author": "a", "secret": "s"}')
        self.token = answer.split('"id"')[1].split('"')[1]

    def ask(self, path, body):
        self.socket.sendall(b"PUT /%s HTTP/1.1\r\nHost: wall\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body.encode()))
        answer = self.socket.recv(10000).decode()
        assert answer.startswith("HTTP/1.1 200 "), answer
        return answer

    def paint(self, turn):
        for x, y in self.cells:
            self.ask("update-pixel", '{"id": "%s", "row": %d, "col": %d, "color": %d}' % (
                self.token, y // CELL, x // CELL, 1 + turn % 2))


class Wire(Painter):
    """Echo requests in whole frames; what the wire does not take is sent in the next turn."""

    def open(self):
        self.socket = self.pair.open_wire()
        self.socket.setblocking(True)

    def paint(self, turn):
        for x, y in self.pixels:
            frame = mac(self.pair.server.mac) + mac(self.pair.client.mac) + self.packet(x, y, self.colours[turn % 2])
            try:
                self.socket.send(frame)
            except OSError as error:
                assert error.errno == errno.ENOBUFS, error


class Icmp(Wire):
    colours = [(0, 0, 255), (0, 0, 254)]

    def packet(self, x, y, rgb):
        message = struct.pack(">BBHHH", 8, 0, 0, 7, 1) + struct.pack(">BHH", 0xcc, x, y) + bytes(rgb)
        message = message[:2] + struct.pack(">H", checksum(message)) + message[4:]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0,
                         socket.inet_aton(self.pair.client.ip4), socket.inet_aton(self.pair.server.ip4))
        return b"\x08\x00" + ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + message


class Ipv6(Wire):
    colours = [(0, 255, 255), (0, 254, 254)]

    def packet(self, x, y, rgb):
        source = socket.inet_pton(socket.AF_INET6, self.pair.client.ip6)
        target = socket.inet_pton(socket.AF_INET6, "%s:%x:%x:%02x%02x:%02x00" % (PREFIX, x, y, *rgb))
        message = struct.pack(">BBHHH", 128, 0, 0, 7, 1)
        total = checksum(source + target + struct.pack(">II", len(message), 58) + message)
        message = message[:2] + struct.pack(">H", total) + message[4:]
        return b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(message), 58, 64) + source + target + message


PAINTERS = [Flut, P2, Board, Icmp, Ipv6]


class Room:
    """The wall, who paints it, and what the model says of each pixel."""

    def __init__(self, pair, wall, operator):
        self.wall, self.operator = wall, operator
        self.painters = [kind(pair, wall, CELLS[i::len(PAINTERS)]) for i, kind in enumerate(PAINTERS)]
        self.owner = {at: painter for painter in self.painters for at in painter.pixels}
        self.fixed = {}  # what only the operator painted since
        self.under = {at: {(0, 0, 0)} for at in self.owner}  # what the operator ever put there, and the background

    def grab(self):
        return self.pixels(base64.b64decode(self.operator.done("grab")["png"]))

    def past(self, seconds):
        visitor = http.client.HTTPConnection("wall")
        visitor.sock = self.painters[0].tcp("http", "127.0.0.5")
        visitor.request("GET", "/history?at=%.3f" % seconds)
        answer = visitor.getresponse()
        png = answer.read()
        visitor.close()
        return self.pixels(png) if answer.status == 200 else None

    def pixels(self, png):
        image = Image.open(io.BytesIO(png)).convert("RGB")
        return {at: image.getpixel(at) for at in self.owner}

    def fix(self, pixels):
        self.fixed = pixels
        for at, rgb in pixels.items():
            self.under[at].add(rgb)

    def goes_on(self):
        for painter in self.painters:
            painter.wait_turns()

    def wrong(self, picture):
        """What is neither a colour of its painter's nor what the operator made it."""
        return [(self.owner[at].name, at, rgb) for at, rgb in picture.items()
                if (rgb != self.fixed[at] if at in self.fixed else rgb not in self.owner[at].colours)]

    def judge(self, picture):
        wrong = self.wrong(picture)
        assert not wrong, (len(wrong), wrong[:5])

    def part(self, x, y, width, height):
        return "%dx%d+%d+%d" % (width, height, x, y), [(x + i, y + j) for i in range(width) for j in range(height)]

    def whole_again(self):
        """All have painted over what was open."""
        try:
            wait_for("everybody's pixels", lambda: not self.wrong(self.grab()))
        except AssertionError:
            self.judge(self.grab())
            raise


@pytest.fixture
def room(tmp_path):
    core = "[canvas]\nowners = yes\n[record]\nfile = %s/record\ninterval = 20ms\n" % tmp_path + control(tmp_path)
    with Pair() as pair, Wall(tmp_path, PLUGINS % tmp_path, core=core, size="64x48\nbackground = #000000",
                              netns=pair.server.name) as wall, Operator(wall) as operator:
        room = Room(pair, wall, operator)
        for painter in room.painters:
            painter.start()
        try:
            yield room
        finally:
            for painter in room.painters:
                painter.going = False
            for painter in room.painters:
                painter.join(30)
                painter.socket.close()


def clears(room, shut, opened, rect, pixels):
    """A part that takes no paint meanwhile."""
    room.operator.done(shut, rect=rect)
    room.operator.done("clear", rect=rect, colour="#%02x%02x%02x" % CLEARED)
    room.fix(dict.fromkeys(pixels, CLEARED))
    room.goes_on()
    room.judge(room.grab())
    room.operator.done(opened, rect=rect)
    room.fixed = {}
    room.whole_again()


def freezes(room):
    """All of it; then a part, which is cleared meanwhile."""
    room.operator.done("freeze")
    before = room.grab()
    room.goes_on()
    assert room.grab() == before, "painted while it was frozen"
    room.operator.done("thaw")
    clears(room, "freeze", "thaw", *room.part(4, 4, 40, 20))


def restores(room):
    """A moment when all was frozen, in a part that takes no paint until it was looked at."""
    rect, pixels = room.part(10, 10, 30, 30)
    room.operator.done("freeze")
    before = room.grab()
    wait_for("the record of it", lambda: room.past(time.time()) == before)
    moment = time.time()
    room.operator.done("thaw")
    room.goes_on()
    room.operator.done("freeze", rect=rect)
    at = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    room.operator.done("restore", rect=rect, at=at)
    room.fix({at: before[at] for at in pixels})
    room.goes_on()
    room.judge(room.grab())
    room.operator.done("thaw", rect=rect)
    room.fixed = {}
    room.whole_again()


def bans_and_undoes(room):
    """One is muted, and what it painted taken back; nobody else loses a pixel, and no connection is closed."""
    muted = room.painters[0]
    room.operator.done("ban", net=MUTED, really=True)
    before = room.grab()
    room.goes_on()
    now = room.grab()
    assert [at for at in muted.pixels if now[at] != before[at]] == [], "painted although banned"
    room.judge(now)
    undone = room.operator.done("undo", source=MUTED)
    assert undone["pixels"] == len(muted.pixels)
    room.goes_on()
    now = room.grab()
    assert [at for at in muted.pixels if now[at] not in room.under[at]] == []
    assert [at for at in now if room.owner[at] is not muted and now[at] not in room.owner[at].colours] == []
    assert room.operator.done("undo", number=undone["number"])["pixels"] == len(muted.pixels)
    room.judge(room.grab())
    room.operator.done("unban", net=MUTED)
    muted.wait_turns()


def test_nobody_loses_a_pixel_to_anothers_act(room):
    room.whole_again()
    for _ in range(ROUNDS):
        freezes(room)
        restores(room)
        clears(room, "protect", "unprotect", *room.part(20, 20, 24, 20))
        bans_and_undoes(room)
    for painter in room.painters:
        assert painter.is_alive() and not painter.failed
