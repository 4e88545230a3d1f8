# SPDX-License-Identifier: MIT
"""make soak MINUTES=30: all protocols flood one wall, each in a band of its own, while viewers come
and go and the config is reloaded.  Afterwards each band is painted with a picture, and the canvas
must be exactly those pictures.

Prints a report like the one in doc/soak.md.  Runs in a network namespace of its own.  Exit status 1
if anything was wrong.
"""
import contextlib
import ctypes
import os
import platform
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from PIL import Image

import procfs
from p2client import upgrade_request
from wall import DOTS, MURALCTL, MURALD, Wall, wait_for

WIDTH, BAND = 640, 80
PREFIX = "2001:db8:50a:1"
SAMPLE_S = 5
MEMORY_MIB = 8  # that murald may grow by after the first fifth, by fragmentation
PROTOCOLS = ("pixelflut", "p2", "http", "icmp", "ipv6")


def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        sys.exit("soak: needs root, for a network of its own: %s" % os.strerror(ctypes.get_errno()))
    for command in ("link set lo up", "-6 route add local %s::/64 dev lo" % PREFIX):
        subprocess.run(["ip", *command.split()], check=True)


def sections(folder, extra):
    more = {
        "pixelflut": "listen = 127.0.0.1:1234",
        "p2": "listen = 127.0.0.1:7062\nwebsocket =\nauth = none\norigin = top-left\nput-rate = 0",
        "http": "listen = 127.0.0.1:8080\npixel-rate = 0\ndatabase = %s/board.db" % folder,
        "icmp": "interface = lo",
        "ipv6": "interface = lo\ntemplate = %s:XXXX:YYYY:RRGG:BBAA" % PREFIX,
    }
    text = "".join("[plugin %s]\noffset = 0,%d\nregion = %dx%d\n%s\n"
                   % (name, BAND * i, WIDTH, BAND, more[name]) for i, name in enumerate(PROTOCOLS))
    return text + (DOTS if extra else "")


TARGETS = {
    "pixelflut": "pixelflut://127.0.0.1:1234",
    "p2": "p2://soak:0@127.0.0.1:7062",
    "http": "http://127.0.0.1:8080",
    "icmp": "icmp://127.0.0.1",
    "ipv6": "ipv6://%s:XXXX:YYYY:RRGG:BBAA" % PREFIX,
}
SIZE = ["--size", "%dx%d" % (WIDTH, BAND)]


def flood(name, seconds):
    command = [MURALCTL, "load", TARGETS[name], "--seconds", str(int(seconds))]
    if name in ("p2", "ipv6", "icmp"):
        command += SIZE
    if name in ("icmp", "ipv6"):
        command += ["--rate", "50000"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


# ---------------------------------------------------------------- viewers

class Watchers(threading.Thread):
    """Viewers of every kind that come, read for a moment or never, and go."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop, self.visits, self.failures = False, 0, 0

    def visit(self):
        path = random.choice(("live", "ws", "canvas.png", "metrics", "timelapse", "history", ""))
        with socket.create_connection(("127.0.0.1", 8080), 10) as client:
            client.sendall(upgrade_request("/" + path) if path in ("live", "ws") else
                           b"GET /%s HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n" % path.encode())
            client.settimeout(20)
            answer = client.recv(100)
            assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101", b"HTTP/1.1 503")), answer
            end = time.monotonic() + random.random() * 2
            while time.monotonic() < end and random.random() > 0.02:
                if not client.recv(65536):
                    break
        self.visits += 1

    def run(self):
        while not self.stop:
            try:
                self.visit()
            except (OSError, AssertionError) as trouble:
                if self.stop:
                    return
                self.failures += 1
                print("soak: a viewer: %s" % trouble, file=sys.stderr)


# ---------------------------------------------------------------- resources

def sample(pid):
    return {"memory": procfs.memory_kib(pid) / 1024, "descriptors": len(os.listdir("/proc/%d/fd" % pid)),
            "threads": int(procfs.status(pid)["Threads"])}


def metrics():
    with urllib.request.urlopen("http://127.0.0.1:8080/metrics", timeout=20) as answer:
        text = answer.read().decode()
    found = {}
    for name, plugin, value in re.findall(
            r'^(murald_\w+)\{plugin="(\w+)"[^}]*\} (\d+)', text, re.M):
        found[name, plugin] = found.get((name, plugin), 0) + int(value)
    return found


def progress(text):
    if sys.stderr.isatty():
        print("\r%-78s" % text, end="", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- the end

def final_picture(name, number):
    """A picture that the protocol can paint exactly."""
    picture = Image.new("RGB", (WIDTH, BAND))
    rng = random.Random(number)
    five = lambda: (lambda c: c << 3 | c >> 2)(rng.randrange(32))
    if name == "http":
        palette = [tuple(bytes.fromhex(c)) for c in
                   ("ffffff", "000000", "9c6926", "ff4500", "00a368", "2450a4")]
        for y in range(0, BAND, 8):
            for x in range(0, WIDTH, 8):
                picture.paste(rng.choice(palette), (x, y, x + 8, y + 8))
    else:
        picture.putdata([(five(), five(), five()) for _ in range(WIDTH * BAND)])
    return picture


def paint(folder, name, picture):
    path = os.path.join(folder, name + ".png")
    if name == "http":  # a pixel of the image is a cell
        picture = picture.resize((WIDTH // 8, BAND // 8), Image.NEAREST)
    picture.save(path)
    command = [MURALCTL, "paint", path, TARGETS[name]]
    if name in ("p2", "ipv6", "icmp"):
        command += SIZE
    if name in ("icmp", "ipv6"):
        command += ["--rate", "20000"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, "%s: %s" % (name, done.stdout)


def compare(wall, wanted):
    with contextlib.suppress(AssertionError):
        wait_for("the pictures", lambda: wall.picture().tobytes() == wanted.tobytes())
        return 0
    shown, wrong = wall.picture(), {}
    for number, name in enumerate(PROTOCOLS):
        band = (0, BAND * number, WIDTH, BAND * (number + 1))
        wrong[name] = sum(a != b for a, b in zip(shown.crop(band).getdata(),
                                                 wanted.crop(band).getdata()))
    print("wrong pixels of the bands: %s" % wrong)
    return sum(wrong.values())


# ---------------------------------------------------------------- all of it

def soak(wall, seconds, floods):
    """The samples, and the number of reloads."""
    begun, samples, reloads = time.monotonic(), [], 0
    while time.monotonic() - begun < seconds:
        time.sleep(SAMPLE_S)  # between two samples
        assert wall.process.poll() is None, "murald ended: " + wall.log()[-2000:]
        samples.append(sample(wall.process.pid))
        if len(samples) % 3 == 0:
            reloads += 1
            wall.reload(sections(wall.folder, reloads % 2))
        progress("%4d of %d s, %.1f MiB, %d descriptors, %d reloads" % (
            time.monotonic() - begun, seconds, samples[-1]["memory"], samples[-1]["descriptors"], reloads))
    for name, process in floods.items():
        output, _ = process.communicate(timeout=120)
        print("%-10s %s" % (name, output.strip().splitlines()[-1] if output.strip() else "no word"))
        assert process.returncode == 0, "%s: the flood failed: %s" % (name, output)
    progress("")
    return samples, reloads


def report(samples, reloads, watchers, before, seconds, wrong):
    early = samples[len(samples) // 5:][0]
    last = samples[-1]
    now = metrics()
    print("\n| what | after a fifth of the time | at the end | maximum |\n| --- | --- | --- | --- |")
    for key, unit in (("memory", " MiB"), ("descriptors", ""), ("threads", "")):
        print("| %s | %.4g%s | %.4g%s | %.4g%s |" % (
            key, early[key], unit, last[key], unit, max(s[key] for s in samples), unit))
    print("\n| plugin | pixels a second | kernel drops |\n| --- | --- | --- |")
    for name in PROTOCOLS:
        painted = now["murald_pixels_total", name] - before.get(("murald_pixels_total", name), 0)
        print("| %s | %d | %d |" % (name, painted / seconds, now.get(("murald_kernel_drops_total", name), 0)))
    print("\n%d reloads; %d viewer connections, %d of them without an answer; wrong pixels at the end: %d"
          % (reloads, watchers.visits, watchers.failures, wrong))
    grown = last["memory"] - early["memory"]
    return (wrong == 0 and grown < MEMORY_MIB and last["threads"] <= early["threads"] + 1
            and last["descriptors"] < early["descriptors"] + 60 and watchers.failures == 0)


def main():
    seconds = float(sys.argv[1]) * 60
    own_network()
    with tempfile.TemporaryDirectory() as folder:
        core = "[record]\nfile = %s/record\nmax-size = 20M\n" % folder
        with Wall(folder, sections(folder, False), size="%dx%d" % (WIDTH, BAND * len(PROTOCOLS)),
                  core=core) as wall:
            print("%.4g minutes, %s, %s, %d processors\n" % (
                seconds / 60, subprocess.run([MURALD, "--version"], capture_output=True,
                                             text=True).stdout.strip(), platform.machine(), os.cpu_count()))
            before = metrics()
            watchers = [Watchers() for _ in range(4)]
            floods = {name: flood(name, seconds) for name in PROTOCOLS}
            for watcher in watchers:
                watcher.start()
            try:
                samples, reloads = soak(wall, seconds, floods)
            finally:
                for watcher in watchers:
                    watcher.stop = True
                for process in floods.values():
                    process.kill()
            for watcher in watchers:
                watcher.join(60)
            for watcher in watchers[1:]:
                watchers[0].visits += watcher.visits
                watchers[0].failures += watcher.failures
            wanted = Image.new("RGB", (WIDTH, BAND * len(PROTOCOLS)))
            for number, name in enumerate(PROTOCOLS):
                picture = final_picture(name, number)
                paint(folder, name, picture)
                wanted.paste(picture, (0, BAND * number))
            wrong = compare(wall, wanted)
            fine = report(samples, reloads, watchers[0], before, seconds, wrong)
        print("soak: %s" % ("all well" if fine else "NOT as it should be"))
        return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
