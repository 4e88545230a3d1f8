# SPDX-License-Identifier: MIT
"""Attacks on p2."""
import os
import socket
import struct
import time

from attacking import Attack, Flood, connect, flood, hoard, sources
from p2client import auth, put, sub, websocket_port

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX: "
EVERYTHING = sub(-320, -200, 320, 200)


def bare(wall):
    """As many connections as one can have, and nothing said on any of them."""
    port = websocket_port(wall)
    hoard(lambda n: connect(wall, port=port, source="127.0.0.%d" % (9 + n % 4)), 3000)


def dripped(wall):
    """A byte of a request now and then, on each of many connections."""
    port, kept = websocket_port(wall), []
    for n in range(600):
        try:
            kept.append(connect(wall, port=port, source="127.0.0.%d" % (9 + n % 4)))
        except OSError:
            time.sleep(0.01)
    while True:
        for i, s in enumerate(kept):
            try:
                s.send(HEAD[i % len(HEAD):][:1])
            except OSError:
                try:
                    kept[i] = connect(wall, port=port, source="127.0.0.%d" % (9 + i % 4))
                except OSError:
                    pass
        time.sleep(0.1)


def wrong_codes(wall):
    flood(wall, auth("victim", "4321"), 200, "p2", sources(200))


def sub_flood(wall):
    """1000 clients who have logged in ask for everything, again and again, and read it."""
    names = iter(range(1, 1 << 30))

    def enter(_):
        s = connect(wall, "p2", "127.0.0.%d" % (10 + next(names) % 8))
        s.sendall(auth("py%d" % (next(names) // 2 % 1000)))
        return s
    if os.fork() == 0:
        with connect(wall, "p2", "127.0.0.20") as painter:
            painter.sendall(auth("painter"))
            while True:
                painter.sendall(b"".join(put(x, int(time.time() * 50) % 200, (31, x % 32, 0)) for x in range(200)))
                time.sleep(0.02)
    Flood(enter, lambda: EVERYTHING * 20, 1000).run()


def deaf_subscribers(wall):
    """They ask, and read nothing."""
    kept = []
    for n in range(1000):
        try:
            s = connect(wall, "p2", "127.0.0.%d" % (10 + n % 8), buffer=4096)
            s.sendall(auth("py%d" % n) + EVERYTHING)
            kept.append(s)
        except OSError:
            time.sleep(0.01)
    while True:
        for s in kept:
            try:
                s.send(EVERYTHING, socket.MSG_DONTWAIT)
            except OSError:
                pass
        time.sleep(0.05)


def deaf_guests(wall):
    """Thousands, who see all of a large wall that changes all over, and read nothing."""
    kept = []
    for n in range(GUESTS):
        try:
            kept.append(connect(wall, "guests", "127.0.0.%d" % (10 + n % 8), buffer=4096))
            kept[-1].sendall(auth("guest%d" % n) + sub(*LARGE_WALL))
        except OSError:
            time.sleep(0.01)
    with connect(wall, "dots") as dots:
        while True:
            dots.sendall(b"".join(struct.pack("<HH", x, y) + os.urandom(3) + b"\xff"
                                  for y in range(0, LARGE[1], 8) for x in range(0, LARGE[0], 15)))


GUESTS = 6000
LARGE, LARGE_WALL = (1920, 1080), (-960, -540, 959, 539)
GUEST_BOOK = "[plugin p2 guests]\nlisten = 127.0.0.1:0\nwebsocket =\nauth = none\n"
PROBES = ("p2", "p2 over WebSocket")
ATTACKS = [
    Attack("bare connections to p2's WebSocket port", bare, PROBES),
    Attack("dripped upgrades", dripped, PROBES),
    Attack("wrong codes for one name, from 200 sources", wrong_codes, PROBES),
    Attack("1000 p2 clients that subscribe again and again", sub_flood, PROBES),
    Attack("1000 p2 subscribers that read nothing", deaf_subscribers, PROBES),
    Attack("6000 p2 guests that read nothing of a large wall", deaf_guests, PROBES, GUEST_BOOK, size=LARGE, long=True),
]
