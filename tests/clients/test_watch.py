# SPDX-License-Identifier: MIT
"""muralctl watch: the wall in a terminal, and once where there is none."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from peers import Pixelflut
from wall import MURALCTL

CELL = re.compile(r"(?:\x1b\[38;2;(\d+);(\d+);(\d+)m)?(?:\x1b\[48;2;(\d+);(\d+);(\d+)m)?\u2580")


def target(server):
    return "pixelflut://127.0.0.1:%d" % server.port


def read_picture(text):
    """Rows of pixels from what a terminal is told; a colour holds until it is changed."""
    rows = []
    for line in text.splitlines():
        upper, lower, fore, back = [], [], None, None
        for match in CELL.finditer(line):
            fore = match.group(1, 2, 3) if match.group(1) else fore
            back = match.group(4, 5, 6) if match.group(4) else back
            upper.append("%02x%02x%02x" % tuple(map(int, fore)))
            lower.append("%02x%02x%02x" % tuple(map(int, back)) if back else None)
        rows += [upper] + ([lower] if any(lower) else [])
    return rows


def test_once_without_a_terminal(muralctl):
    with Pixelflut(width=40, height=23) as server:
        server.pixels = {(3, 5): "ff0000", (4, 5): "ff0000", (39, 22): "0000ff"}
        shown = read_picture(muralctl("watch", target(server)).ok().out)
    # 80 columns of 46 pixels each: twice as large
    assert len(shown) == 46 and all(len(row) == 80 for row in shown)
    assert shown == [[server.pixels.get((x // 2, y // 2), "000000") for x in range(80)] for y in range(46)]


def test_an_odd_height_and_a_long_wall(muralctl):
    with Pixelflut(width=80, height=5) as server:
        server.pixels = {(0, 4): "00ff00"}
        shown = read_picture(muralctl("watch", target(server)).ok().out)
    assert len(shown) == 5 and shown[4] == ["00ff00"] + ["000000"] * 79


def test_what_cannot_be_watched(muralctl):
    muralctl("watch", "ipv6://2001:db8:d040:SXXX:YYY:RR:GG:BB").failed("ipv6://")


def test_a_terminal_shows_what_changes(muralctl):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 4, 10, 0, 0))
    with Pixelflut(width=10, height=6) as server:
        process = subprocess.Popen([MURALCTL, "watch", target(server)], stdout=theirs, stderr=subprocess.PIPE)
        os.close(theirs)
        shown, stopped = b"", False
        while select.select([ours], [], [], 60)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            shown += data
            if not server.pixels and b"\x1b[J" in shown:
                server.pixels[0, 0] = "ff8800"
            if b"38;2;255;136;0m" in shown and not stopped:
                process.send_signal(signal.SIGINT)  # once: a second one would not wait
                stopped = True
        os.close(ours)
        assert process.wait(60) == 0, process.stderr.read()
        process.stderr.close()
    text = shown.decode()
    assert text.startswith("\x1b[?1049h\x1b[?25l") and text.endswith("\x1b[0m\x1b[?25h\x1b[?1049l")
    frames = text.split("\x1b[H")[1:]
    assert "255;136;0" in frames[-1] or "255;136;0" in frames[-2]
    assert len(read_picture(frames[0].split("\x1b[J")[0])) == 6
