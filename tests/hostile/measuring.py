# SPDX-License-Identifier: MIT
"""What others see of a wall, and what it needs: probes from addresses that attack nothing."""
import ctypes
import itertools
import json
import mmap
import os
import re
import socket
import statistics
import struct
import tempfile
import threading
import time

from attacking import WIRE, ask, connect, get
from attacks_pings import mac, ping, solicitation
from control import attach
from p2client import auth, frame, sub, upgrade_request, websocket_port

OTHER = "127.0.1.7"
LOST_S = 1  # a packet is lost if nothing came of it until a host would send it again
TURN = itertools.count()


# --------------------------------------------------------------------------- probes

def visit(wall, path, source=OTHER):
    """Whether there was an answer."""
    with connect(wall, source=source, timeout=30) as s:
        s.sendall(get(path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = s.recv(1 << 16)
        while s.recv(1 << 20):
            pass
    return got.startswith(b"HTTP/1.1 200 ")


def register(wall):
    """Somebody new, from an address of his own."""
    n = next(TURN)
    with connect(wall, source="127.0.2.%d" % (1 + n % 250), timeout=30) as s:
        s.sendall(ask("PUT", "/register-pg", json.dumps({"name": "new%d" % n, "author": "", "secret": "s"}).encode()))
        return s.recv(1000).startswith(b"HTTP/1.1 200 ")


def size(wall):
    with connect(wall, "pixelflut", OTHER, timeout=30) as s:
        s.sendall(b"SIZE\n")
        return s.recv(100).startswith(b"SIZE ")


def log_in(wall):
    """Logs in, and looks at a corner of the wall."""
    with connect(wall, "p2", OTHER, timeout=30) as s:
        s.sendall(auth("other") + sub(0, 0, 3, 3))
        return s.recv(1000) not in (b"", b"\xff\0")


def log_in_by_websocket(wall):
    with connect(wall, port=websocket_port(wall), source=OTHER, timeout=30) as s:
        s.sendall(upgrade_request("/"))
        if not s.recv(1000).startswith(b"HTTP/1.1 101 "):
            return False
        s.sendall(frame(auth("another") + sub(0, 0, 3, 3)))
        return len(s.recv(1000)) > 4


def paint_as_victim(_wall):
    """Paints at a modest rate from the address that the forgers write."""
    with WIRE.there:
        s = socket.create_connection((WIRE.WALL4, 1234), 30, (WIRE.VICTIM4, 0))
    with s:
        s.sendall(b"PX 1 1 ff0000\n" * 10 + b"SIZE\n")
        return s.recv(100).startswith(b"SIZE ")


class Solicitor:
    """Honest stations on the wire, each of which asks once a second at most, as RFC 4861 has it; they see nothing
    but frames to themselves."""
    STATIONS = ["02:00:00:00:01:%02x" % n for n in range(200)]

    def __init__(self):
        with WIRE.there:
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        code = b"".join(struct.pack("HBBI", *line) for line in (
            (0x20, 0, 0, 1), (0x15, 0, 1, int.from_bytes(mac(self.STATIONS[0])[1:5], "big")), (6, 0, 0, 2000),
            (6, 0, 0, 0)))
        self.code = ctypes.create_string_buffer(code)
        self.wire.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 4, ctypes.addressof(self.code)))
        self.wire.bind((WIRE.FAR, 3))
        self.wire.settimeout(LOST_S)
        self.turns = itertools.cycle(self.STATIONS)

    def is_answered(self):
        station = next(self.turns)
        self.wire.send(solicitation(station))
        try:
            frame = self.wire.recv(2000)
            while frame[54] != 136 or frame[:6] != mac(station):
                frame = self.wire.recv(2000)
        except (TimeoutError, socket.timeout):
            return False
        return True


def ping_a_pixel(wall):
    """An honest one, of an address of its own; whether it is on the wall."""
    turn = next(TURN)
    x, y, rgb = turn % 600, 350 + turn % 50, (turn % 256, turn // 256 % 256, 77)
    with WIRE.there, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((WIRE.FAR, 0))
        wire.send(ping(WIRE.HOST4, x, y, rgb))
    end = time.monotonic() + LOST_S
    with connect(wall, "pixelflut", OTHER, timeout=30) as s:
        while time.monotonic() < end:
            s.sendall(b"PX %d %d\n" % (x, y))
            if s.recv(100).split() == [b"PX", b"%d" % x, b"%d" % y, b"%02x%02x%02x" % rgb]:
                return True
    return False


def operate(wall):
    """Asks as muralctl does."""
    with attach(wall) as s, s.makefile("rb") as answers:
        s.sendall(b'{"do":"status"}\n')
        return b'"protocol"' in answers.readline() and answers.readline().startswith(b'{"is":')


SOLICITORS = []


def solicit(_wall):
    if not SOLICITORS:
        SOLICITORS.append(Solicitor())
    return SOLICITORS[0].is_answered()


# What is measured always, but for how long it takes; and what an attack names.
ALWAYS = (lambda wall: visit(wall, "/canvas.png"), lambda wall: visit(wall, "/frontend-pixels"))
PROBES = {
    "web": lambda wall: visit(wall, "/healthz"),
    "newcomer": register,
    "pixelflut": size,
    "p2": log_in,
    "p2 over WebSocket": log_in_by_websocket,
    "victim": paint_as_victim,
    "solicitation": solicit,
    "ping": ping_a_pixel,
    "operator": operate,
}
LOSSY = ("solicitation", "ping")  # a packet may be lost


def timed(probe, wall):
    """ms, and whether it was served."""
    start = time.monotonic()
    try:
        good = probe(wall)
    except OSError:
        good = False
    return (time.monotonic() - start) * 1000, good


def observe(wall, names, seconds):
    """Waits in ms, how many visits were refused, and how many there were."""
    waits, refused, visits, end = [], [], 0, time.monotonic() + seconds
    while time.monotonic() < end or not waits:
        for name in names:
            wait, good = timed(PROBES[name], wall)
            visits += 1
            refused += [] if good else [name]
            if good or name not in LOSSY:
                waits.append(wait)
        for probe in ALWAYS:
            visits += 1
            refused += [] if timed(probe, wall)[1] else ["picture or board"]
        time.sleep(0.01)  # a visitor's pause
    return waits, refused, visits


# ------------------------------------------------------------------------- resources

class Phases:
    """The longest phase of any of murald's loops, in ms of CPU time; by loop-phases.c."""

    def __init__(self, library):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(8))
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), 8)
        self.env = {"LD_PRELOAD": library, "LOOP_PHASES": self.file.name} if library else {}

    def take(self):
        longest = struct.unpack("Q", self.map[:])[0] / 1e6
        self.map[:] = bytes(8)
        return longest


class Watchdog(threading.Thread):
    """Plays systemd: the longest time between two of a wall's signs of life."""
    EVERY_S = 0.2

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(os.path.join(folder, "notify"))
        self.env = {"NOTIFY_SOCKET": os.path.join(folder, "notify"),
                    "WATCHDOG_USEC": str(int(2e6 * self.EVERY_S))}
        self.last, self.longest = time.monotonic(), 0
        self.start()

    def run(self):
        while True:
            if b"WATCHDOG=1" in self.socket.recv(1000):
                now = time.monotonic()
                self.longest, self.last = max(self.longest, now - self.last), now

    def take(self):
        """Seconds beyond what it is set to."""
        longest, self.longest = max(self.longest, time.monotonic() - self.last), 0
        return max(0, longest - self.EVERY_S)


def use(wall):
    """MiB, films in memory included, and descriptors."""
    with open("/proc/%d/status" % wall.process.pid) as f:
        memory = int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1)) / 1024
    return memory, len(os.listdir("/proc/%d/fd" % wall.process.pid))


class Period:
    """What was seen of one period: before, during or after an attack."""

    def __init__(self):
        self.waits, self.refused, self.visits, self.memory, self.descriptors = [], [], 0, 0, 0

    def look(self, wall, names, seconds):
        waits, refused, visits = observe(wall, names, seconds)
        self.waits += waits
        self.refused += refused
        self.visits += visits
        self.memory, self.descriptors = map(max, (self.memory, self.descriptors), use(wall))
        return self

    @property
    def median(self):
        return statistics.median(self.waits or [0])

    @property
    def worst(self):
        return max(self.waits or [0])
