# SPDX-License-Identifier: MIT
"""The reins chapter of make bench: how long an operator's acts take while others paint, and for how long one
who paints gets no answer meanwhile."""
import contextlib
import os
import tempfile
import threading
import time

SIZE = WIDTH, HEIGHT = 1280, 720
ROWS = 400                    # of the victim's: half a million pixels
PIXELS = WIDTH * ROWS
WORDS = 5 * 8                 # an undo reads three of the keeper's and the canvas's, and journals two
UNDO_MS, GAP_MS = 200, 10
PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"


class Painter(threading.Thread):
    """Paints a row of its own below the victim's, a few pixels at a time, and waits for the answer to each: the
    longest one of late."""

    def __init__(self, wall):
        super().__init__(daemon=True)
        self.socket, self.longest, self.going = wall.tcp("pixelflut", "127.0.0.3"), 0, True
        self.start()

    def run(self):
        at = 0
        while self.going:
            begun = time.monotonic()
            self.socket.sendall(b"PX %d %d 0000ff\nSIZE\n" % (at % WIDTH, HEIGHT - 1))
            self.socket.recv(100)
            self.longest = max(self.longest, time.monotonic() - begun)
            at += 1

    def take(self):
        longest, self.longest = self.longest, 0
        return 1000 * longest


def paint_victims(wall, colour):
    text = b"".join(b"PX %d %d %06x\n" % (x, y, colour) for y in range(ROWS) for x in range(WIDTH))
    with wall.tcp("pixelflut", "127.0.0.2") as client:
        client.sendall(text + b"SIZE\n")
        client.recv(100)


def copied(size):
    """ms that a memcpy() of so many bytes takes, into memory that was written before."""
    source, target = (memoryview(bytearray(fill * (size >> 12))) for fill in (os.urandom(1 << 12), b"x" * (1 << 12)))
    begun = time.monotonic()
    target[:] = source
    return 1000 * (time.monotonic() - begun)


class Acts:
    """What was measured, by the name of the act."""

    def __init__(self, operator, painter):
        self.operator, self.painter, self.took, self.gaps = operator, painter, {}, {}

    def do(self, name, verb, **with_):
        self.painter.take()
        begun = time.monotonic()
        answer = self.operator.done(verb, **with_)
        self.took.setdefault(name, []).append(1000 * (time.monotonic() - begun))
        self.gaps.setdefault(name, []).append(self.painter.take())
        return answer


def rounds(wall, acts, runs):
    """Half a million pixels are undone each time, and all else is done once."""
    right, limit = True, []
    for run in range(runs):
        paint_victims(wall, 0xff0000 + run)
        undone = acts.do("undo", "undo", source="127.0.0.2", rect="%dx%d+0+0" % (WIDTH, ROWS))
        right = right and undone["pixels"] == PIXELS
        limit.append(copied(PIXELS * WORDS))
        acts.do("undo of it", "undo", number=undone["number"])
        acts.do("freeze", "freeze")
        acts.do("thaw", "thaw")
        acts.do("clear", "clear")
        acts.do("restore", "restore", at="-1ms")
        time.sleep(0.5)  # what nobody does to the wall: the painter's longest wait by itself
        acts.painter.take()
        time.sleep(0.5)
        acts.gaps.setdefault("nothing", []).append(acts.painter.take())
    return right, limit


def measure(runs, spread, show):
    from control import Operator, control
    from wall import Wall
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        core = "[canvas]\nowners = yes\n[record]\nfile = %s/record\ninterval = 200ms\n%s" % (folder, control(folder))
        wall = stack.enter_context(Wall(folder, PIXELFLUT, size="%dx%d" % SIZE, core=core))
        painter = Painter(wall)
        acts = Acts(stack.enter_context(Operator(wall)), painter)
        right, limit = rounds(wall, acts, runs)
        painter.going = False
        painter.join(30)
    rows = []
    for name, took in acts.took.items():
        rows.append({"name": name, "unit": "ms", "murald": spread(took), "gap": spread(acts.gaps[name]), "ok": right})
        print("  %-12s %s ms   longest wait of one who paints %s ms" % (
            name, show(rows[-1]["murald"], 1), show(rows[-1]["gap"], 1)))
    rows[0].update(measure="memcpy", least=spread(limit), pixels=PIXELS)
    print("  nothing      longest wait of one who paints %s ms" % show(spread(acts.gaps["nothing"]), 1))
    print("  undo: %d pixels, goal %d ms; a memcpy() of what it reads and writes %s ms; %s" % (
        PIXELS, UNDO_MS, show(rows[0]["least"], 1), "all undone" if right else "NOT ALL UNDONE"))
    print("  goal for the longest wait: %d ms more than while nothing is done" % GAP_MS)
    return rows
