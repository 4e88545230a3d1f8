# SPDX-License-Identifier: MIT
"""The viewers chapter of make bench: the cost of showing the wall to one viewer and to many, over
both protocols, under light and heavy painting; and what a viewer's line takes, from a wall at rest to a
million pixels a second, beside pictures that are not compressed."""
import contextlib
import math
import os
import random
import subprocess
import tempfile
import threading
import time

from procfs import cpu_seconds

SIZE = 1920, 1080
SMALL = 1280, 720  # of the rows about lines
FPS = 10
# The least that breakwater sends to one viewer of a 1920x1080 wall (660 to 890 Mbit/s were measured);
# /live may need a hundredth of that for light painting.
PEER_BYTES = 660e6 / 8


class Painter(threading.Thread):
    """Pixelflut commands at a steady pace: sends the `parts` in turn, `per_second` of them."""

    def __init__(self, port, parts, per_second):
        import socket
        super().__init__(daemon=True)
        self.parts, self.pause = parts, 1 / per_second
        self.over = threading.Event()
        self.socket = socket.create_connection(("127.0.0.1", port))

    def run(self):
        due, i = time.monotonic(), 0
        while not self.over.wait(max(0, due - time.monotonic())):
            self.socket.sendall(self.parts[i % len(self.parts)])
            i, due = i + 1, due + self.pause

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *rest):
        self.over.set()
        self.join()
        self.socket.close()


def light():
    """5000 pixels a second, each changed and at a random place."""
    rng = random.Random(1)
    places = [(rng.randrange(SIZE[0]), rng.randrange(SIZE[1])) for _ in range(10000)]
    commands = [b"PX %d %d %06x\n" % (x, y, rng.randrange(1 << 24)) for _ in range(2) for x, y in places]
    return [b"".join(commands[i:i + 100]) for i in range(0, len(commands), 100)], 50


def heavy():
    """A picture like a photograph, 640x360, ten times a second at another place: 2.3 million
    pixels a second."""
    rng = random.Random(2)
    noise = [rng.randrange(-6, 7) for _ in range(4096)]
    parts = []
    for n in range(8):
        left, top = rng.randrange(SIZE[0] - 640), rng.randrange(SIZE[1] - 360)
        lines = []
        for y in range(360):
            for x in range(640):
                grain = noise[(x * 31 + y * 17 + n) & 4095]
                r, g, b = x * 200 // 640 + 20 + grain, y * 200 // 360 + 20 + grain, (x + y) * 100 // 500 + 40 + grain
                lines.append(b"PX %d %d %02x%02x%02x\n" % (left + x, top + y, r & 255, g & 255, b & 255))
        parts.append(b"".join(lines))
    return parts, 10


def dots(per_second, ticks=20):
    """So many pixels a second, each changed and at a random place."""
    rng = random.Random(3)
    each = per_second // ticks
    places = [(rng.randrange(SMALL[0]), rng.randrange(SMALL[1])) for _ in range(40 * each)]
    commands = [b"PX %d %d %06x\n" % (x, y, rng.randrange(1 << 24)) for _ in range(2) for x, y in places]
    return [b"".join(commands[i:i + each]) for i in range(0, len(commands), each)], ticks


def plasma(per_second, high=100, pictures=20, ticks=20):
    """So many pixels a second, of a picture that changes smoothly, in a block that is painted again and again."""
    width = per_second // ticks // high
    parts = []
    for t in range(pictures):
        lines = []
        for y in range(high):
            for x in range(width):
                waves = [int(127 + 60 * math.sin(x / a + t * 0.3) + 60 * math.cos(y / b - t * 0.2))
                         for a, b in ((37, 29), (53, 17), (23, 61))]
                lines.append(b"PX %d %d %02x%02x%02x\n" % (200 + x, 300 + y, *waves))
        parts.append(b"".join(lines))
    return parts, ticks


# What the painters of a wall do, and what a viewer's line may take of /ws then (KB a second).
LINES = (("at rest", None, 1), ("100 px/s", lambda: dots(100), 10), ("10 k px/s", lambda: dots(10000), None),
         ("1 M px/s", lambda: plasma(1000000), None))


def audience(program, wall, path, viewers, seconds):
    """CPU of murald in cores, the slowest viewer's frames a second, bytes a second for each.  A path may be
    followed by the word plain."""
    watchers = None
    if viewers:
        watchers = subprocess.Popen(
            ["nice", "-n-10", "taskset", "-c", "1", program("audience"), str(wall.port("http")), path.split()[0], str(viewers),
             str(seconds), *path.split()[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert watchers.stdout.readline() == "ready\n"
        time.sleep(0.5)  # after the first pictures
    cpu, start = cpu_seconds(wall.process.pid), time.monotonic()
    if not watchers:
        time.sleep(seconds)  # what is measured
        return (cpu_seconds(wall.process.pid) - cpu) / seconds, 0, 0
    out, _ = watchers.communicate("go\n")
    passed = time.monotonic() - start
    total, least, _ = map(int, out.split())
    return (cpu_seconds(wall.process.pid) - cpu) / passed, least / seconds, total / seconds / viewers


def measure(program, runs, seconds, spread):
    from wall import Wall
    rows, seconds = [], max(2.0, float(seconds))
    for name, (parts, per_second), many in ("light", light(), 500), ("heavy", heavy(), 50):
        with tempfile.TemporaryDirectory() as folder:
            plugins = ("[plugin pixelflut]\nlisten = 127.0.0.1:0\n[plugin http]\nlisten = 127.0.0.1:0\n"
                       "viewer-fps = %d\ndatabase = %s/board.db\n" % (FPS, folder))
            with Wall(folder, plugins, size="%dx%d" % SIZE, prefix=["taskset", "-c", "0"]) as wall, \
                    Painter(wall.port("pixelflut"), parts, per_second):
                for path in "/live", "/ws":
                    rows.append(row(program, wall, name, path, many, runs, seconds, spread))
    return rows + lines_measure(program, seconds)


def line_row(program, wall, name, path, most, seconds):
    """What one viewer's line takes, beside each of its frames as three bytes a pixel."""
    _, fps, each = audience(program, wall, path, 1, seconds)
    whole = SMALL[0] * SMALL[1] * 3 * fps
    row = {"name": "%s, %s" % (path, name), "unit": "bytes a second for each viewer", "murald": each,
           "fps": fps, "uncompressed": whole, "ok": path != "/ws" or most is None or each <= most * 1000}
    print("  %-24s %9.2f KB/s for each at %4.1f frames/s   not compressed %9.0f KB/s%s" % (
        row["name"], each / 1e3, fps, whole / 1e3, "" if row["ok"] else "   MISSED: %d KB/s" % most))
    return row


def lines_measure(program, seconds):
    """On the wall that the page is usually looked at, with the frames a second that murald has by default."""
    from wall import Wall
    rows = []
    for name, painting, most in LINES:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            wall = stack.enter_context(Wall(
                folder, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n[plugin http]\nlisten = 127.0.0.1:0\n"
                "database = %s/board.db\n" % folder, size="%dx%d" % SMALL, prefix=["taskset", "-c", "0"]))
            if painting:
                stack.enter_context(Painter(wall.port("pixelflut"), *painting()))
            for path in "/live", "/ws", "/ws plain":
                rows.append(line_row(program, wall, name, path, most, seconds))
    return rows


def row(program, wall, name, path, many, runs, seconds, spread):
    nobody, one, crowd = [], [], []
    for _ in range(max(1, runs // 3)):
        nobody.append(audience(program, wall, path, 0, seconds))
        one.append(audience(program, wall, path, 1, seconds))
        crowd.append(audience(program, wall, path, many, seconds))
    paint = spread([r[0] for r in nobody])["median"]
    cpu_one = spread([max(r[0] - paint, 0) for r in one])
    cpu_crowd = spread([max(r[0] - paint, 0) for r in crowd])
    each = (cpu_crowd["median"] - cpu_one["median"]) / (many - 1)
    bytes_each, fps = spread([r[2] for r in one]), min(r[1] for r in one + crowd)
    carried = int((1 - cpu_one["median"]) / each) + 1 if each > 0 else None
    row = {"name": "%s, %s" % (path, name), "unit": "bytes a second for each viewer", "murald": bytes_each,
           "cpu_one": cpu_one, "cpu_crowd": cpu_crowd, "crowd": many, "cpu_painting": paint, "fps": fps,
           "carried": carried, "ratio": cpu_crowd["median"] / max(cpu_one["median"], 1e-3)}
    is_short = (path, name) != ("/live", "light") or bytes_each["median"] <= PEER_BYTES / 100
    row["ok"] = is_short and fps >= 0.8 * FPS
    print("  %-12s %7.1f KB/s for each   CPU of one core: 1 viewer %4.1f %%, %d viewers %4.1f %%, ratio %.1f   "
          "%.1f frames/s   one core carries %s" % (
              row["name"], bytes_each["median"] / 1e3, cpu_one["median"] * 100, many, cpu_crowd["median"] * 100,
              row["ratio"], fps, carried))
    if not row["ok"]:
        print("  MISSED: %d frames a second for everybody, and /live a hundredth of %.0f Mbit/s on light paint" % (
            FPS, PEER_BYTES * 8e-6))
    return row


def obstacle(program):
    if os.cpu_count() < 2:
        return "needs two CPUs, one for the audience"
    if not os.path.exists(program("audience")):
        return "built without http: see what configure said"
    return None
