# SPDX-License-Identifier: MIT
"""The pixel board's chapter of make bench; bench/README says what it measures."""
import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from procfs import cpu_seconds

GOAL = 0.7
GET_GOAL_MS = 1
WIDTH, HEIGHT, CELL = 200, 100, 8


def obstacle(program):
    if not os.path.exists(program("httpsink")):
        return "built without http: ./configure says what is missing"
    if not shutil.which("wrk"):
        return "no wrk: apt-get install wrk"
    if os.cpu_count() < 2:
        return "needs two CPUs, one for the sender"
    return None


def open_wall(folder, prefix=(), others=""):
    from wall import Wall
    return Wall(folder, "%s\n[plugin http]\nlisten = 127.0.0.1:0\nboard = %dx%d\npixel-rate = 0ms\n"
                "database = %s/board.db\n" % (others, WIDTH, HEIGHT, folder),
                size="%dx%d" % (WIDTH * CELL, HEIGHT * CELL), prefix=prefix)


def client(wall):
    from boardclient import Board
    return Board(wall)


def flood(sender, port, token, seconds):
    """Requests answered with 200, and per second; and errors."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "board.lua")
    out = subprocess.run([*sender, "wrk", "-t1", "-c16", "-d", "%ds" % max(1, round(float(seconds))), "-s", script,
                          "http://127.0.0.1:%d" % port, "--", token], check=True, stdout=subprocess.PIPE, text=True)
    requests, microseconds, errors = map(int, out.stdout.splitlines()[-1].split())
    return requests, requests / (microseconds / 1e6), errors


@contextlib.contextmanager
def sink(program, receiver):
    with subprocess.Popen([*receiver, program("httpsink")], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def puts(program, runs, seconds, spread, show, sender, receiver):
    rates, costs, logged = {"murald": [], "sink": []}, {"murald": [], "sink": []}, 0
    with tempfile.TemporaryDirectory() as folder, open_wall(folder, receiver) as wall, client(wall) as board, \
            sink(program, receiver) as (answerer, port):
        token, errors, sent = board.register(), 0, 0
        for run in range(runs):
            for who in ("murald", "sink") if run % 2 else ("sink", "murald"):
                pid = wall.process.pid if who == "murald" else answerer.pid
                before = cpu_seconds(pid)
                n, rate, wrong = flood(sender, wall.port("http") if who == "murald" else port, token, seconds)
                if who == "murald":
                    time.sleep(1.2)  # until the last of it is in the database, which is part of the cost
                    sent += n
                rates[who].append(rate)
                costs[who].append((cpu_seconds(pid) - before) / max(n, 1) * 1e6)
                errors += wrong
        logged = board.settings()["stats"]["pixels"]
    right = errors == 0 and sent <= logged <= sent + 16 * runs  # wrk may be gone before a last answer
    ratio = statistics.median(m / s for m, s in zip(rates["murald"], rates["sink"]))
    row = {"name": "PUT /update-pixel", "unit": "requests a second", "measure": "a server that only answers 200",
           "murald": spread(rates["murald"]), "least": spread(rates["sink"]), "ratio": ratio, "goal": GOAL,
           "cpu_us": spread(costs["murald"]), "least_cpu_us": spread(costs["sink"]), "right": right,
           "ok": right and ratio >= GOAL}
    print("  PUT /update-pixel            %s k/s   only answering %s k/s   ratio %.2f (goal %.1f)   %s" % (
        show(row["murald"], 1, 1e-3), show(row["least"], 1, 1e-3), ratio, GOAL,
        "all painted" if right else "NOT ALL PAINTED"))
    print("                               %s us CPU   only answering %s us" % (
        show(row["cpu_us"], 1), show(row["least_cpu_us"], 1)))
    return row


def gets(name, runs, spread, show, change, goal=GET_GOAL_MS):
    """One GET /pixels after another on one connection, with a change before each; and how long an
    answer without any work takes."""
    times, nothing = [], []
    dots = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
    with tempfile.TemporaryDirectory() as folder, open_wall(folder, others=dots) as wall, \
            client(wall) as board, wall.tcp("pixelflut") as flut:
        token = board.register()
        for i in range(20 * runs):
            change(board, token, flut, i)
            for path, kept in (("/getPixelAuthor/x/x", nothing), ("/pixels?id=" + token, times)):
                start = time.perf_counter()
                answer = board.ask("GET", path)
                kept.append((time.perf_counter() - start) * 1e3)
        right = answer.status == 200 and len(answer.json()["pixels"]) == HEIGHT
    row = {"name": name, "unit": "ms a request", "measure": "a 404", "murald": spread(times), "least": spread(nothing),
           "goal": goal, "ok": right and (
               goal is None or statistics.median(times) - statistics.median(nothing) < goal)}
    print("  GET /pixels, %-15s %s ms   a 404 %s ms%s" % (
        name, show(row["murald"], 2), show(row["least"], 2), goal and "   goal: less than %d more" % goal or ""))
    return row


def repaint_all(board, token, flut, i):
    """Repaints every pixel of the board by Pixelflut, and waits until it is done."""
    size = WIDTH * CELL, HEIGHT * CELL
    colour = b"%06x" % (i * 0x1234567 % 0xffffff)
    if not hasattr(repaint_all, "places"):
        repaint_all.places = [b"PX %d %d " % (x, y) for y in range(size[1]) for x in range(size[0])]
    flut.sendall((colour + b"\n").join([*repaint_all.places, b"PX 0 0\n"])[:-7] + b"PX 0 0\n")
    flut.recv(100)


def measure(program, runs, seconds, spread, show, sender, receiver):
    return [
        puts(program, runs, seconds, spread, show, sender, receiver),
        gets("as it was", runs, spread, show, lambda *_: None),
        gets("a cell set", runs, spread, show,
             lambda board, token, flut, i: board.paint(token, i % HEIGHT, i % WIDTH, i % 16)),
        gets("all repainted", max(1, runs // 8), spread, show, repaint_all, None),
    ]
