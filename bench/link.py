# SPDX-License-Identifier: MIT
"""The link chapter of make bench: two walls and an engine on this machine, how long a pixel takes from one to
the other, and what a flood of one costs all three."""
import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from procfs import cpu_seconds

SIZE = "1280x720"
PAINTS = 100
PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"


def obstacle(program, link):
    if not os.path.exists(link):
        return "built without link: apt-get install libhiredis-dev libzstd-dev"
    if not shutil.which("redis-server") and not shutil.which("valkey-server"):
        return "no engine: apt-get install redis-server"
    return None if os.path.exists(program("pixelflut-flood")) else "needs bench/pixelflut-flood: make bench builds it"


class Pixel:
    """One connection that paints a pixel, or waits for it."""

    def __init__(self, wall):
        self.socket = wall.tcp("pixelflut")
        self.file = self.socket.makefile("rb")

    def paint(self, colour):
        self.socket.sendall(b"PX 100 100 %06x\n" % colour)

    def wait(self, colour):
        while True:
            self.socket.sendall(b"PX 100 100\n")
            if self.file.readline().split()[3] == b"%06x" % colour:
                return
            time.sleep(0.0005)  # between two looks


def latency(a, b):
    """Seconds from painting on one wall to the pixel on the other."""
    one, other, took = Pixel(a), Pixel(b), []
    for n in range(PAINTS):
        begun = time.monotonic()
        one.paint(0x010203 * (n + 1) & 0xffffff)
        other.wait(0x010203 * (n + 1) & 0xffffff)
        took.append(time.monotonic() - begun)
        time.sleep((n * 7 % 40) / 1000)  # so that the updates of the wall are not in step
    return took


def flood(program, seconds, wall, others):
    """Pixels a second, and of each process the part of a core that it took."""
    pids = [wall.pid] + [pid for pid in others if pid]
    before, begun = [cpu_seconds(pid) for pid in pids], time.monotonic()
    out = subprocess.run([program("pixelflut-flood"), "binary", "127.0.0.1", str(wall.port("pixelflut")), "1", SIZE,
                          str(seconds)], check=True, input="", stdout=subprocess.PIPE, text=True).stdout
    commands, took, _ = map(float, out.splitlines()[0].split())
    passed = time.monotonic() - begun
    return commands / took, [(cpu_seconds(pid) - was) / passed for pid, was in zip(pids, before)]


def measure(program, runs, seconds, spread, show):
    from linking import Engine, section, wait_linked
    from wall import Wall
    alone, linked, cores, sent = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Engine(folder) as engine, contextlib.ExitStack() as stack:
        def wall(name, more=""):
            os.mkdir(os.path.join(folder, name))
            return stack.enter_context(Wall(os.path.join(folder, name), PIXELFLUT + more, size=SIZE))
        a, b, one = wall("a", section(engine)), wall("b", section(engine)), wall("one")
        wait_linked(a, b)
        took = spread(latency(a, b))
        for _ in range(runs):  # in turns, so that a disturbance hits both
            alone.append(flood(program, seconds, one, [])[0])
            before = int(dict(line.split(":", 1) for line in engine.ask("INFO", "stats").decode().split("\r\n")
                              if ":" in line)["total_net_input_bytes"])
            begun = time.monotonic()
            rate, some = flood(program, seconds, a, [b.pid, engine.process.pid])
            linked.append(rate)
            cores.append(some)
            after = int(dict(line.split(":", 1) for line in engine.ask("INFO", "stats").decode().split("\r\n")
                             if ":" in line)["total_net_input_bytes"])
            sent.append((after - before) / (time.monotonic() - begun))
    ratio = statistics.median(x / y for x, y in zip(linked, alone))
    print("  paint here, pixel there   %s ms" % show(took, 1, 1e3))
    print("  a flood of %s pixels/s, alone %s   ratio %.2f" % (
        show(spread(linked), 1, 1e-6) + " M", show(spread(alone), 1, 1e-6) + " M", ratio))
    print("  to the engine %s MB/s; of a core: the other wall %s, the engine %s" % (
        show(spread(sent), 1, 1e-6), show(spread([c[1] for c in cores]), 2), show(spread([c[2] for c in cores]), 2)))
    return [{"name": "latency", "unit": "s", "murald": took, "ok": took["median"] <= 0.025},
            {"name": "flood", "unit": "pixels a second", "murald": spread(linked), "alone": spread(alone),
             "ratio": ratio, "bytes": spread(sent), "cores": cores, "ok": ratio >= 0.95}]
