# SPDX-License-Identifier: MIT
"""Walls with all kinds of plugins, whose C library fails when it is told to."""
import json
import os
import urllib.error
import urllib.request

import pytest

from wall import BUILD, Wall

SHIM = os.path.join(BUILD, "tests/faults/.libs/shim.so")
PLUGINS = """[plugin pixelflut]
listen = 127.0.0.1:0
[plugin dots]
listen = 127.0.0.1:0
[plugin p2]
listen = 127.0.0.1:0
websocket = 127.0.0.1:0
auth = none
[plugin http]
listen = 127.0.0.1:0
database = %s/board.db
pixel-rate = 0
"""

no_shim = pytest.mark.skipif(
    bool(os.environ.get("sanitizer")),
    reason="a sanitizer has its own allocator; build without --enable-sanitizer")


def all_plugins(folder, data=None, core="", **values):
    """Its files are in the folder `data`."""
    data = data or folder
    core += "[record]\nfile = %s/record\ninterval = 50ms\n" % data
    wall = Wall(folder, PLUGINS % data, core=core, **values)
    if data != folder:
        with open(wall.config, "a") as config:
            config.write("[canvas]\nsnapshot = %s/canvas.png\n" % data)
    return wall


def shim(**orders):
    return dict({name: str(value) for name, value in orders.items()}, LD_PRELOAD=SHIM)


def answer(wall, path, body=None, method=None):
    request = urllib.request.Request(
        "http://127.0.0.1:%d/%s" % (wall.port("http"), path), method=method,
        data=json.dumps(body).encode() if body is not None else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as reply:
        return reply.code, json.loads(reply.read())


def flut(wall, text):
    with wall.tcp("pixelflut") as client:
        client.sendall(text + b"SIZE\n")
        client.settimeout(30)
        return client.recv(200)


def register(wall, name="n"):
    """The token of who is new comes once all before it is in the file."""
    status, body = answer(wall, "register-pg", {"name": name, "author": "a", "secret": "s"}, "PUT")
    return body.get("id") if status == 200 else None


def update(wall, token, row, column, colour):
    return answer(wall, "update-pixel",
                  {"id": token, "row": row, "col": column, "color": colour}, "PUT")
