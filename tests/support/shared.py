# SPDX-License-Identifier: MIT
"""Walls that share what sources may do: what they tell each other, read and forged."""
import socket
import struct

import pytest

from control import Operator
from wall import dot, has_plugin

SHARED = "limits = shared\n"
SPENT = "mural:{mural.0.0}:share:limits"
needs_http = pytest.mark.skipif(
    not has_plugin("http"), reason="built without http: apt-get install libmicrohttpd-dev libsqlite3-dev libmd-dev")


def state(wall):
    """Of its link, as operators see it."""
    with Operator(wall) as operator:
        return next(p["state"] for p in operator.done("status")["plugins"] if p["name"] == "link")


def dots(n, colour=(9, 9, 9)):
    return b"".join(dot(i % 64, i // 64 % 48, colour) for i in range(n))


def told(engine):
    """What walls said that sources have spent: address -> pixels."""
    spent = {}
    for _, fields in engine.ask("XRANGE", SPENT, "-", "+"):
        data = dict(zip(fields[::2], fields[1::2]))[b"d"]
        assert data[0] == 1 and len(data) % 34 == 1
        for at in range(1, len(data), 34):
            flags, zero, address, pixels, _ = struct.unpack(">BB8x4x4s2Q", data[at:at + 34])
            assert flags == 1 and zero == 0
            name = socket.inet_ntoa(address)
            spent[name] = spent.get(name, 0) + pixels
    return spent


def malformed(board, name):
    """What an instance has counted as that."""
    for line in board.ask("GET", "/metrics").body.decode().splitlines():
        if line.startswith("murald_discarded_total") and "malformed" in line and '"%s"' % name in line:
            return int(line.split()[-1])
    return 0
