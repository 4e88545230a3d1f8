# SPDX-License-Identifier: MIT
"""The instructions chapter of make bench: what murald executes for a command, counted by valgrind, from
the read of the socket to the publishing of the damage.  A busy machine does not change it."""
import os
import re
import shutil
import socket
import struct
import tempfile

from waiting import wait_for

SIDE = 256
COMMANDS = SIDE * SIDE
DATAGRAMS, PIXELS = 2000, 20
# The callbacks of streams and datagram sockets: src/ingest/conn.c, src/ingest/udp.c.
COUNTED = "on_read", "on_readable"


def obstacle():
    return None if shutil.which("valgrind") else "no valgrind: apt-get install valgrind"


def order():
    """Every pixel of the wall once, in a shuffled order that is always the same."""
    return [(i * 40503 % COMMANDS % SIDE, i * 40503 % COMMANDS // SIDE) for i in range(COMMANDS)]


def text():
    return b"".join(b"PX %d %d %06x\n" % (x, y, x * 65793 ^ y) for x, y in order())


def binary():
    return b"".join(struct.pack("<2sHHBBBB", b"PB", x, y, x, y, x ^ y, 255) for x, y in order())


def dots(nth):
    return b"".join(struct.pack("<HHBBBB", (nth * 7 + i) % SIDE, (nth + i * 3) % SIDE, nth & 255, i, 9, 255)
                    for i in range(PIXELS))


def send_stream(wall, data):
    with socket.create_connection(("127.0.0.1", wall.port("pixelflut"))) as client:
        client.settimeout(120)
        client.sendall(data + b"SIZE\n")
        assert client.recv(100).startswith(b"SIZE"), "no answer"


def send_datagrams(wall):
    """In bursts, which the socket's buffer holds; a stream's answer says that they were read."""
    port = int(re.findall(r"dots: listening on \S+:(\d+), UDP", wall.log())[-1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for nth in range(DATAGRAMS):
            client.sendto(dots(nth), ("127.0.0.1", port))
            if nth % 100 == 99:
                wall.wait_idle()


def collected(wall_class, plugins, send, name, painted):
    """The instructions that the callbacks executed."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + os.path.join(folder, "out")]
        prefix += ["--toggle-collect=" + function for function in COUNTED]
        with wall_class(folder, plugins, size="%dx%d" % (SIDE, SIDE), core="workers = 0", prefix=prefix) as wall:
            # valgrind itself catches the signals that the fixture waits for
            wait_for("murald to listen", lambda: "listening on" in wall.log(), 120)
            send(wall)
            totals = wall.totals(name)
            assert totals["painted"] == painted, totals
        with open(os.path.join(folder, "out")) as f:
            return int(re.search(r"^(?:summary|totals): (\d+)", f.read(), re.M).group(1))


def measure():
    from wall import Wall  # of the tests
    flut = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
    udp = "[plugin dots]\nlisten-udp = 127.0.0.1:0\n"
    rows = []
    for name, plugins, send, plugin, painted in (
            ("PX x y rrggbb", flut, lambda wall: send_stream(wall, text()), "pixelflut", COMMANDS),
            ("PB", flut, lambda wall: send_stream(wall, binary()), "pixelflut", COMMANDS),
            ("UDP, %d dots each" % PIXELS, udp, send_datagrams, "dots", DATAGRAMS * PIXELS)):
        count = collected(Wall, plugins, send, plugin, painted) / painted
        print("  %-20s %6.1f instructions a pixel" % (name, count))
        rows.append({"name": name, "instructions": count, "ok": True})
    return rows
