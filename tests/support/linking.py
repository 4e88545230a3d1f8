# SPDX-License-Identifier: MIT
"""An engine that links walls, and what its log says: folded here from the text of doc/protocols.md,
not by murald's code, so that a mistake in one is not repeated in the other.

    with Engine(tmp_path) as engine, linked(engine, folder_a) as a, linked(engine, folder_b) as b:
        a.paint(dot(3, 4, (255, 0, 0)))
        converged(engine, a, b)
"""
import contextlib
import ctypes
import ctypes.util
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess

import pytest

from closing import Closing
from waiting import wait_for
from wall import DOTS, Wall, dot

TILE = 32
MASK64 = (1 << 64) - 1
NAMES = ["valkey", "redis"]


def server():
    """The program of an engine, or the one that the environment names."""
    if os.environ.get("MURALD_ENGINE"):
        return os.environ["MURALD_ENGINE"]
    for name in NAMES:
        if shutil.which(name + "-server"):
            return name + "-server"
    return pytest.skip("no engine: apt-get install redis-server")


def short_folder(folder, name):
    """A folder of that name; a socket's path must be short."""
    path = os.path.join(str(folder), name)
    os.makedirs(path, exist_ok=True)
    return path


class Refused(Exception):
    """The engine's error."""


class Client(Closing):
    """One connection to an engine."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def ask(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words)
                            + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        assert line.endswith(b"\r\n"), "the engine hung up"
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Refused(rest.decode())
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        return int(rest) if kind == b":" else rest

    def close(self):
        self.file.close()
        self.socket.close()


class Engine(Closing):
    """Valkey or Redis on a Unix socket, or with `port` on one of TCP; `more` are its options."""

    def __init__(self, folder, *more):
        self.folder = short_folder(folder, "engine")
        self.path = os.path.join(self.folder, "s")
        self.address = "unix:" + self.path
        self.more = more
        self.program = server()
        self.process = None
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--port", "0", "--unixsocket", self.path, "--save", "", "--dir",
                 self.folder, *self.more], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for("the engine", self.answers)

    def answers(self):
        assert self.process.poll() is None, "the engine ended"
        try:
            return self.ask("PING") == b"PONG"
        except (OSError, Refused, AssertionError):
            return False

    def ask(self, *words):
        with Client(self.path) as client:
            return client.ask(*words)

    def kill(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.remove(self.path)

    def close(self):
        if self.process.poll() is None:
            self.kill()


def free_ports(n):
    """Below those that the kernel gives to clients: tests beside this one have thousands."""
    with contextlib.ExitStack() as stack:
        some = []
        for port in random.sample(range(10000, 32000), 1000):
            with contextlib.suppress(OSError):
                stack.enter_context(socket.create_server(("", port)))
                some.append(port)
            if len(some) == n:
                return some
    raise AssertionError("no ports")


@contextlib.contextmanager
def cluster(folder, n, name="mural"):
    """Engines that are one cluster, of which the last has the keys of that wall, in one slot of two: a node that
    has none is a replica."""
    ports = free_ports(2 * n)
    with contextlib.ExitStack() as stack:
        nodes = []
        for port, bus in zip(ports[:n], ports[n:]):
            nodes.append(stack.enter_context(Engine(short_folder(folder, str(port)), "--port", str(port),
                                                    "--cluster-enabled", "yes", "--cluster-port", str(bus))))
            nodes[-1].address = "127.0.0.1:%d" % port
        slot = nodes[0].ask("CLUSTER", "KEYSLOT", key(name, "log"))
        nodes[0].ask("CLUSTER", "ADDSLOTS", *(i for i in range(16384) if i // 2 != slot // 2))
        nodes[-1].ask("CLUSTER", "ADDSLOTS", slot, slot ^ 1)
        for port, bus in zip(ports[1:n], ports[n + 1:]):
            nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", port, bus)
        for node in nodes:
            wait_for("the cluster", lambda node=node: b"cluster_state:ok" in node.ask("CLUSTER", "INFO"), 60)
        yield nodes


class Sentinel(Closing):
    """Watches an engine at that port of TCP, by the name of `mymaster`; it listens at `own`."""

    def __init__(self, folder, engine_port, host="127.0.0.1", own="127.0.0.1", prefix=()):
        with socket.create_server((own, 0)) as one:
            self.port = one.getsockname()[1]
        path = os.path.join(short_folder(folder, "sentinel"), "conf")
        with open(path, "w") as f:
            f.write("port %d\nbind %s\ndir %s\nsentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n"
                    "sentinel monitor mymaster %s %d 1\n"
                    "sentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 4000\n"
                    % (self.port, own, os.path.dirname(path), host, engine_port))
        with open(path + ".log", "ab") as log:
            self.process = subprocess.Popen([*prefix, server(), path, "--sentinel"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def close(self):
        self.process.kill()
        self.process.wait()


def section(engine, more="", name="mural"):
    return "[plugin link]\nengine = %s\nwall = %s\n%s\n" % (
        "unix:" + engine if isinstance(engine, str) else engine.address, name, more)


def linked(engine, folder, more="", name="mural", **rest):
    """A wall on that engine."""
    return Wall(folder, DOTS + section(engine, more, name), **rest)


def is_linked(wall):
    """Since the last time that it was alone."""
    said = re.findall(r"link: (linked by|.*goes on alone)", wall.log())
    return bool(said) and said[-1] == "linked by"


def wait_linked(*walls):
    for wall in walls:
        wait_for("%s to be linked" % wall.folder, lambda wall=wall: is_linked(wall), 60)


# ---- the log

_zstd = None


def zstd():
    global _zstd
    if _zstd is None:
        path = ctypes.util.find_library("zstd")
        if not path:
            pytest.skip("no libzstd: apt-get install libzstd1")
        _zstd = ctypes.CDLL(path)
        for name in ["ZSTD_decompress", "ZSTD_compress", "ZSTD_compressBound"]:
            getattr(_zstd, name).restype = ctypes.c_size_t
    return _zstd


def unpack(data, most):
    """What a frame holds; None: none, or more than that."""
    room = ctypes.create_string_buffer(most)
    n = zstd().ZSTD_decompress(room, ctypes.c_size_t(most), data, ctypes.c_size_t(len(data)))
    return room.raw[:n] if n <= most else None


def pack(data, level=1):
    bound = zstd().ZSTD_compressBound(ctypes.c_size_t(len(data)))
    room = ctypes.create_string_buffer(bound)
    n = zstd().ZSTD_compress(room, ctypes.c_size_t(bound), data, ctypes.c_size_t(len(data)), level)
    return room.raw[:n]


def payload(pixels, width, height):
    """The payload that changes {(x, y): rgb}."""
    tiles = {}
    for (x, y), rgb in pixels.items():
        place = y % TILE * TILE + x % TILE
        tiles.setdefault(y // TILE * -(-width // TILE) + x // TILE, {})[place] = rgb
    out = b""
    for tile, places in sorted(tiles.items()):
        area = tile_area(tile, width, height)
        order = sorted(places)
        out += struct.pack("<HH", tile, len(order))
        if len(order) == area:
            pass
        elif len(order) < 64:
            out += struct.pack("<%dH" % len(order), *order)
        else:
            out += sum(1 << place for place in order).to_bytes(128, "little")
        for channel in range(3):
            out += bytes(places[place][channel] for place in order)
    return b"\x01" + pack(out)


def tile_box(tile, width, height):
    tiles_x = -(-width // TILE)
    x, y = tile % tiles_x * TILE, tile // tiles_x * TILE
    return x, y, min(TILE, width - x), min(TILE, height - y)


def tile_area(tile, width, height):
    _, _, w, h = tile_box(tile, width, height)
    return w * h


def read_tile(data, width, height):
    """({(x, y): rgb}, the rest) of one tile; ValueError: it is none."""
    tile, n = struct.unpack_from("<HH", data)
    if tile >= -(-width // TILE) * -(-height // TILE):
        raise ValueError("no such tile")
    left, top, w, h = tile_box(tile, width, height)
    if not 0 < n <= w * h:
        raise ValueError("no such number of pixels")
    at = 4
    if n == w * h:
        places = [y * TILE + x for y in range(h) for x in range(w)]
    elif n < 64:
        places = list(struct.unpack_from("<%dH" % n, data, at))
        at += 2 * n
    else:
        mask = int.from_bytes(data[at:at + 128], "little")
        places = [place for place in range(TILE * TILE) if mask >> place & 1]
        at += 128
    if len(places) != n or places != sorted(set(places)) or len(data) < at + 3 * n:
        raise ValueError("not what it says")
    if any(p % TILE >= w or p // TILE >= h for p in places):
        raise ValueError("beyond the edge")
    pixels = {(left + p % TILE, top + p // TILE): (data[at + i], data[at + n + i], data[at + 2 * n + i])
              for i, p in enumerate(places)}
    return pixels, data[at + 3 * n:]


def read_payload(data, width, height):
    """{(x, y): rgb}; None: it makes no sense, and all walls skip it."""
    rest = unpack(data[1:], 512 * 1024) if data[:1] == b"\x01" else None
    pixels = {}
    if not rest:
        return None
    try:
        while rest:
            some, rest = read_tile(rest, width, height)
            pixels.update(some)
    except (ValueError, struct.error):
        return None
    return pixels


def mix(place, rgb):
    n = ((place << 32 | 0xff000000 | rgb[0] << 16 | rgb[1] << 8 | rgb[2]) + 0x9e3779b97f4a7c15) & MASK64
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9 & MASK64
    n = (n ^ n >> 27) * 0x94d049bb133111eb & MASK64
    return n ^ n >> 31


class Picture:
    """What the log of a wall says."""

    def __init__(self, width, height, planes):
        n = width * height
        self.width, self.height = width, height
        self.pixels = [(planes[i], planes[n + i], planes[2 * n + i]) for i in range(n)]

    def apply(self, pixels):
        for (x, y), rgb in pixels.items():
            self.pixels[y * self.width + x] = rgb

    def hash(self):
        value = 0
        for place, rgb in enumerate(self.pixels):
            value ^= mix(place, rgb)
        return b"%016x" % value

    def bytes(self):
        return bytes(channel for rgb in self.pixels for channel in rgb)


def key(name, what, region="0.0"):
    """Of a wall, or with its region as `name`, WALL.X.Y."""
    return "mural:{%s}:%s" % (name if name.count(".") == 2 else "%s.%s" % (name, region), what)


def id_of(text):
    return tuple(int(n) for n in text.split(b"-"))


def entries(engine, name="mural"):
    """[(id, {field: value})] of all that the log has."""
    return [(id_of(i), dict(zip(f[::2], f[1::2]))) for i, f in engine.ask("XRANGE", key(name, "log"), "-", "+")]


def fold(engine, name="mural", check=True):
    """The picture at the end of the log; each check in it must be right."""
    with Client(engine.path) as client:
        snap = client.ask("HGETALL", key(name, "snap"))
        log = client.ask("XRANGE", key(name, "log"), "-", "+")
    snap = dict(zip(snap[::2], snap[1::2]))
    width, height = int(snap[b"w"]), int(snap[b"h"])
    assert snap[b"format"] == b"rgb-planes"
    picture = Picture(width, height, unpack(snap[b"pic"], 3 * width * height))
    log = [(at, dict(zip(fields[::2], fields[1::2]))) for at, fields in log if id_of(at) > id_of(snap[b"id"])]
    checks = {fields[b"x"]: fields[b"h"] for _, fields in log if b"x" in fields} if check else {}
    hashes = {snap[b"id"]: picture.hash()} if snap[b"id"] in checks else {}
    for at, fields in log:
        pixels = read_payload(fields[b"d"], width, height) if b"d" in fields else None
        if pixels:
            picture.apply(pixels)
        if at in checks:
            hashes[at] = picture.hash()
    for at, value in hashes.items():
        assert value == checks[at], "check of %s" % at
    return picture


def differ(engine, *walls, name="mural"):
    """Which walls do not show what the log says; and how many pixels."""
    model = fold(engine, name, check=False).bytes()
    pictures = {wall.folder: wall.picture().tobytes() for wall in walls}
    return {folder: sum(1 for i in range(0, len(model), 3) if model[i:i + 3] != picture[i:i + 3])
            for folder, picture in pictures.items() if picture != model}


def converged(engine, *walls, name="mural", seconds=60):
    """Waits until all walls show what the log says; that picture."""
    wait_linked(*walls)

    def same():
        try:
            return not differ(engine, *walls, name=name)
        except (OSError, Refused, KeyError):
            return False
    try:
        wait_for("the walls to show one picture", same, seconds)
    except AssertionError as error:
        raise AssertionError("%s: they differ by %s pixels" % (error, differ(engine, *walls, name=name))) from error
    return fold(engine, name)


# ---- linked walls of a test

@contextlib.contextmanager
def walls(engine, folder, n, more="", **rest):
    """Walls a, b, c, ..., linked."""
    with contextlib.ExitStack() as stack:
        some = [stack.enter_context(linked(engine, short_folder(folder, "abcdef"[i]), more, **rest))
                for i in range(n)]
        wait_linked(*some)
        yield some


def scribble(seed, n, width=64, height=48):
    """Seeded dots."""
    rng = random.Random(seed)
    return b"".join(dot(rng.randrange(width), rng.randrange(height),
                        tuple(rng.randrange(256) for _ in range(3))) for _ in range(n))


def roll_back(engine):
    """As a server that lost its last seconds: it has again what it had at its last SAVE."""
    engine.kill()
    engine.start()


def over_relay(engine, folder, more="", **rest):
    """A wall that reaches that engine through its relay."""
    return Wall(folder, DOTS + "[plugin link]\nengine = localhost:%d\n%s" % (engine.relay.port, more), **rest)


def take_back(engine, folder, **rest):
    """A wall paints, and while that is on its way paints what was there before; the colour that all end with."""
    green, red = (0, 255, 0), (255, 0, 0)
    with over_relay(engine, short_folder(folder, "a"), **rest) as a, \
            linked(engine, short_folder(folder, "b")) as b:
        wait_linked(a, b)
        a.paint(dot(3, 3, green))
        b.painted(3, 3, green)
        a.wait_idle()
        engine.relay.delay = None
        a.paint(dot(3, 3, red))
        b.painted(3, 3, red)
        a.paint(dot(3, 3, green))
        engine.relay.delay = 0
        return converged(engine, a, b).pixels[3 * 64 + 3]
