# SPDX-License-Identifier: MIT
"""Pixelflut over WebSocket, on the connections of the plugin: the stream in frames, what is no handshake and no
frame, and the limits of all other clients."""
import asyncio
import os
import random
import socket
import time

import pytest

from p2client import RawWebSocket, frame, upgrade_request
from sanitizer import SANITIZED
from wall import PLUGINS, Wall

BROWSERS = "[plugin pixelflut]\nlisten = 127.0.0.1:0\nwebsocket = yes\n"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def is_built():
    with open(os.path.join(PLUGINS, "pixelflut.so"), "rb") as plugin:
        return b"wslay" in plugin.read()


pytestmark = pytest.mark.skipif(not is_built(), reason="built without WebSocket: apt-get install libmicrohttpd-dev "
                                                       "libwslay-dev libmd-dev")


def browser(wall, first=b""):
    return RawWebSocket(wall.port("pixelflut"), first)


def plain(wall, data):
    with wall.tcp("pixelflut") as client:
        client.settimeout(30)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as file:
            return file.read()


def test_frames_are_one_stream(tmp_path):
    """A command goes over the ends of fragments, messages and kinds of frames; binary commands do, too."""
    with Wall(tmp_path, BROWSERS) as wall:
        ws = browser(wall, frame(b"PX 1 1 ff", TEXT, fin=False))
        ws.send(frame(b"8000", 0, fin=False) + frame(b"hello", PING) + frame(b"\nPX 1", 0))
        assert ws.receive() == (PONG, b"hello")
        ws.send(frame(b" 1\nSIZE\n", BINARY))
        assert ws.receive() == (TEXT, b"PX 1 1 ff8000\nSIZE 64 48\n")
        ws.send(frame(b"PB\2\0\3", BINARY) + frame(b"") + frame(b"\0\0\xff\0\0PX 2 3\n", BINARY))
        assert ws.receive() == (TEXT, b"PX 2 3 00ff00\n")
        ws.send(frame(b"OFFSET 10 10\n", TEXT) + frame(b"PX 1 1 0000ff\nPX 1 1\nCONNECTIONS\n", TEXT))
        assert ws.receive() == (TEXT, b"PX 1 1 0000ff\nCONNECTIONS 1\n")
        # the last line may lack its end, and the close is answered with its code
        ws.send(frame(b"PX 5 5", TEXT) + frame(b"\x03\xe8", CLOSE) + frame(b"PX 9 9 ffffff\n", TEXT))
        assert ws.receive() == (TEXT, b"PX 5 5 000000\n")
        assert ws.close_code() == 1000
        assert plain(wall, b"PX 11 11\nPX 9 9\nPX 2 3\n") == b"PX 11 11 0000ff\nPX 9 9 000000\nPX 2 3 00ff00\n"


def test_many_frames_and_many_answers(tmp_path):
    """Every cut of the wire; and answers that murald has to wait for."""
    with Wall(tmp_path, BROWSERS) as wall:
        pixels = [(i % 64, i // 64 % 48, random.randrange(1 << 24)) for i in range(64 * 48)]
        wire = b"".join(frame(b"PX %d %d %06x\n" % pixel, random.choice((TEXT, BINARY))) for pixel in pixels)
        ws = browser(wall)
        for at in range(0, 3000):
            ws.send(wire[at:at + 1])
        ws.send(wire[3000:])
        asked = b"".join(b"PX %d %d\n" % pixel[:2] for pixel in pixels)
        for _ in range(20):
            ws.send(frame(asked, BINARY))
        want = b"".join(b"PX %d %d %06x\n" % pixel for pixel in pixels) * 20
        heard = b""
        while len(heard) < len(want):
            opcode, text = ws.receive()
            assert opcode == TEXT and text.endswith(b"\n")
            heard += text
        assert heard == want


def test_a_browser_library(tmp_path):
    websockets = pytest.importorskip("websockets", reason="apt-get install python3-websockets")

    async def paint(url):
        async with websockets.connect(url) as ws:
            await ws.send("PX 7 7 123456\nPX 7")
            await ws.send(b" 7\n")
            assert await asyncio.wait_for(ws.recv(), 30) == "PX 7 7 123456\n"
            await ws.send("PX 8 8 abcdef\n" * 100000)
            await ws.send("PX 8 8\n")
            assert await asyncio.wait_for(ws.recv(), 60) == "PX 8 8 abcdef\n"

    with Wall(tmp_path, BROWSERS) as wall:
        asyncio.run(paint("ws://127.0.0.1:%d/paint?here" % wall.port("pixelflut")))
        assert "malformed" not in wall.totals("pixelflut")


@pytest.mark.parametrize("request_", [
    b"GET / HTTP/1.1\r\nHost: wall\r\n\r\n",
    upgrade_request("/").replace(b"Version: 13", b"Version: 8"),
    upgrade_request("/").replace(b"keep-alive, Upgrade", b"keep-alive"),
    upgrade_request("/").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl"),
])
def test_what_is_no_handshake(tmp_path, request_):
    with Wall(tmp_path, BROWSERS) as wall:
        assert plain(wall, request_ + b"PX 1 1 ffffff\n").startswith(b"HTTP/1.1 426 ")
        assert plain(wall, b"PX 1 1\n") == b"PX 1 1 000000\n"
        assert wall.totals("pixelflut")["malformed"] == 1


@pytest.mark.parametrize("request_", [b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n\r\n",
                                      b"GET / HTTP/1.1\r\n" + b"Cookie: aaaaaaaaaaaaaaaa\r\n" * 400 + b"\r\n"])
def test_a_request_has_an_end(tmp_path, request_):
    with Wall(tmp_path, BROWSERS) as wall:
        with wall.tcp("pixelflut") as client:
            client.settimeout(30)
            client.sendall(request_)
            try:
                assert client.recv(100) == b""
            except ConnectionResetError:
                pass
        assert plain(wall, b"SIZE\n") == b"SIZE 64 48\n"
        assert wall.totals("pixelflut")["malformed"] == 1


@pytest.mark.parametrize("wire,code", [
    (frame(b"PX 1 1 ffffff\n", masked=False), 1002),
    (frame(b"PX 1 1 ffffff\n", 0), 1002),
    (frame(b"PX 1 1 ffffff\n", 3), 1002),
    (frame(b"PX 1 1 ffffff\n", rsv=4), 1002),
    (frame(b"\0", CLOSE), 1002),
    (frame(b"x" * 126, PING), 1002),
    (frame(b"y" * 3000), 1009),
], ids=["unmasked", "continues nothing", "opcode 3", "reserved bit", "half a close code", "long ping", "line without end"])
def test_what_is_no_frame(tmp_path, wire, code):
    with Wall(tmp_path, BROWSERS) as wall:
        ws = browser(wall, frame(b"PX 3 3 00ff00\n") + wire + frame(b"PX 1 1 ffffff\n"))
        assert ws.close_code() == code
        assert plain(wall, b"PX 1 1\nPX 3 3\n") == b"PX 1 1 000000\nPX 3 3 00ff00\n"
        assert wall.totals("pixelflut")["malformed"] == 1


def test_off_unless_it_is_on(tmp_path):
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n") as wall:
        assert plain(wall, upgrade_request("/") + b"SIZE\n") == b"SIZE 64 48\n"


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory proves nothing; build without --enable-sanitizer")
def test_browsers_cost_little(tmp_path):
    with Wall(tmp_path, BROWSERS, core="workers = 2") as wall:
        assert browser(wall).socket
        before = wall.memory_kib()
        clients = [RawWebSocket(wall.port("pixelflut"), frame(b"PX 1 1 ff"), "127.0.0.%d" % (1 + i % 20))
                   for i in range(600)]
        for ws in clients:  # what each has sent before is held
            ws.send(frame(b"8000\nSIZE\n"))
            assert ws.receive() == (TEXT, b"SIZE 64 48\n")
        growth = wall.memory_kib() - before
        print("600 browsers: %d KiB" % growth)
        assert growth < 600 * 8


def test_limits_hold(tmp_path):
    """Pixels by the second, as over TCP: nothing is lost, it is read later; and connections."""
    lines = b"".join(b"PX %d %d ffffff\n" % (i % 64, i // 64 % 48) for i in range(1500))
    with Wall(tmp_path, BROWSERS + "connections-per-source = 1\n", core="pixels-per-source = 500") as wall:
        begin = time.monotonic()
        ws = browser(wall, frame(lines, TEXT))
        with wall.tcp("pixelflut") as other:
            other.settimeout(30)
            assert other.recv(100).startswith(b"ERROR too many connections")
        ws.send(frame(b"SIZE\n", TEXT))
        assert ws.receive() == (TEXT, b"SIZE 64 48\n")
        assert time.monotonic() - begin > 1.5
        assert wall.totals("pixelflut")["painted"] == 1500
