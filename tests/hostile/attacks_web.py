# SPDX-License-Identifier: MIT
"""Attacks on the web server."""
import json
import os
import re
import struct
import time

from attacking import Attack, connect, flood, get


def slow_readers(wall, paths, connections=60):
    """Each asks for something long and takes ten KiB a second of it; who is cut off asks again."""
    readers = [None] * connections
    for n in range(1 << 30):
        for i, s in enumerate(readers):
            try:
                if s is None:
                    readers[i] = s = connect(wall, buffer=4096)
                    s.sendall(get(paths(n + i)))
                    s.setblocking(False)
                elif not s.recv(1024):
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                readers[i] = None
        time.sleep(0.1)


def pipelined(wall):
    flood(wall, get("/healthz") * 200, 1)


def pipelined_costly(wall):
    flood(wall, get("/metrics") * 50, 1000)


def malformed(wall):
    flood(wall, b"PUT / HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: gzip\r\nX: \x01\r\n\r\n", 50)


def unfinished_bodies(wall):
    kept = []
    while True:
        try:
            s = connect(wall)
            s.sendall(b"PUT /register-pg HTTP/1.1\r\nHost: wall\r\nContent-Length: 65536\r\n\r\n" + b" " * 65535)
            kept.append(s)
        except OSError:
            time.sleep(0.01)
        if len(kept) > 4000:
            kept.pop(0).close()


def slow_pictures(wall):
    with connect(wall, "dots") as dots:
        if os.fork() == 0:  # another picture all the time
            while True:
                dots.sendall(struct.pack("<HH", 1, 1) + os.urandom(3) + b"\xff")
                time.sleep(0.01)
        slow_readers(wall, lambda n: "/canvas.png")


def slow_moments(wall):
    slow_readers(wall, lambda n: "/history?at=%d" % (time.time() + n % 7), 250)


def slow_films(wall):
    slow_readers(wall, lambda n: "/timelapse?source=wall&to=%d" % (time.time() + 1000 + n))


def slow_boards(wall):
    name = {"name": "\x01" * 190, "author": "\x02" * 190, "secret": "s"}
    with connect(wall) as s:
        def ask(method, path, fields):
            body = json.dumps(fields).encode()
            s.sendall(b"%s %s HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                      % (method, path, len(body), body))
            return s.recv(1 << 16)

        token = re.search(rb'"id":"(\w+)"', ask(b"PUT", b"/register-pg", name)).group(1).decode()
        if os.fork() == 0:
            for n in range(1 << 30):
                ask(b"PUT", b"/update-pixel", {"id": token, "row": n // 80 % 50, "col": n % 80, "color": n % 16})
        slow_readers(wall, lambda n: "/frontend-pixels")


def guesses(wall):
    body = b'{"token": "guess", "new_rate": 5}'
    flood(wall, (b"POST /changePixelRate HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                 % (len(body), body)) * 100, 20)


def stalled_viewers(wall):
    """WebSockets that never read what they are shown, while it changes all the time."""
    upgrade = (b"GET /%s HTTP/1.1\r\nHost: wall\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    kept = []
    for n in range(900):
        try:
            kept.append(connect(wall, source="127.0.0.%d" % (10 + n % 9), buffer=4096))
            kept[-1].sendall(upgrade % (b"live" if n % 2 else b"ws"))
        except OSError:
            time.sleep(0.01)
    with connect(wall, "dots") as dots:
        while True:
            dots.sendall(b"".join(struct.pack("<HH", x, y) + os.urandom(3) + b"\xff"
                                  for x in range(640) for y in range(0, 400, 16)))


ATTACKS = [
    Attack("one connection that pipelines requests", pipelined),
    Attack("1000 that pipeline costly ones", pipelined_costly),
    Attack("malformed heads", malformed),
    Attack("4000 bodies that end one byte early", unfinished_bodies),
    Attack("60 slow readers of /canvas.png", slow_pictures, noise=True),
    Attack("60 slow readers of /frontend-pixels", slow_boards),
    Attack("250 slow readers of /history?at=", slow_moments, noise=True),
    Attack("60 slow readers of films", slow_films, noise=True),
    Attack("900 viewers that read nothing", stalled_viewers, noise=True),
    Attack("guesses of the admin token", guesses),
]
