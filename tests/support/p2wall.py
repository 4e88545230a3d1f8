# SPDX-License-Identifier: MIT
"""Walls of p2 for its tests, and clients of them."""
import os

import pytest

from p2client import Client, sub
from wall import Wall

try:
    import websockets
except ImportError:
    websockets = None
needs_websockets = pytest.mark.skipif(
    websockets is None, reason="no websockets: apt-get install python3-websockets")

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
WHOLE = sub(-32512, -32512, 32512, 32512)
RED, GREEN, BLUE, BLACK = (31, 0, 0), (0, 31, 0), (0, 0, 31), (0, 0, 0)


def p2_wall(folder, more="", size="64x48", core="", others="", users=None, prefix=()):
    """With users py1 to py9, password 1234, and those in `users`; p²'s 0,0 is canvas 32,24."""
    path = os.path.join(str(folder), "users")
    with open(path, "w") as f:
        f.write("".join("py%d = static:1234\n" % i for i in range(1, 10)) + (users or ""))
    return Wall(folder, "%s\n[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\n"
                "users = %s\n%s\n" % (others, path, more), size=size, core=core, prefix=prefix)


def open_wall(folder, more="", **rest):
    """Without authentication."""
    return Wall(folder, "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\n"
                "auth = none\n%s\n" % more, **rest)


def client(wall, name="py1", code="1234"):
    return Client(wall.port("p2"), name, code)
