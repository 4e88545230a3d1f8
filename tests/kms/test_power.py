# SPDX-License-Identifier: MIT
"""Power cuts under load: what was acknowledged is there when the machine is back.

disk.py describes the disk.  Three cuts; 20 with MURALD_LONG=1.
"""
import http.client
import io
import json
import os
import random
import shutil
import socket
import sqlite3
import threading
import time
import urllib.request

import pytest
from PIL import Image

import guests as g
from disk import Disk, Record, missing

WIDTH, HEIGHT, NOISE = 128, 96, 64  # the board is below the noise
BOARD = 8, 4
SNAPSHOT, SYNC, BATCH = 2, 10, 1  # seconds that a power cut may cost
ROUNDS = 20 if os.environ.get("MURALD_LONG") == "1" else 3
CONFIG = r"""[canvas]
size = %dx%d
snapshot = /data/canvas.png
snapshot-interval = %ds
[record]
file = /data/record
interval = 200ms
max-size = 16M
[control]
log = /data/control.log
state = /data/control.state
[display]
output = headless
[server]
plugin-path = /usr/lib/murald
[plugin pixelflut]
listen = 0.0.0.0:1234
[plugin http]
listen = 0.0.0.0:8080
database = /data/board.db
board = %dx%d
offset = 0,%d
region = 64x32
pixel-rate = 0
""" % (WIDTH, HEIGHT, SNAPSHOT, *BOARD, NOISE)


def noise(number):
    """A different picture for each number, which is in the first pixel; black for 0."""
    if number == 0:
        return bytes(WIDTH * NOISE * 3)
    pixels = bytearray(random.Random(number).randbytes(WIDTH * NOISE * 3))
    pixels[:3] = number.to_bytes(3, "big")
    return bytes(pixels)


def number_of(pixels):
    return int.from_bytes(pixels[:3], "big")


def is_whole(pixels, load):
    """All of one noise, or a mixture with the next one, which was being painted."""
    number = number_of(pixels)
    noises = [noise(n) for n in {number, number + 1, load.first}]  # the last: from a wall restored like that
    return all(any(pixels[o:o + 3] == n[o:o + 3] for n in noises)
               for o in range(0, WIDTH * NOISE * 3, 3))


class Load:
    """Paints and registers until the guest is gone, and remembers what was acknowledged."""

    def __init__(self, ports, number):
        self.flut, self.web = ports
        self.painted = {}   # number of a noise: when all of it was there
        self.first, self.number = number + 1, number
        self.tokens = []
        self.cells = []     # (when it was asked, answered, place, colour)
        self.sure = 0       # number of cells set before the last token was handed out
        self.slowest = 0    # answer
        self.quiet = threading.Event()
        self.threads = [threading.Thread(target=self.until_it_ends, args=(work,))
                        for work in (self.paint, self.play)]
        for thread in self.threads:
            thread.start()

    def until_it_ends(self, work):
        try:
            work()
        except (OSError, http.client.HTTPException):
            pass  # the power was cut

    def join(self):
        for thread in self.threads:
            thread.join()

    def paint(self):
        with socket.create_connection(("127.0.0.1", self.flut), 20) as client:
            while not self.quiet.is_set():
                self.number += 1
                pixels = noise(self.number)
                text = ["PX %d %d %s\n" % (i % WIDTH, i // WIDTH, pixels[3 * i:3 * i + 3].hex())
                        for i in [*range(1, WIDTH * NOISE), 0]]  # the number comes last
                client.sendall("".join(text).encode() + b"PX 0 0\n")
                if not client.recv(100):
                    return
                self.painted[self.number] = time.monotonic()
                time.sleep(0.1)  # a pace that the guest can follow

    def play(self):
        client = http.client.HTTPConnection("127.0.0.1", self.web, timeout=20)

        def put(path, **body):
            asked = time.monotonic()
            client.request("PUT", path, json.dumps(body))
            answer = client.getresponse()
            body = json.loads(answer.read())
            assert answer.status == 200, body
            self.slowest = max(self.slowest, time.monotonic() - asked)
            return asked, body

        rng = random.Random(self.number)
        while not self.quiet.is_set():
            before = len(self.cells)
            self.tokens.append(put("/register-pg", name="n%d" % rng.randrange(2**60), author="a",
                                   secret="s")[1]["id"])
            self.sure = before
            for _ in range(12):
                row, column, colour = rng.randrange(BOARD[1]), rng.randrange(BOARD[0]), rng.randrange(16)
                asked, _ = put("/update-pixel", id=self.tokens[-1], row=row, col=column, color=colour)
                self.cells.append((asked, time.monotonic(), row << 16 | column, colour))
                time.sleep(0.02)  # a pace that the guest can follow

    def age(self, number, cut):
        """How long before the cut a later noise had been painted."""
        later = [at for n, at in self.painted.items() if n > number]
        return cut - min(later) if later else 0


class Machine:
    """A booted guest; its disk passes from one to the next."""

    def __init__(self, kernel, initrd, disk):
        ports = [(g.free_port(), 1234), (g.free_port(), 8080)]
        self.ports, self.disk = [port for port, _ in ports], disk
        self.guest = g.rig.Guest(kernel, initrd, arch=g.QEMU[g.debian_arch()], forward=ports, more=disk.devices())
        try:
            self.guest.run("mkdir /data && mount -t ext4 /dev/vda /data", check=True)
            self.guest.run("printf '%s' >/run/conf" % CONFIG.replace("\n", "\\n"), check=True)
            self.guest.run("murald -c /run/conf >/run/log 2>&1 & echo $! >/run/pid", check=True)
            g.wait_for("the board", lambda: "http: paint with" in self.log(), 60)
        except BaseException:
            self.guest.close()
            raise

    def log(self):
        log = self.guest.run("cat /run/log; kill -0 $(cat /run/pid) || echo murald ended")[1]
        assert "murald ended" not in log, log
        return log

    def parts(self):
        """The complete segments of the record, and their sizes."""
        out = self.guest.run("cd /data && stat -c '%n %s' record.* 2>/dev/null")[1]
        return {name: int(size) for name, size in (line.split() for line in out.splitlines())}

    def cut(self, rng):
        self.guest.cut()
        at = time.monotonic()
        self.guest.close()
        return at, self.disk.lose_power(rng)

    def get(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d/%s" % (self.ports[1], path), timeout=30) as answer:
            return answer.read()


@pytest.fixture(scope="module")
def switch_on(all_guests, tmp_path_factory):
    need = missing()
    g.need(not need, "no %s: apt-get install e2fsprogs" % need)
    g.need(os.path.exists(g.BUILD + "/.libs/http.so"), "murald was built without the http plugin")
    folder = tmp_path_factory.mktemp("power")
    modules = ["virtio_blk", "crc32c_generic", "ext4"]
    initrd = g.make_initrd(all_guests.kernel, str(folder / "initrd"), more=["--module=" + name for name in modules])
    machines = []

    def one(disk):
        machines.append(Machine(all_guests.kernel, initrd, disk))
        return machines[-1]
    yield one
    for machine in machines:
        machine.guest.close()


# ---------------------------------------------------------------- what must be there

def check_snapshot(folder, load, cut):
    """The age of the picture, in seconds."""
    with Image.open(folder + "/canvas.png") as image:
        assert image.size == (WIDTH, HEIGHT)
        pixels = image.convert("RGB").tobytes()
    assert is_whole(pixels[:WIDTH * NOISE * 3], load)
    age = load.age(number_of(pixels), cut)
    # an interval, and the time to save two
    assert age <= SNAPSHOT + 1 + 4 * load.slowest, "the snapshot is %.1f s old" % age
    return age


def check_board(folder, tokens, load, cut):
    """How many seconds of cells are lost."""
    with sqlite3.connect(folder + "/board.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        known = {row[0] for row in db.execute("SELECT id FROM generator")}
        log = db.execute("SELECT place, colour FROM log ORDER BY number DESC LIMIT ?",
                         (len(load.cells) + 1,)).fetchall()[::-1]
    db.close()
    assert set(tokens) <= known, "a token that was handed out is gone"
    told = [cell[2:] for cell in load.cells]
    # one more may be there whose answer did not arrive
    there = max(n for n in range(len(told) + 1)
                if told[:n] == log[len(log) - n:] or told[:n] == log[len(log) - n - 1:-1])
    assert there >= load.sure, "%d cells are there, a token came after %d" % (there, load.sure)
    if there == len(told):
        return 0
    gone = cut - load.cells[there][1]
    assert gone <= BATCH + 0.5 + 2 * load.slowest, "%.1f s of cells are gone" % gone
    return gone


def check_record(folder, load, cut, parts):
    """How many seconds of the wall's history are lost."""
    record = Record(folder)
    for name, size in parts.items():
        assert os.path.getsize("%s/%s" % (folder, name)) == size, "%s was cut short" % name
        assert record.whole[name], "%s is not whole" % name
    assert [ms for ms, _ in record.moments] == sorted(ms for ms, _ in record.moments)
    numbers = [number_of(pixels) for _, pixels in record.moments]
    mine = [number for number in numbers if number >= load.first]
    assert mine == sorted(mine)
    assert is_whole(record.moments[-1][1][:WIDTH * NOISE * 3], load)
    gone = load.age(numbers[-1], cut)
    assert gone <= SYNC + 1 + 4 * load.slowest, "%.1f s of the record are gone" % gone
    return gone, len(numbers)


def check_again(machine, tokens):
    """After the next boot: nothing was set aside but the end of a record."""
    log = machine.log()
    assert "snapshot: restored /data/canvas.png" in log and "error" not in log, log
    assert "broken" not in log and "set aside" not in log, log
    for line in log.splitlines():
        assert "warn" not in line or "a new segment begins" in line, log
    history = json.loads(machine.get("history"))
    for at in (history["first"], (history["first"] + history["last"]) / 2, history["last"]):
        with Image.open(io.BytesIO(machine.get("history?at=%.3f" % at))) as image:
            assert image.size == (WIDTH, HEIGHT)
    for token in random.sample(tokens, min(3, len(tokens))):
        body = json.dumps({"id": token, "row": 3, "col": 7, "color": 2}).encode()
        asked = urllib.request.Request("http://127.0.0.1:%d/update-pixel" % machine.ports[1], body, method="PUT")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200


def new_parts(machine, seconds):
    """The segments of the record that become complete within that time."""
    before = machine.parts()
    time.sleep(seconds)  # a cut comes at any moment
    return {name: size for name, size in machine.parts().items() if name not in before}


def check_all(disk, number, tokens, load, cut, parts):
    replayed = disk.check()
    folder = disk.files("files%d" % number)
    snapshot, board = check_snapshot(folder, load, cut), check_board(folder, tokens, load, cut)
    record, moments = check_record(folder, load, cut, parts)
    print("cut %d: journal %s; the snapshot is %.1f s old, %.1f s of cells and %.1f s of the record "
          "are gone; %d tokens, %d cells, %d moments, %d new parts; slowest answer %.1f s" % (
              number, "replayed" if replayed else "clean", snapshot, board, record, len(tokens),
              len(load.cells), moments, len(parts), load.slowest))
    shutil.rmtree(folder)


# ---------------------------------------------------------------- the power is cut

def test_at_any_moment(switch_on, tmp_path):
    seed = int(time.time())
    print("seed %d" % seed)
    rng, disk, tokens, number = random.Random(seed), Disk(tmp_path), [], 0
    for cut_number in range(ROUNDS):
        machine = switch_on(disk)
        if tokens:
            check_again(machine, tokens)
        load = Load(machine.ports, number)
        parts = new_parts(machine, rng.uniform(4, 15))
        cut, (kept, lost) = machine.cut(rng)
        load.join()
        assert len(load.painted) > 2 and load.tokens and load.sure, "it was not under load"
        print("%d kB written, %d kB of it lost" % ((kept + lost) // 1024, lost // 1024))
        tokens += load.tokens
        number = load.number + 10
        check_all(disk, cut_number, tokens, load, cut, parts)
    check_again(switch_on(disk), tokens)


def test_after_a_quiet_while(switch_on, tmp_path):
    """Nothing is lost when nobody has painted for a while."""
    disk = Disk(tmp_path)
    machine = switch_on(disk)
    load = Load(machine.ports, 0)
    g.wait_for("a part of the record", machine.parts, 60)
    load.quiet.set()
    load.join()
    time.sleep(SYNC + 2)  # the most that may pass until all is flushed
    parts = machine.parts()
    cut, _ = machine.cut(random.Random(1))
    check_all(disk, 0, load.tokens, load, cut, parts)
    folder = disk.files("files")
    assert number_of(Record(folder).moments[-1][1]) == max(load.painted)
    with Image.open(folder + "/canvas.png") as image:
        assert image.convert("RGB").tobytes()[:WIDTH * NOISE * 3] == noise(max(load.painted))
    assert check_board(folder, load.tokens, load, cut) == 0
