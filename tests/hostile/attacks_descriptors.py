# SPDX-License-Identifier: MIT
"""Connections until there are no descriptors left, from few sources and from many."""
import json
import os
import re
import signal

from attacking import Attack, ask, connect, hoard
from waiting import wait_for

FEW = ("prlimit", "--nofile=512")


def three_sources(wall):
    hoard(lambda n: connect(wall, ("pixelflut", "http", "p2")[n % 3], "127.0.0.%d" % (9 + n // 3 % 3)), 2000)


def many_sources(wall):
    hoard(lambda n: connect(wall, ("pixelflut", "http", "p2")[n % 3], "127.0.0.%d" % (9 + n // 3 % 60)), 2000)


def what_is_not_written(wall):
    """Snapshot, recording and database, in the middle of it."""
    record = os.path.join(wall.folder, "record")
    recorded = os.path.getsize(record)
    with connect(wall, "dots", "127.0.1.9") as dots:
        dots.sendall(b"\x01\0\x01\0" + os.urandom(3) + b"\xff")
    before = os.stat(wall.snapshot).st_mtime_ns if os.path.exists(wall.snapshot) else 0
    wall.process.send_signal(signal.SIGUSR1)
    for what, claim in (
            ("the snapshot", lambda: os.path.exists(wall.snapshot) and os.stat(wall.snapshot).st_mtime_ns != before),
            ("the recording", lambda: os.path.getsize(record) != recorded)):
        try:
            wait_for(what, claim, 20)
        except AssertionError:
            return "%s was not written" % what
    with connect(wall, source="127.0.1.9") as s:
        s.sendall(ask("PUT", "/register-pg", json.dumps(
            {"name": os.urandom(8).hex(), "author": "a", "secret": "s"}).encode()))
        answer = s.recv(1000)
    return None if re.match(rb"HTTP/1.1 200 ", answer) else "the database took no generator"


PROBES = ("pixelflut", "p2")
ATTACKS = [
    Attack("all descriptors, from three sources", three_sources, PROBES, prefix=FEW, check=what_is_not_written),
    Attack("all descriptors, from 60 sources", many_sources, PROBES, prefix=FEW, check=what_is_not_written),
]
