#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make bench: measures this build and prints a table; bench/README explains it.

BENCH_RUNS (9) and BENCH_SECONDS (1) set the number and length of runs, `make bench BENCH='canvas'`
selects chapters.  Exit status 1 if a result is wrong or a goal is missed.
"""
import contextlib
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import board
import instructions
import link
import owners
import page
import pixelflut
import reins
import timelapse
import viewers
import xdpings
from procfs import cpu_seconds

BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
SOURCE = os.path.abspath(os.environ.get("top_srcdir", "."))


def setting(name, otherwise, kind):
    """A setting from the environment, as text; must be a number above 0."""
    text = os.environ.get(name) or otherwise
    try:
        fine = 0 < kind(text) < float("inf")
    except ValueError:
        fine = False
    if not fine:
        sys.exit("bench: %s=%s: %s above 0 is wanted" % (name, text, "a whole number" if kind is int else "a number"))
    return text


RUNS = int(setting("BENCH_RUNS", "9", int))
SECONDS = setting("BENCH_SECONDS", "1", float)
SIZE = 640, 360
TEMPLATE = "2001:db8:0:5:XXXX:YYYY:RRGG:BB00"
# At a higher priority than all else: not a quiet machine, but a quieter one.
SENDER = ["nice", "-n-20", "taskset", "-c", "1"]
RECEIVER = ["nice", "-n-20", "taskset", "-c", "0"]


def program(name):
    return os.path.join(BUILD, "bench", name)


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def show(figure, digits, scale=1):
    return "%.*f [%.*f..%.*f]" % (digits, figure["median"] * scale, digits, figure["least"] * scale,
                                  digits, figure["most"] * scale)


# ---- in one process: the canvas, addresses

def compared(program_name, noun, units, goals=()):
    """Runs a program that prints NAME, murald's median, least and most, those of the measure, the ratio of those
    taken together, "right" or "wrong"."""
    rows = []
    out = subprocess.run([program(program_name)], check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        name, *numbers, ratio, verdict = line.split()
        ours, least = ([dict(zip(("median", "least", "most"), map(float, numbers[i:i + 3]))) for i in (0, 3)])
        unit, measure = units(name)
        goal = dict(goals).get(name)
        rows.append({"name": name, "unit": unit, "murald": ours, "measure": measure, "least": least,
                     "ratio": float(ratio), "goal": goal, "right": verdict == "right"})
        row = rows[-1]
        row["ok"] = row["right"] and (goal is None or row["ratio"] <= goal)
        scale = 1e-6 if "frame" in unit else 1
        print("  %-14s %s %s   %s %s   ratio %.2f   %s %s" % (
            name, show(ours, 2, scale), unit.replace("ns", "ms") if scale != 1 else unit, measure,
            show(least, 2, scale), row["ratio"], noun, "right" if row["right"] else "WRONG"))
        if goal is not None and row["ratio"] > goal:
            print("  MISSED: at most %.1f of a %s" % (goal, measure))
    return rows


def canvas():
    units = {**{name: ("ns a pixel", "bare store") for name in ("put", "batch", "put-cached", "batch-cached", "row", "fill")},
             **{name: ("ns a 1920x1080 frame", "memcpy")
                for name in ("copy-frame", "draw-upright", "draw-mirrored", "draw-upended")}}
    return compared("canvas", "picture", units.get, {
        "put": 1.1, "batch": 1.1, "put-cached": 1.1, "batch-cached": 1.1, "row": 0.5, "fill": 0.5})


def scale():
    return compared("scale", "picture", lambda name: ("ns a frame", "memcpy"))


def addresses():
    return compared("addresses", "addresses", lambda name: ("ns an address", "reading it"))


# ---- pings a second

def colours():
    return bytes(value & 255 for y in range(SIZE[1]) for x in range(SIZE[0])
                 for value in (x * 7 + y * 13, x ^ y, x + y * 3))


def flood(pair, source, target, generator=(program("icmpgen"),)):
    out = subprocess.run(
        ["ip", "netns", "exec", pair.client.name, *SENDER, *generator, "wire0", pair.server.mac,
         source, target, "%dx%d" % SIZE, SECONDS], check=True, stdout=subprocess.PIPE, text=True)
    sent, seconds = out.stdout.split()
    return int(sent), float(seconds)


def is_template(target):
    return "X" in target


class Counter:
    """bench/icmpcount or ipv6count as the receiver of the flood, like Murald."""

    def __init__(self, pair, target):
        self.pair = pair
        self.program = [program("icmpcount"), "wire0"]
        if is_template(target):
            self.program = [program("ipv6count"), "wire0", target]

    def __enter__(self):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.pair.server.name, *RECEIVER, *self.program],
            stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.before = cpu_seconds(self.process.pid)
        return self

    def result(self, sent, seconds):
        cpu = cpu_seconds(self.process.pid) - self.before
        self.process.terminate()
        taken, drops = map(int, self.process.communicate()[0].split())
        return flood_result(sent, seconds, taken, drops, cpu, True)

    def __exit__(self, *rest):
        self.process.kill()
        self.process.wait()


class Murald:
    def __init__(self, pair, target):
        from wall import Wall
        self.folder = tempfile.TemporaryDirectory()
        self.name = "ipv6" if is_template(target) else "icmp"
        options = "template = %s\n" % target if is_template(target) else ""
        self.wall = Wall(self.folder.name, "[plugin %s]\ninterface = wire0\n%s" % (self.name, options),
                         size="%dx%d" % SIZE, netns=pair.server.name, prefix=RECEIVER)

    def __enter__(self):
        self.wall.__enter__()
        self.before = cpu_seconds(self.wall.process.pid)
        return self

    def result(self, sent, seconds):
        cpu = cpu_seconds(self.wall.process.pid) - self.before
        picture = self.wall.last_picture().tobytes()
        line = re.search(r"%s: painted (\d+) pixels, discarded nothing, kernel drops (\d+)" % self.name,
                         self.wall.log())
        assert line, self.wall.log()
        wrong = sum(ours not in (theirs, b"\0\0\0")
                    for ours, theirs in zip(xdpings.triples(picture), xdpings.triples(colours())))
        return {**flood_result(sent, seconds, int(line.group(1)), int(line.group(2)), cpu, picture == colours()),
                "wrong": wrong}

    def __exit__(self, *rest):
        self.wall.__exit__(*rest)
        self.folder.cleanup()


def run(pair, source, target, *receivers, **how):
    """One flood; the results of each receiver."""
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(receiver(pair, target)) for receiver in receivers]
        sent, seconds = flood(pair, source, target, **how)
        time.sleep(0.2)  # for what is still in the ring buffer
        return [receiver.result(sent, seconds) for receiver in running]


def flood_result(sent, seconds, taken, drops, cpu, right):
    return {"sent": sent, "taken": taken, "drops": drops, "rate": taken / seconds,
            "cpu_ns": cpu / taken * 1e9 if taken else 0, "right": right}


def steer(pair, mask):
    """Which CPUs receive: those of the mask, with 0 the sender's."""
    subprocess.run(["ip", "netns", "exec", pair.server.name, "sh", "-c",
                    "echo %s >/sys/class/net/wire0/queues/rx-0/rps_cpus" % mask], check=True)


def pings():
    from hosts import Pair
    rows = []
    with Pair() as pair:
        ip4, ip6 = (pair.client.ip4, pair.server.ip4), (pair.client.ip6, pair.server.ip6)
        by_address = pair.client.ip6, TEMPLATE
        pair.server.ip("-6", "route", "add", "blackhole", "2001:db8:0:5::/64")
        for switch in "net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all":
            pair.server.sysctl(switch, 1)
        for name, mask, ends, together in (
                ("IPv4, receiver's core pays", 1, ip4, False), ("IPv4, sender's core pays", 0, ip4, False),
                ("IPv4, both at once", 0, ip4, True), ("IPv6, receiver's core pays", 1, ip6, False),
                ("IPv6, both at once", 0, ip6, True),
                ("addresses, receiver's core pays", 1, by_address, False),
                ("addresses, sender's core pays", 0, by_address, False),
                ("addresses, both at once", 0, by_address, True)):
            steer(pair, mask)
            counter, murald = [], []
            for i in range(RUNS):
                if together:
                    ours, least = run(pair, *ends, Murald, Counter)
                elif i % 2:  # in turns, so that a disturbance hits both
                    (ours,), (least,) = run(pair, *ends, Murald), run(pair, *ends, Counter)
                else:
                    (least,), (ours,) = run(pair, *ends, Counter), run(pair, *ends, Murald)
                murald.append(ours)
                counter.append(least)
            rows.append(ping_row(name, counter, murald))
        if os.path.exists(program("xdpgen")) and shutil.which("ethtool"):
            rows.append(too_many(pair, ip4))
    return rows


def backlog_drops():
    """Packets that the kernel's queues of the CPUs had no room for, on the whole machine."""
    with open("/proc/net/softnet_stat") as f:
        return sum(int(line.split()[1], 16) for line in f)


def beyond(pair, ends, receiver):
    """A flood from a sender in the kernel, which is more than the receiver's core can take."""
    before = backlog_drops()
    (result,) = run(pair, *ends, receiver, generator=(program("xdpgen"), "flood"))
    return {**result, "backlog": backlog_drops() - before}


def goes_on(many, some):
    return statistics.median(m["rate"] / s["rate"] for m, s in zip(many, some))


def too_many(pair, ends):
    """More than the receiver's core can take, beside what one process sends, and both beside a capture that only counts:
    what that loses, the kernel loses."""
    steer(pair, 1)
    pair.server.run("ethtool", "-K", "wire0", "gro", "on")  # else a veth pair takes nothing from such a sender
    takes = {"some": lambda: run(pair, *ends, Murald)[0], "many": lambda: beyond(pair, ends, Murald),
             "counted": lambda: run(pair, *ends, Counter)[0], "many counted": lambda: beyond(pair, ends, Counter)}
    runs = {name: [] for name in takes}
    for i in range(RUNS):
        for name in list(takes)[::-1 if i % 2 else 1]:
            runs[name].append(takes[name]())
    many, counted = runs["many"], runs["many counted"]
    row = {"name": "IPv4, too many", "unit": "pings a second", "measure": "what one process sends",
           "murald": spread([m["rate"] for m in many]), "least": spread([c["rate"] for c in counted]),
           "offered": statistics.median(m["sent"] / m["taken"] for m in many),
           "ratio": goes_on(many, runs["some"]), "counting": goes_on(counted, runs["counted"]),
           "of_counting": goes_on(many, counted), "drops": sum(m["drops"] for m in many),
           "backlog": statistics.median(m["backlog"] / (m["sent"] - m["taken"]) for m in many),
           "wrong": sum(m["wrong"] for m in many), "runs": runs}
    row["right"] = row["wrong"] == 0
    row["ok"] = row["right"] and max(row["ratio"], row["of_counting"]) >= 0.9
    print("  %-31s %s k/s   counting %s k/s   ratio %.2f   %.1f times as many sent   of fewer %.2f, counting %.2f   "
          "ring full %d   %.2f of the lost before it   wrong %d" % (
              row["name"], show(row["murald"], 0, 1e-3), show(row["least"], 0, 1e-3), row["of_counting"], row["offered"],
              row["ratio"], row["counting"], row["drops"], row["backlog"], row["wrong"]))
    if row["right"] and not row["ok"]:
        print("  MISSED: at least 0.9 of what it takes when fewer come, or of the capture that only counts")
    return row


def ping_row(name, counter, murald):
    row = {"name": name, "unit": "pings a second", "measure": "the same capture, only counting",
           "murald": spread([r["rate"] for r in murald]), "least": spread([r["rate"] for r in counter]),
           "ratio": statistics.median(m["rate"] / c["rate"] for m, c in zip(murald, counter)),
           "cpu_ns": [statistics.median(r["cpu_ns"] for r in runs) for runs in (murald, counter)],
           "lost": sum(r["sent"] - r["taken"] for r in murald), "drops": sum(r["drops"] for r in murald),
           "right": all(r["right"] for r in murald), "runs": {"murald": murald, "counting": counter}}
    row["ok"] = row["ratio"] >= 0.95 and row["drops"] == 0 and row["right"]
    print("  %-31s %s k/s   counting %s k/s   ratio %.3f   CPU %.0f / %.0f ns   drops %d   lost %d   picture %s" % (
        name, show(row["murald"], 0, 1e-3), show(row["least"], 0, 1e-3), row["ratio"], *row["cpu_ns"],
        row["drops"], row["lost"], "right" if row["right"] else "WRONG"))
    if row["ratio"] < 0.95:
        print("  MISSED: at least 0.95 of the capture that only counts")
    return row


# ---- p2

def open_wall(folder, more=""):
    from wall import Wall
    return Wall(folder, "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nauth = none\nput-rate = 0\n" + more,
                size="%dx%d" % SIZE)


def put_flood(port):
    out = subprocess.run([program("p2puts"), "flood", str(port), SECONDS], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    puts, seconds = out.split()
    return int(puts), float(seconds)


def puts_to_murald():
    with tempfile.TemporaryDirectory() as folder, open_wall(folder) as wall:
        puts, seconds = put_flood(wall.port("p2"))
        wall.last_picture()
        right = "p2: painted %d pixels, discarded nothing" % puts in wall.log()
    return puts / seconds, right


def puts_to_sink():
    with subprocess.Popen([program("p2puts"), "sink"], stdout=subprocess.PIPE, text=True) as sink:
        puts, seconds = put_flood(int(sink.stdout.readline()))
        sink.kill()
    return puts / seconds


def p2_puts():
    murald, sink, right = [], [], True
    for run in range(RUNS):
        for measure in ("murald", "sink") if run % 2 else ("sink", "murald"):
            if measure == "sink":
                sink.append(puts_to_sink())
            else:
                rate, painted = puts_to_murald()
                murald.append(rate)
                right = right and painted
    row = {"name": "one connection", "unit": "puts a second", "measure": "a server that only reads",
           "murald": spread(murald), "least": spread(sink), "right": right, "ok": right,
           "ratio": statistics.median(m / s for m, s in zip(murald, sink))}
    print("  one connection               %s M/s   only reading %s M/s   ratio %.2f   %s" % (
        show(row["murald"], 1, 1e-6), show(row["least"], 1, 1e-6), row["ratio"],
        "all painted" if right else "NOT ALL PAINTED"))
    return row


def p2_decode():
    runs = [tuple(map(float, subprocess.run([program("p2puts"), "decode"], check=True, stdout=subprocess.PIPE,
                                            text=True).stdout.split())) for _ in range(RUNS)]
    row = {"name": "parser and brush", "unit": "ns a put", "measure": "memcpy", "ok": True,
           "murald": spread([r[0] for r in runs]), "least": spread([r[1] for r in runs]),
           "ratio": statistics.median(r[0] / r[1] for r in runs)}
    print("  parser and brush             %s ns a put   memcpy %s ns   ratio %.1f" % (
        show(row["murald"], 2), show(row["least"], 2), row["ratio"]))
    return row


def p2_bytes(name, pixels):
    from p2client import Client, put, sub
    with tempfile.TemporaryDirectory() as folder, open_wall(folder, "put-burst = 1\nsnapshot = no\n") as wall, \
            Client(wall.port("p2"), "viewer") as viewer, Client(wall.port("p2"), "painter") as painter:
        viewer.send(sub(-32512, -32512, 32512, 32512))
        viewer.quiet()
        painter.send(b"".join(put(x, y, (31, 31, 31)) for x, y in pixels))
        viewer.until(lambda c: pixels <= set(c.pixels))
        right = all(viewer.pixels[at] == (31, 31, 31) for at in pixels)
    row = {"name": name, "unit": "bytes a changed pixel", "murald": viewer.bytes / len(pixels),
           "updates": len(viewer.blocks), "ok": right}
    print("  %-28s %.2f bytes a changed pixel, %d Updates for %d pixels" % (
        name, row["murald"], row["updates"], len(pixels)))
    return row


def p2():
    import random
    rng = random.Random(1)
    scattered = {(rng.randrange(-320, 320), rng.randrange(-180, 180)) for _ in range(5000)}
    solid = {(x, y) for x in range(-75, 75) for y in range(-40, 40)}
    return [p2_puts(), p2_decode(), p2_bytes("random pixels", scattered), p2_bytes("solid area", solid)]


def no_module(name):
    if importlib.util.find_spec(name):
        return None
    return "no %s: apt-get install python3-%s" % (name, name.lower())


def why_no_p2():
    if not os.path.exists(program("p2puts")):
        return "built without p2: apt-get install liboath-dev"
    return None


def why_no_pings():
    if os.geteuid() != 0:
        return "network namespaces need root"
    if os.cpu_count() < 2:
        return "needs two CPUs, one for the sender"
    return no_module("pytest")


def the_board():
    return board.measure(program, RUNS, SECONDS, spread, show, SENDER, RECEIVER)


def films():
    return timelapse.measure(RUNS, spread, show)


def floods():
    return pixelflut.measure(program, RUNS, SECONDS, spread, show)


def whose():
    return owners.measure(program, RUNS, SECONDS, spread, show)


def watching():
    return viewers.measure(program, RUNS, SECONDS, spread)


def pages():
    return page.measure(SECONDS)


def pings_by_xdp():
    return xdpings.measure(program, BUILD, RUNS, SECONDS, spread, show, SENDER, RECEIVER, colours)


def links():
    return link.measure(program, RUNS, SECONDS, spread, show)


def acts():
    return reins.measure(RUNS, spread, show)


CHAPTERS = {"canvas": (canvas, lambda: None), "scale": (scale, lambda: None), "addresses": (addresses, lambda: None),
            "instructions": (instructions.measure, instructions.obstacle), "pings": (pings, why_no_pings),
            "xdp": (pings_by_xdp, lambda: why_no_pings() or xdpings.obstacle(program)),
            "pixelflut": (floods, pixelflut.obstacle),
            "owners": (whose, pixelflut.obstacle), "p2": (p2, why_no_p2),
            "board": (the_board, lambda: board.obstacle(program)),
            "timelapse": (films, lambda: timelapse.obstacle(os.path.join(BUILD, ".libs", "http.so"))),
            "viewers": (watching, lambda: viewers.obstacle(program)),
            "page": (pages, lambda: page.obstacle(os.path.join(BUILD, ".libs", "http.so"))),
            "link": (links, lambda: link.obstacle(program, os.path.join(BUILD, ".libs", "link.so"))),
            "reins": (acts, lambda: None)}
WITHOUT_FIXTURES = "canvas", "scale", "addresses"


def main():
    chosen = sys.argv[1:] or list(CHAPTERS)
    unknown = [name for name in chosen if name not in CHAPTERS]
    if unknown:
        sys.exit("bench: %s? the chapters are %s" % (", ".join(unknown), ", ".join(CHAPTERS)))
    load = os.getloadavg()[0]
    if load > 0.3 * os.cpu_count():
        print("this machine is busy (load %.1f on %d CPUs): no figure below is to be trusted" % (
            load, os.cpu_count()))
    results, ok = {"runs": RUNS, "seconds": float(SECONDS), "cpus": os.cpu_count(), "load": load}, True
    for name in chosen:
        measure, obstacle = CHAPTERS[name]
        print(name)
        why = obstacle() or (name not in WITHOUT_FIXTURES and no_module("PIL"))
        if why:
            print("  SKIPPED: " + why)
            continue
        results[name] = measure()
        ok = ok and all(row["ok"] for row in results[name])
    with open(os.path.join(BUILD, "bench.json"), "w") as f:
        json.dump(results, f, indent=1)
    print("figures: %s" % os.path.join(BUILD, "bench.json"))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
