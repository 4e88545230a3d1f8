# SPDX-License-Identifier: MIT
"""Attacks on the web server."""
import json
import os
import re
import struct
import time

from attacking import Attack, ask, connect, flood, get, hoard, sources
from p2client import frame, upgrade_request


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


ROUTES = ("/", "/page.json", "/openapi.json", "/qr.svg", "/settings", "/pixels", "/frontend-pixels", "/servers",
          "/heat.png", "/serverconfig.json", "/metrics", "/figures.json", "/invite?x=1&y=1&width=640&height=400",
          "/history?bars=100", "/history?at=1e9", "/tiles/2/0/0/1.png", "/canvas.png", "/getPixelAuthor/0/0", "/live",
          "/admin/", "/api/", "/none", "/socket.io/?EIO=4&transport=polling")


def every_route(wall):
    flood(wall, b"".join(map(get, ROUTES)) * 8, 100)


def long_heads(wall):
    """On as many connections as there are, and never the end."""
    hoard(lambda n: begin_head(wall, "127.0.0.%d" % (9 + n % 2)))


def begin_head(wall, source):
    s = connect(wall, source=source)
    s.sendall(b"GET / HTTP/1.1\r\nHost: wall\r\nCookie: " + b"x" * 7000)
    return s


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


def token(s, name, author):
    """A new generator's."""
    s.sendall(ask("PUT", "/register-pg", json.dumps({"name": name, "author": author, "secret": "s"}).encode()))
    return re.search(rb'"id":"(\w+)"', s.recv(1 << 16)).group(1).decode()


def setting(token_, n):
    """The n-th request of who sets one cell after the other."""
    return ask("PUT", "/update-pixel", json.dumps(
        {"id": token_, "row": n // 80 % 50, "col": n % 80, "color": n % 16}).encode())


def slow_boards(wall):
    with connect(wall) as s:
        its = token(s, "\x01" * 190, "\x02" * 190)
        if os.fork() == 0:
            for n in range(1 << 30):
                s.sendall(setting(its, n))
                s.recv(1 << 16)
        slow_readers(wall, lambda n: "/frontend-pixels")


def listeners(wall):
    """WebSockets of socket.io that have joined, while cells are set."""
    kept = []
    for n in range(4000):
        try:
            kept.append(connect(wall, source="127.0.0.%d" % (9 + n % 2)))
            kept[-1].sendall(upgrade_request("/socket.io/?EIO=4&transport=websocket") + frame(b"40", opcode=1))
        except OSError:
            time.sleep(0.01)
    with connect(wall) as s:
        its = token(s, "name", "author")
        for n in range(0, 1 << 30, 50):
            s.sendall(b"".join(setting(its, n + i) for i in range(50)))
            s.recv(1 << 20)
            time.sleep(0.02)


def sessions(wall):
    """More than there are places for, of which none is used."""
    flood(wall, get("/socket.io/?EIO=4&transport=polling") * 50, 200, source=sources(8))


def guesses(wall):
    body = b'{"token": "guess", "new_rate": 5}'
    flood(wall, (b"POST /changePixelRate HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                 % (len(body), body)) * 100, 20)


def stalled_viewers(wall):
    """WebSockets that never read what they are shown, while it changes all the time."""
    kept = []
    for n in range(900):
        try:
            kept.append(connect(wall, source="127.0.0.%d" % (10 + n % 9), buffer=4096))
            kept[-1].sendall(upgrade_request("/live" if n % 2 else "/ws"))
        except OSError:
            time.sleep(0.01)
    with connect(wall, "dots") as dots:
        while True:
            dots.sendall(b"".join(struct.pack("<HH", x, y) + os.urandom(3) + b"\xff"
                                  for x in range(640) for y in range(0, 400, 16)))


def passing_viewers(wall):
    """Thousands who come, look for a moment, and leave together."""
    while True:
        there = []
        for n in range(6000):
            try:
                there.append(connect(wall, source="127.0.0.%d" % (9 + n % 4)))
                there[-1].sendall(upgrade_request(("/live", "/ws", "/live?bands=1")[n % 3]))
            except OSError:
                time.sleep(0.01)
        for s in there:
            s.close()


ATTACKS = [
    Attack("one connection that pipelines requests", pipelined),
    Attack("1000 that pipeline costly ones", pipelined_costly),
    Attack("every route, pipelined", every_route, noise=True),
    Attack("malformed heads", malformed),
    Attack("heads that never end, on all connections", long_heads, long=True),
    Attack("4000 bodies that end one byte early", unfinished_bodies),
    Attack("60 slow readers of /canvas.png", slow_pictures, noise=True),
    Attack("60 slow readers of /frontend-pixels", slow_boards),
    Attack("250 slow readers of /history?at=", slow_moments, noise=True),
    Attack("60 slow readers of films", slow_films, noise=True),
    Attack("900 viewers that read nothing", stalled_viewers, noise=True),
    Attack("6000 viewers that come and go", passing_viewers, noise=True, long=True),
    Attack("4000 listeners of socket.io, and cells that are set", listeners, long=True),
    Attack("sessions of socket.io without an end", sessions),
    Attack("guesses of the admin token", guesses),
]
