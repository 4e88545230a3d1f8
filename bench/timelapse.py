# SPDX-License-Identifier: MIT
"""The timelapse's chapter of make bench; bench/README says what it measures."""
import io
import os
import random
import sqlite3
import tempfile
import threading
import time

import board

GOAL_SECONDS = 5
WIDTH, HEIGHT = board.WIDTH, board.HEIGHT


def obstacle(plugin):
    if not os.path.exists(plugin):
        return "built without http: ./configure says what is missing"
    return None


def fill(folder, n):
    """A log of n cells, set at random."""
    with board.open_wall(folder) as wall:
        assert wall.stop() == 0
    rng = random.Random(n)
    rows = ((i + 1, rng.randrange(HEIGHT) << 16 | rng.randrange(WIDTH), rng.randrange(16)) for i in range(n))
    with sqlite3.connect(os.path.join(folder, "board.db")) as db:
        db.executemany("INSERT INTO log VALUES (?, 0, ?, ?, 0, 1)", rows)
    db.close()


class Client(threading.Thread):
    """Sends small requests all the time until told to stop."""

    def __init__(self, wall):
        super().__init__()
        self.board, self.over, self.times = board.client(wall), False, []

    def run(self):
        while not self.over:
            start = time.perf_counter()
            self.board.settings()
            self.times.append((time.perf_counter() - start) * 1e3)
            time.sleep(0.001)  # a light load


def films(n, runs, spread, show):
    from PIL import Image
    times, kept, waits = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, n)
        with board.open_wall(folder) as wall, board.client(wall) as client:
            token = client.register()
            for i in range(runs):
                client.paint(token, i % HEIGHT, 0, i % 16)
                other = Client(wall)
                other.start()
                for figures in times, kept:
                    start = time.perf_counter()
                    gif = client.ask("GET", "/timelapse").body
                    figures.append(time.perf_counter() - start)
                other.over = True
                other.join()
                waits += other.times
    with Image.open(io.BytesIO(gif)) as image:
        frames = image.n_frames
    row = {"name": "%d cells set" % n, "unit": "s", "measure": "the same film, kept", "murald": spread(times),
           "least": spread(kept), "bytes": len(gif), "frames": frames, "meanwhile_ms": spread(waits),
           "goal": GOAL_SECONDS, "ok": max(times) < GOAL_SECONDS}
    print("  %-20s %s s   again %s s   %d frames, %.1f MB   GET /settings meanwhile %s ms   goal: %d s" % (
        row["name"], show(row["murald"], 2), show(row["least"], 3), frames, len(gif) / 1e6,
        show(row["meanwhile_ms"], 1), GOAL_SECONDS))
    return row


def measure(runs, spread, show):
    return [films(100000, runs, spread, show), films(1000000, max(1, runs // 3), spread, show)]

