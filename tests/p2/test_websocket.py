# SPDX-License-Identifier: MIT
"""p² over WebSocket, of python3-websockets and of clients that break its rules."""
import asyncio
import socket
import struct
import time

import pytest

from control import Operator, control
from p2client import RawWebSocket, Updates, auth, frame, put, shown, sub, websocket_port
from p2wall import BLUE, GREEN, RED, client, needs_websockets, p2_wall, websockets
from sanitizer import SLACK_KIB


def in_websocket(wall, script, path="/"):
    async def run():
        async with websockets.connect("ws://127.0.0.1:%d%s" % (websocket_port(wall), path)) as ws:
            return await asyncio.wait_for(script(ws), 20)
    return asyncio.run(run())


@needs_websockets
@pytest.mark.parametrize("path", ["/", "/any/where?at=all"])
def test_websocket_paints_and_watches(tmp_path, path):
    async def script(ws):
        seen = Updates()
        await ws.send(auth("py1") + sub(-32, -24, 31, 23))
        while len(seen.pixels) < 64 * 48:
            seen.take(await ws.recv(), whole=True)
        message = put(1, 2, RED) + put(3, 4, GREEN)
        for cut in (message[:3], message[3:4], message[4:15], message[15:]):
            await ws.send(cut)
        await ws.send([put(5, 6, BLUE)[:2], put(5, 6, BLUE)[2:5], put(5, 6, BLUE)[5:]])  # fragments
        while (seen.pixels[1, 2], seen.pixels[3, 4], seen.pixels[5, 6]) != (RED, GREEN, BLUE):
            data = await ws.recv()
            assert isinstance(data, bytes)
            seen.take(data, whole=True)
        await asyncio.wait_for(await ws.ping(b"still there?"), 30)
        await ws.send(b"\xff\x00")
        seen.take(await ws.recv(), whole=True)
        assert seen.over
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1000

    with p2_wall(tmp_path) as wall:
        in_websocket(wall, script, path)


def test_who_only_watches_is_banned_out(tmp_path):
    watch = auth("py1") + sub(-32, -24, 31, 23)
    with p2_wall(tmp_path, core=control(tmp_path)) as wall, Operator(wall) as operator:
        banned = RawWebSocket(websocket_port(wall), frame(watch), source="127.0.0.5")
        other = RawWebSocket(websocket_port(wall), frame(auth("py2") + sub(-32, -24, 31, 23)))
        assert banned.receive()[0] == other.receive()[0] == 2
        operator.done("ban", net="127.0.0.5", out=True)
        assert banned.close_code() == 1008
        other.send(frame(put(0, 0, RED)))
        wall.painted(32, 24, shown(RED))
        assert other.receive()[0] == 2
        other.socket.close()


@pytest.mark.parametrize("meanwhile", [False, True])
def test_an_unban_lets_paint_again(tmp_path, meanwhile):
    """Although nobody is asked for whom he paints once nobody is banned; also after another client's turn."""
    with p2_wall(tmp_path, core=control(tmp_path)) as wall, Operator(wall) as operator, client(wall, "py2") as other:
        banned = RawWebSocket(websocket_port(wall), frame(auth("py1")), source="127.0.0.5")
        operator.done("ban", net="127.0.0.5")
        banned.send(frame(put(0, 0, RED) + sub(-32, -24, 31, 23)))
        assert banned.receive()[0] == 2, "so the pixel was looked at"
        operator.done("unban", net="127.0.0.5")
        if meanwhile:
            other.send(put(1, 1, GREEN))
            wall.painted(33, 25, shown(GREEN))
        banned.send(frame(put(2, 2, RED)))
        wall.painted(34, 26, shown(RED))
        assert wall.picture().getpixel((32, 24)) == (0, 0, 0)
        banned.socket.close()


@needs_websockets
def test_websocket_client_may_close(tmp_path):
    async def script(ws):
        await ws.send(auth("py1") + put(0, 0, RED))
        await ws.close(4000)
        assert ws.close_code == 4000

    with p2_wall(tmp_path) as wall:
        in_websocket(wall, script)
        wall.painted(32, 24, shown(RED))


@needs_websockets
@pytest.mark.parametrize("message", [auth("py1", "4321"), auth("nobody"), auth(b"\xc3("),
                                     b"\xff\xd0" + bytes(6), b"\xff\xa0\x00x\x00\x00\x0f\x00"])
def test_failed_authentication_closes_1008(tmp_path, message):
    async def script(ws):
        await ws.send(message)
        assert await ws.recv() == b"\xff\x00"
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1008

    with p2_wall(tmp_path) as wall:
        in_websocket(wall, script)


def test_text_frames_are_bytes_and_bytes_may_follow_the_request(tmp_path):
    with p2_wall(tmp_path) as wall:
        ws = RawWebSocket(websocket_port(wall), frame(auth("py1"), opcode=1) + frame(b"", opcode=1))
        ws.send(frame(put(0, 0, RED), opcode=1) + frame(put(1, 0, GREEN)[:3], 1, fin=False)
                + frame(b"ping", 9) + frame(put(1, 0, GREEN)[3:], 0))
        assert ws.receive() == (10, b"ping")
        wall.painted(33, 24, shown(GREEN))
        assert wall.picture().getpixel((32, 24)) == shown(RED)
        ws.send(frame(struct.pack(">H", 1000), 8))
        assert ws.close_code() == 1000


@pytest.mark.parametrize("bad,code", [
    (frame(b"x", masked=False), 1002), (frame(b"x", rsv=4), 1002), (frame(b"x", 3), 1002),
    (frame(b"x", 0), 1002), (frame(b"x", 9, fin=False), 1002), (frame(b"x" * 126, 9), 1002),
    (frame(b"\xff", fin=False) + frame(b"\xff"), 1002), (frame(b"\x03", 8), 1002),
    (frame(struct.pack(">H", 1005), 8), 1002), (frame(b"x", claimed=1 << 63), 1002),
    (frame(b"x", claimed=1 << 62), 1009), (frame(b"x", claimed=(1 << 20) + 1), 1009),
], ids=["unmasked", "reserved bit", "opcode 3", "continues nothing", "ping in pieces", "long ping", "begins twice",
        "half a close code", "reserved close code", "negative length", "huge", "a byte too long"])
def test_bad_frames_are_closed_and_nobody_else_notices(tmp_path, bad, code):
    with p2_wall(tmp_path) as wall:
        good = RawWebSocket(websocket_port(wall))
        good.send(frame(auth("py2")))
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py1")) + bad)
        assert ws.close_code() == code
        good.send(frame(put(0, 0, RED)))
        wall.painted(32, 24, shown(RED))
        assert wall.totals("p2")["malformed"] == 1


@pytest.mark.parametrize("request_", [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
], ids=["plain", "post", "version 8", "bad key"])
def test_other_requests_get_an_explanation(tmp_path, request_):
    with p2_wall(tmp_path) as wall, \
            socket.create_connection(("127.0.0.1", websocket_port(wall))) as s:
        s.settimeout(30)
        s.sendall(request_.encode())
        answer = b""
        while b"p2 over WebSocket" not in answer:
            got = s.recv(4096)
            assert got, answer
            answer += got
        assert answer.startswith(b"HTTP/1.1 426 ") and b"Sec-WebSocket-Version: 13" in answer


def test_pings_of_a_client_that_does_not_read_take_no_memory(tmp_path):
    """Of those that come together one is answered, so it may take long until no more are read."""
    with p2_wall(tmp_path) as wall:
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py1")))
        before = wall.memory_kib()
        ws.socket.settimeout(0.2)
        flood = frame(b"x" * 125, 9) * 500
        end = time.monotonic() + 5
        try:
            while time.monotonic() < end:
                ws.socket.send(flood)
        except (TimeoutError, socket.timeout):
            pass
        assert wall.memory_kib() - before < 4096 + SLACK_KIB
        with client(wall, "py2") as c:
            c.send(put(0, 0, RED))
            wall.painted(32, 24, shown(RED))
