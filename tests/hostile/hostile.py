# SPDX-License-Identifier: MIT
"""make hostile SECONDS_EACH=5: one attack after the other, each on a wall of its own and for so
long, and what somebody else sees of it.

Prints one table, as doc/hostile.md keeps one: how long others wait (median and worst), what they
are refused, memory and descriptors, before / during / after; the longest phase of a loop in CPU
time, how late the watchdog was served, and how long SIGTERM takes in the middle of it.  Runs in a
network namespace of its own.  Exit status 1 when an attack had more effect than SECURITY.md admits.

    hostile.py SECONDS_EACH WORST_MS WORDS      only attacks whose names have the words
    hostile.py SECONDS_EACH any                 what holds on any machine, however busy or slow: everybody
                                                is served, the service manager is content, and memory
"""
import contextlib
import ctypes
import dataclasses
import math
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import pytest

import attacks_board
import attacks_control
import attacks_datagrams
import attacks_descriptors
import attacks_p2
import attacks_pings
import attacks_pixelflut
import attacks_web
import attacks_websockets
from attacking import WIRE, connect
from measuring import LOSSY, Period, Phases, Watchdog, observe
from wall import BUILD, Wall, has_plugin

MEMORY_MIB = 64   # that an attack may take
KEPT_MIB = 32     # of it, that may stay with malloc() for a while
ASKED = 3         # times a host solicits an address before it gives up
SANITIZED = bool(os.environ.get("sanitizer"))

ATTACKS = [*attacks_web.ATTACKS, *attacks_websockets.ATTACKS, *attacks_board.ATTACKS,
           *((*attacks_p2.ATTACKS, *attacks_websockets.P2_ATTACKS) if has_plugin("p2") else ()), *attacks_pixelflut.ATTACKS,
           *attacks_datagrams.ATTACKS, *attacks_pings.ATTACKS, *attacks_descriptors.ATTACKS, *attacks_control.ATTACKS]
HEAD = ("attack", "median wait, ms", "worst wait, ms", "refused", "memory, MiB", "descriptors", "phase, ms",
        "watchdog, s", "SIGTERM, s")


def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        sys.exit("hostile: needs root, for a network of its own: %s" % os.strerror(ctypes.get_errno()))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


# ------------------------------------------------------------------------- the wall

def sections(folder, attack):
    text = ("[plugin http]\nlisten = [::]:0\npixel-rate = 0\nadmin-token = adm\ndatabase = %(folder)s/board.db\n"
            + attack.http + "[plugin dots]\nlisten = 127.0.0.1:0\n[plugin pixelflut]\nlisten = [::]:1234\n"
            "[record]\nfile = %(folder)s/record\ninterval = 50ms\n" + attack.plugins) % {"folder": folder}
    if has_plugin("p2"):
        text += ("[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\nput-rate = 0\nusers = %s/users\n"
                 % folder)
    return text


def write_files(folder):
    with open(os.path.join(folder, "secrets"), "w") as f:
        f.write("s\n")
    with open(os.path.join(folder, "users"), "w") as f:
        names = ["other", "another", "victim", "painter", *("py%d" % n for n in range(1000))]
        f.write("".join("%s = static:1234\n" % name for name in names))


def make_noise(wall, size):
    """Some moments of it."""
    noise = [struct.pack("<HH", x, y) for y in range(size[1]) for x in range(size[0])]
    for _ in range(6):
        random = os.urandom(3 * len(noise))
        with connect(wall, "dots", "127.0.1.7") as dots:
            dots.sendall(b"".join(p + random[3 * i:3 * i + 3] + b"\xff" for i, p in enumerate(noise)))
            dots.shutdown(socket.SHUT_WR)
            dots.recv(1)


# ------------------------------------------------------------------------ measuring

@contextlib.contextmanager
def under_way(wall, attack):
    """In a process of its own, the leader of a group."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if not os.environ.get("HOSTILE_TRACE"):
            with open(os.devnull, "w") as nothing:  # nor hold what reads the table
                os.dup2(nothing.fileno(), 1)
                os.dup2(nothing.fileno(), 2)
        try:
            attack.run(wall)
        finally:
            os._exit(1)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # whoever is first
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def settle(wall, names, before, limit=30):
    """The period after an attack, once its connections are gone and their memory is free, which a
    sanitizer keeps."""
    over = time.monotonic() + limit
    while time.monotonic() < over:
        after = Period().look(wall, names, 0.1)
        if after.descriptors <= before.descriptors + 4 \
                and (SANITIZED or after.memory < before.memory + KEPT_MIB):
            break
    return after


@dataclasses.dataclass
class Limits:
    """Of time.  Whatever they are, a visit may take 30 s, and SIGTERM 60."""
    worst_ms: float = 100
    phase_ms: float = 50  # that a loop may work before it looks at everybody else
    watchdog_s: float = 1
    sigterm_s: float = 5


ANY_MACHINE = Limits(worst_ms=math.inf, phase_ms=1000, watchdog_s=20, sigterm_s=60)


class Measured:
    """An attack on a wall of its own."""

    def __init__(self, folder, attack, seconds):
        self.attack, self.seconds = attack, seconds
        self.names = ("web", *attack.probes)
        watchdog = Watchdog(folder)
        library = os.path.join(BUILD, "tests/hostile/.libs/loop-phases.so")
        self.phases = Phases(library if os.path.exists(library) and not SANITIZED else None)
        self.wall = Wall(folder, sections(folder, attack), size="%dx%d" % attack.size,
                         core=attack.core % {"folder": folder}, prefix=attack.prefix)
        self.wall.start(env=dict(watchdog.env, **self.phases.env))
        try:
            self.wall.wait_ready()
            if attack.noise:
                make_noise(self.wall, attack.size)
            observe(self.wall, self.names, 0.1)
            self.measure(watchdog)
        finally:
            self.wall.__exit__(None)

    def measure(self, watchdog):
        wall = self.wall
        before = Period().look(wall, self.names, self.seconds / 2)
        with under_way(wall, self.attack):
            time.sleep(self.seconds / 4)  # until most connections are there
            watchdog.take()
            self.phases.take()
            during, over = Period(), time.monotonic() + self.seconds
            while time.monotonic() < over:
                during.look(wall, self.names, 0.2)
            self.wrong = self.attack.check(wall) if self.attack.check else None
            self.phase, self.late = self.phases.take(), watchdog.take()
        self.periods = before, during, settle(wall, self.names, before)
        with under_way(wall, self.attack):
            time.sleep(self.seconds / 4)
            begin = time.monotonic()
            try:
                self.status = wall.stop(seconds=60)
            except pytest.skip.Exception:  # leaks were not looked for, all else was
                self.status = 0
            self.stopped = time.monotonic() - begin

    def row(self):
        cells = [" / ".join("%.*f" % (digits, value(period)) for period in self.periods) for digits, value in (
            (1, lambda p: p.median), (0, lambda p: p.worst), (0, lambda p: len(p.refused)), (0, lambda p: p.memory),
            (0, lambda p: p.descriptors))]
        return "| %s |" % " | ".join([self.attack.name, *cells, "%.0f" % self.phase, "%.1f" % self.late,
                                      "%.1f" % self.stopped])

    def complaints(self, limits):
        before, during, after = self.periods
        if during.worst > limits.worst_ms:
            yield "others waited %.0f ms" % during.worst
        lost = sum(name in LOSSY for name in during.refused)
        if len(during.refused) > lost or lost * ASKED > during.visits // (2 + len(self.names)):
            yield "others were refused: %s, %d of %d" % (sorted(set(during.refused)), len(during.refused), during.visits)
        if not SANITIZED and during.memory - before.memory > MEMORY_MIB:
            yield "took %.0f MiB" % (during.memory - before.memory)
        if not SANITIZED and after.memory - before.memory > KEPT_MIB:
            yield "kept %.0f MiB" % (after.memory - before.memory)
        if after.descriptors > before.descriptors + 4:
            yield "kept descriptors"
        if self.phase > limits.phase_ms:
            yield "a loop worked %.0f ms without a look at others" % self.phase
        if self.late > limits.watchdog_s:
            yield "the watchdog was served %.1f s late" % self.late
        if self.stopped > limits.sigterm_s:
            yield "SIGTERM took %.1f s" % self.stopped
        if self.status != 0:
            yield "the wall ended with %d" % self.status
        if self.wrong:
            yield self.wrong


def run_all(attacks, seconds, limits):
    bad = []
    print("| %s |\n|%s" % (" | ".join(HEAD), " --- |" * len(HEAD)))
    for attack in attacks:
        with tempfile.TemporaryDirectory() as folder:
            write_files(folder)
            measured = Measured(folder, attack, seconds)
        print(measured.row(), flush=True)
        bad += ["%s: %s" % (attack.name, what) for what in measured.complaints(limits)]
    return bad


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    worst = sys.argv[2] if len(sys.argv) > 2 else "100"
    limits = ANY_MACHINE if worst == "any" else Limits(worst_ms=float(worst))
    words = sys.argv[3] if len(sys.argv) > 3 else ""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("hostile: terminated"))  # nothing of it goes on
    own_network()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    short = limits is ANY_MACHINE and not os.environ.get("MURALD_LONG")
    with WIRE:
        bad = run_all([attack for attack in ATTACKS if words in attack.name and not (short and attack.long)],
                      seconds, limits)
    print("\n".join(["", *bad]) if bad else "\nEverything as promised.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
