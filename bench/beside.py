#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures other Pixelflut servers beside this build, in the same run; bench/README explains it.

  beside.py --peer NAME='COMMAND' --port N [--peer ... --port ...] [--kinds text,binary,reads]
            [--connections 1,4,16] [--runs 5] [--seconds 0.5] [--light] [--two-workers]
            [--buffer BYTES]

Each COMMAND starts a server with a canvas of 1280x720 that listens on 127.0.0.1:N.  Run it in the build
folder, or with top_builddir and top_srcdir set.
"""
import argparse
import contextlib
import os
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.setdefault("top_builddir", os.getcwd())
os.environ.setdefault("top_srcdir", SOURCE)
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
from procfs import threads_seconds  # noqa: E402: of the tests

SIZE = "1280x720"
FLOOD = os.path.join(BUILD, "bench/pixelflut-flood")
LIGHT_FLOODS = 16
BOTH = "0,1"  # CPUs


def options(words):
    parser = argparse.ArgumentParser(description="measures Pixelflut servers beside this build")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME='COMMAND'")
    parser.add_argument("--port", action="append", default=[], type=int)
    parser.add_argument("--kinds", default="text,binary", help="of text, binary, reads")
    parser.add_argument("--connections", default="1,4,16")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--buffer", type=int, default=0, help="of the load's sockets; 0: as large as the kernel likes")
    parser.add_argument("--light", action="store_true", help="also how long a client waits beside %d floods"
                        % LIGHT_FLOODS)
    parser.add_argument("--two-workers", action="store_true",
                        help="each server on both cores, with two workers, and the load on the same two")
    given = parser.parse_args(words)
    if len(given.peer) != len(given.port):
        parser.error("one --port for each --peer")
    if any("=" not in peer for peer in given.peer):
        parser.error("--peer is NAME='COMMAND'")
    if not set(given.kinds.split(",")) <= {"text", "binary", "reads"}:
        parser.error("--kinds are text, binary and reads")
    return given


def on_cpu(cpu, *command):
    return ["nice", "-n-20", "taskset", "-c", str(cpu), *map(str, command)]


class Server:
    def __init__(self, name, pid, port, load_cpus):
        self.name, self.pid, self.port, self.load_cpus = name, pid, port, load_cpus

    def flood(self, kind, connections, given):
        """Commands a second, Gbit/s, CPU time of the server a command, wrong answers."""
        command = on_cpu(self.load_cpus, FLOOD, kind, "127.0.0.1", self.port, connections, SIZE, given.seconds,
                         given.buffer)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
            try:
                if kind == "reads":
                    assert flood.stdout.readline() == "painted\n"
                before = threads_seconds(self.pid)
                commands, seconds, sent = map(float, flood.stdout.readline().split())
                used = threads_seconds(self.pid) - before
                wrong = int(flood.communicate("look\n", timeout=60)[0])
            finally:
                flood.kill()
        return {"rate": commands / seconds, "gbits": sent * 8e-9 / seconds, "cpu_ns": used / commands * 1e9,
                "wrong": wrong}

    def light(self, given):
        """Milliseconds that a client waits which asks now and then, beside floods of PB; sorted."""
        command = on_cpu(self.load_cpus, FLOOD, "binary", "127.0.0.1", self.port, LIGHT_FLOODS, SIZE, 3, given.buffer)
        waits = []
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as flood, \
                socket.create_connection(("127.0.0.1", self.port)) as client:
            client.setsockopt(socket.SOL_TCP, socket.TCP_NODELAY, 1)
            time.sleep(0.5)  # the floods are at full speed
            end = time.monotonic() + 2
            while time.monotonic() < end:
                begin = time.monotonic()
                client.sendall(b"PX 1 1\n")
                client.recv(64)
                waits.append((time.monotonic() - begin) * 1000)
                time.sleep(0.005)
            flood.communicate(b"", timeout=60)
        return sorted(waits)


def wait_until_listening(process, port):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    sys.exit("beside: nobody listens on port %d" % port)


@contextlib.contextmanager
def peer(name, command, port, two_workers):
    process = subprocess.Popen(on_cpu(BOTH if two_workers else 0, *shlex.split(command)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_listening(process, port)
        yield Server(name, process.pid, port, BOTH if two_workers else 1)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def this_build(folder, size=SIZE, two_workers=False):
    from wall import Wall  # of the tests
    with Wall(folder, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n", size=size,
              core="workers = %d" % (2 if two_workers else 1), prefix=on_cpu(BOTH if two_workers else 0)) as wall:
        yield Server("murald", wall.process.pid, wall.port("pixelflut"), BOTH if two_workers else 1)


def compare(servers, kind, connections, given):
    runs = {server.name: [] for server in servers}
    for run in range(given.runs):  # in turns, so that a disturbance hits all of them
        for server in servers[::-1] if run % 2 else servers:
            runs[server.name].append(server.flood(kind, connections, given))
    ours = runs[servers[0].name]
    for server in servers:
        theirs = runs[server.name]
        row = {key: statistics.median(run[key] for run in theirs) for key in ("gbits", "cpu_ns")}
        ratios = [statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, theirs)),
                  statistics.median(b["cpu_ns"] / a["cpu_ns"] for a, b in zip(ours, theirs))]
        print("%-7s %3d  %-12s %6.2f Gbit/s  CPU %5.1f ns  murald is %.2f of it, by CPU time %.2f   wrong %d"
              % (kind, connections, server.name, row["gbits"], row["cpu_ns"], *ratios,
                 sum(run["wrong"] for run in theirs)))
    sys.stdout.flush()


def main(words):
    given = options(words)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = [stack.enter_context(this_build(folder, two_workers=given.two_workers))]
        for spec, port in zip(given.peer, given.port):
            servers.append(stack.enter_context(peer(*spec.split("=", 1), port, given.two_workers)))
        for kind in given.kinds.split(","):
            for connections in given.connections.split(","):
                compare(servers, kind, int(connections), given)
        for server in servers if given.light else ():
            waits = server.light(given)
            print("light  %3d  %-12s waits %.1f ms (median), %.1f (95 of 100), %.1f (worst)"
                  % (LIGHT_FLOODS, server.name, statistics.median(waits), waits[len(waits) * 95 // 100], waits[-1]))


if __name__ == "__main__":
    main(sys.argv[1:])
