# SPDX-License-Identifier: MIT
"""Attacks by WebSocket: frames that each want an answer, and frames that say nothing."""
from attacking import Attack, Flood, connect, flood
from p2client import auth, frame, upgrade_request, websocket_port

PINGS = frame(b"", opcode=9) * 4000
LONG_PINGS = frame(b"x" * 125, opcode=9) * 1000
FRAGMENTS = frame(b"", opcode=0, fin=False) * 4000
QUESTIONS = frame(b"STATS\n" * 1000) * 20


def pings(wall):
    flood(wall, PINGS, 20, first=upgrade_request("/live"))


def deaf_pings(wall):
    """No answer is read."""
    flood(wall, LONG_PINGS, 1000, first=upgrade_request("/ws"), reads=False)


def fragments(wall):
    """Empty ones, of one message."""
    flood(wall, FRAGMENTS, 20, first=upgrade_request("/ws") + frame(b"", fin=False))


def p2_pings(wall):
    port = websocket_port(wall)

    def enter(n):
        s = connect(wall, port=port)
        s.sendall(upgrade_request("/") + frame(auth("py%d" % n)))
        return s
    Flood(enter, lambda: PINGS, 20).run()


def questions(wall):
    flood(wall, QUESTIONS, 20, "browsers", first=upgrade_request("/"))


BROWSERS = "[plugin pixelflut browsers]\nlisten = 127.0.0.1:0\nwebsocket = yes\n"
ATTACKS = [
    Attack("WebSocket pings without an end", pings),
    Attack("WebSocket pings whose answers nobody reads", deaf_pings),
    Attack("fragments of a WebSocket message without an end", fragments),
    Attack("questions of Pixelflut's browsers", questions, ("pixelflut",), BROWSERS),
]
P2_ATTACKS = [
    Attack("p2 WebSocket pings without an end", p2_pings, ("p2", "p2 over WebSocket")),
]
