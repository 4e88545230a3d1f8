# SPDX-License-Identifier: MIT
"""The link chapter of make bench: two walls and an engine on this machine, how long a pixel takes from one to
the other, and what a flood of one costs all three."""
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from procfs import cpu_seconds, threads_seconds

SIZE = "1280x720"
PAINTS = 100
PAIRS = 3  # of floods in each run, which are scattered more than what they are to show
PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
STEADY = 5_000_000  # random pixels a second
MOST_BYTES, MOST_OF_A_CORE, LEAST_OF_A_FLOOD = 20e6, 0.12, 0.95


def obstacle(program, link):
    if not os.path.exists(link):
        return "built without link: apt-get install libhiredis-dev libzstd-dev"
    if not shutil.which("redis-server") and not shutil.which("valkey-server"):
        return "no engine: apt-get install redis-server"
    missing = [name for name in ("pixelflut-flood", "pixelflut-steady") if not os.path.exists(program(name))]
    return "needs bench/%s: make bench builds it" % missing[0] if missing else None


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


def engine_figures(engine):
    """Bytes that it was sent, and entries, ever."""
    def figure(section, pattern):
        found = re.search(pattern, engine.ask("INFO", section))
        return int(found.group(1)) if found else 0
    return figure("stats", rb"total_net_input_bytes:(\d+)"), figure("commandstats", rb"cmdstat_xadd:calls=(\d+)")


def steady(program, seconds, wall, others):
    """A load of so many pixels a second that no two updates are alike: pixels a second, and of each process the part
    of a core that it took."""
    pids = [wall.pid, *others]
    before, begun = [threads_seconds(pid) for pid in pids], time.monotonic()
    out = subprocess.run([program("pixelflut-steady"), "127.0.0.1", str(wall.port("pixelflut")), SIZE, str(seconds),
                          str(STEADY)], check=True, stdout=subprocess.PIPE, text=True).stdout
    commands, took = map(float, out.split())
    passed = time.monotonic() - begun
    return commands / took, [(threads_seconds(pid) - was) / passed for pid, was in zip(pids, before)]


def random_pixels(program, runs, seconds, spread, show, engine, one, a, b):
    """The same load on a wall alone and on a linked one, in turns."""
    rates, alone, cores, bytes_, entries = [], [], {"sender": [], "receiver": [], "engine": []}, [], []
    for _ in range(runs):
        rate_alone, (cost_alone,) = steady(program, seconds, one, [])
        before, begun = engine_figures(engine), time.monotonic()
        rate, (cost, receiver, server) = steady(program, seconds, a, [b.pid, engine.process.pid])
        after, passed = engine_figures(engine), time.monotonic() - begun
        rates.append(rate)
        alone.append(rate_alone)
        for name, value in (("sender", cost - cost_alone), ("receiver", receiver), ("engine", server)):
            cores[name].append(value)
        bytes_.append((after[0] - before[0]) / passed)
        entries.append((after[1] - before[1]) / passed)
    cores, bytes_ = {name: spread(values) for name, values in cores.items()}, spread(bytes_)
    ratio = statistics.median(x / y for x, y in zip(rates, alone))
    print("  random pixels %s, alone %s   ratio %.2f" % (
        show(spread(rates), 2, 1e-6) + " M/s", show(spread(alone), 2, 1e-6) + " M/s", ratio))
    print("  to the engine %s MB/s in %s entries a second" % (show(bytes_, 1, 1e-6), show(spread(entries), 0)))
    print("  of a core: the wall that is painted %s more than alone, the other %s, the engine %s" % (
        tuple(show(cores[name], 3) for name in ("sender", "receiver", "engine"))))
    missed = [word for word, value, most in (
        ("20 MB/s", bytes_["median"], MOST_BYTES), ("0.12 of a core to send", cores["sender"]["median"], MOST_OF_A_CORE),
        ("0.12 of a core to follow", cores["receiver"]["median"], MOST_OF_A_CORE)) if value > most]
    for word in missed:
        print("  MISSED: at most " + word)
    return {"name": "random pixels", "unit": "pixels a second", "murald": spread(rates), "alone": spread(alone),
            "ratio": ratio, "bytes": bytes_, "cores": cores, "ok": ratio >= LEAST_OF_A_FLOOD and not missed}


def measure(program, runs, seconds, spread, show):
    from linking import Engine, section, wait_linked
    from wall import Wall
    alone, linked, cores, sent = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Engine(folder) as engine, contextlib.ExitStack() as stack:
        def wall(name, more=""):
            os.mkdir(os.path.join(folder, name))
            return stack.enter_context(Wall(os.path.join(folder, name), PIXELFLUT + more, size=SIZE))
        a, b, one = (wall(name, section(engine, "bandwidth = 64M") if name != "one" else "") for name in ("a", "b", "one"))
        wait_linked(a, b)
        took = spread(latency(a, b))
        for _ in range(PAIRS * runs):  # in turns, so that a disturbance hits both
            alone.append(flood(program, seconds, one, [])[0])
            before = engine_figures(engine)[0]
            begun = time.monotonic()
            rate, some = flood(program, seconds, a, [b.pid, engine.process.pid])
            linked.append(rate)
            cores.append(some)
            sent.append((engine_figures(engine)[0] - before) / (time.monotonic() - begun))
        row = random_pixels(program, runs, seconds, spread, show, engine, one, a, b)
    ratio = statistics.median(x / y for x, y in zip(linked, alone))
    print("  paint here, pixel there   %s ms" % show(took, 1, 1e3))
    print("  a flood of %s pixels/s, alone %s   ratio %.2f" % (
        show(spread(linked), 1, 1e-6) + " M", show(spread(alone), 1, 1e-6) + " M", ratio))
    print("  to the engine %s MB/s; of a core: the other wall %s, the engine %s" % (
        show(spread(sent), 1, 1e-6), show(spread([c[1] for c in cores]), 2), show(spread([c[2] for c in cores]), 2)))
    return [{"name": "latency", "unit": "s", "murald": took, "ok": took["median"] <= 0.025},
            {"name": "flood", "unit": "pixels a second", "murald": spread(linked), "alone": spread(alone),
             "ratio": ratio, "bytes": spread(sent), "cores": cores, "ok": ratio >= LEAST_OF_A_FLOOD}, row]
