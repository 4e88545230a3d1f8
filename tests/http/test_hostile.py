# SPDX-License-Identifier: MIT
"""Clients that mean harm, seen by those who do not: what others wait, and what is kept."""
import os
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from boardclient import board_wall, request  # noqa: E402
from wall import wait_for  # noqa: E402

# What others may wait while these tests share two cores with whatever else runs; make hostile
# measures it, on a quiet machine.
PATIENCE_S = 4 if os.environ.get("sanitizer") else 1

FLOOD = r"""
import selectors, socket, sys
port, connections, path, source = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
piece = (b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()) * 200
ready = selectors.DefaultSelector()
for _ in range(connections):
    s = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
    s.setblocking(False)
    ready.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, [piece])
print("on", flush=True)
while True:
    for key, events in ready.select():
        try:
            if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 20):
                ready.unregister(key.fileobj)
                continue
            if events & selectors.EVENT_WRITE:
                left = key.data[0][key.fileobj.send(key.data[0]):]
                key.data[0] = left or piece
        except BlockingIOError:
            pass
        except OSError:
            ready.unregister(key.fileobj)
"""


class Flood:
    """Pipelined requests without an end, from a process of its own."""

    def __init__(self, wall, path, connections=1, source="127.0.0.9"):
        self.process = subprocess.Popen(
            [sys.executable, "-c", FLOOD, str(wall.port("http")), str(connections), path, source],
            stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"on\n"

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def ask(wall, path="/healthz", source="127.0.0.7", headers=b"", method=b"GET", body=b"", seconds=20):
    """A visit by somebody else: the status, and how long it took."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", wall.port("http")), seconds, (source, 0)) as s:
        s.sendall(b"%s %s HTTP/1.1\r\nHost: wall\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s"
                  % (method, path.encode(), headers, len(body), body))
        got = b""
        while piece := s.recv(1 << 20):
            got += piece
    return int(got.split()[1]), time.monotonic() - start


def worst(wall, seconds=3, **more):
    """The longest of the visits within a few seconds, none of which may be refused."""
    end, most = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        status, took = ask(wall, **more)
        assert status == 200, status
        most = max(most, took)
    return most


def memory(wall):
    """Resident, in KiB."""
    with open("/proc/%d/status" % wall.process.pid) as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))


# ----------------------------------------------------------------- one client is no phase

def test_one_who_pipelines_stops_nobody(tmp_path):
    with board_wall(tmp_path) as wall:
        for path in ("/healthz", "/metrics", "/invite?x=1&y=1", "/servers"):
            with Flood(wall, path):
                assert worst(wall) < PATIENCE_S, path
                # a newcomer of another protocol's kind: signals are served as well
        with Flood(wall, "/healthz"):
            start = time.monotonic()
            assert wall.stop() == 0
            assert time.monotonic() - start < 3


def test_a_thousand_who_pipeline_stop_nobody(tmp_path):
    """What costs most, from one source: others have their share of every turn."""
    with board_wall(tmp_path) as wall:
        with Flood(wall, "/metrics", connections=1000):
            assert worst(wall, 5) < PATIENCE_S
        wait_for("an idle wall", lambda: ask(wall)[1] < PATIENCE_S)
