# SPDX-License-Identifier: MIT
"""p² against a whole murald, over plain sockets and python3-websockets."""
import asyncio
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import time

import pytest

import procfs
from control import Operator, control
from p2client import Client, RawWebSocket, Updates, auth, frame, put, shown, sub, websocket_port
from sanitizer import SLACK_KIB
from waiting import settled, shortest, wait_for
from wall import BUILD, DOTS, Wall, dot

try:
    import websockets
except ImportError:
    websockets = None
needs_websockets = pytest.mark.skipif(
    websockets is None, reason="no websockets: apt-get install python3-websockets")
needs_oathtool = pytest.mark.skipif(
    not any(os.path.exists(os.path.join(d, "oathtool")) for d in os.environ["PATH"].split(":")),
    reason="no oathtool: apt-get install oathtool")

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
WHOLE = sub(-32512, -32512, 32512, 32512)
RED, GREEN, BLUE, BLACK = (31, 0, 0), (0, 31, 0), (0, 0, 31), (0, 0, 0)


def p2_wall(folder, more="", size="64x48", core="", others="", users=None, prefix=()):
    """With users py1 to py9, password 1234, and those in `users`; p²'s 0,0 is canvas 32,24."""
    path = os.path.join(str(folder), "users")
    with open(path, "w") as f:
        f.write("".join("py%d = static:1234\n" % i for i in range(1, 10)) + (users or ""))
    return Wall(folder, "%s\n[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\n"
                "users = %s\n%s\n" % (others, path, more), size=size, core=core, prefix=prefix)


def open_wall(folder, more="", **rest):
    """Without authentication."""
    return Wall(folder, "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\n"
                "auth = none\n%s\n" % more, **rest)


def client(wall, name="py1", code="1234"):
    return Client(wall.port("p2"), name, code)


# ---------------------------------------------------------- painting and updates

def test_a_pixel_is_its_users(tmp_path):
    with p2_wall(tmp_path, core="[canvas]\nowners = yes\n" + control(tmp_path)) as wall, \
            client(wall) as one, client(wall, "py2") as two, Operator(wall) as operator:
        one.send(put(0, 0, RED))
        two.send(put(1, 1, GREEN))
        for at, user in (("32,24", "py1"), ("33,25", "py2")):
            wait_for("the pixel of " + user, lambda: operator.done("who", point=at)["source"] == "p2:" + user)
        assert not operator.done("who", point="32,24")["forgeable"]
        assert operator.done("undo", source="p2:py1")["pixels"] == 1



def test_every_subscriber_sees_all_changes_whoever_painted(tmp_path):
    with p2_wall(tmp_path, others=DOTS) as wall, \
            client(wall) as one, client(wall, "py2") as two, wall.tcp() as dots:
        one.send(sub(-32, -24, 31, 23))
        two.send(sub(0, 0, 0, 0))
        one.until(lambda c: len(c.pixels) == 64 * 48)
        two.until(lambda c: len(c.pixels) == 1)
        assert set(one.pixels.values()) == {BLACK}
        dots.sendall(dot(32, 24, (255, 132, 8)))
        for c in (one, two):
            c.until_sees(0, 0, (31, 16, 1))
        two.send(put(-32, -24, GREEN) + put(31, 23, BLUE) + put(32, 0, RED) + put(0, 24, RED))
        one.until_sees(-32, -24, GREEN).until_sees(31, 23, BLUE)
        one.send(put(0, 0, RED))
        for c in (one, two):  # the author, too
            c.until_sees(0, 0, RED)
        assert (32, 0) not in one.pixels and len(two.pixels) == 1
        picture = wall.last_picture()
        assert picture.getpixel((0, 0)) == shown(GREEN) and picture.getpixel((63, 47)) == shown(BLUE)
        assert "painted 3 pixels, discarded 2 out_of_bounds" in wall.log()


def echo_request(data):
    """An ICMP echo request with its checksum."""
    message = struct.pack(">BBHHH", 8, 0, 0, 7, 1) + data + bytes(len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(message) // 2), message))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return message[:2] + struct.pack(">H", ~total & 0xffff) + message[4:8 + len(data)]


@pytest.mark.skipif(os.geteuid() != 0, reason="sending and reading pings needs root")
def test_a_ping_is_seen_by_subscribers(tmp_path):
    with p2_wall(tmp_path, others="[plugin icmp]\ninterface = lo\n") as wall, client(wall) as c, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as pings:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 64 * 48)
        pings.sendto(echo_request(struct.pack(">BHHBBB", 0xcc, 40, 20, 255, 0, 0)), ("127.0.0.1", 0))
        c.until_sees(40 - 32, 20 - 24, RED)


def test_snapshot_is_few_large_blocks(tmp_path):
    with p2_wall(tmp_path, size="150x80") as wall, client(wall) as c:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 150 * 80)
        assert len(c.blocks) == 100 and c.bytes == 100 * 246
        c.blocks.clear()
        c.send(sub(-3, -5, 11, 2))  # one block of 15 x 8, wherever it lies
        c.until(lambda c: c.blocks)
        assert c.blocks == [(-3, -5, 15, 8)]


def test_without_snapshot_only_changes_come(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c:
        c.send(WHOLE)
        assert c.quiet()
        c.send(put(1, 2, RED))
        c.until_sees(1, 2, RED)
        assert len(c.pixels) == 1 and c.bytes == 8


def test_a_second_sub_replaces_the_first_and_a_wrong_one_ends_it(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c:
        c.send(sub(0, 0, 5, 5))
        c.send(sub(10, 10, 12, 12))
        assert c.quiet(0.2)  # until the next tick: without a snapshot, changes count from then on
        c.send(put(1, 1, RED) + put(11, 11, GREEN))
        c.until_sees(11, 11, GREEN)
        assert len(c.pixels) == 1
        c.send(sub(5, 5, 1, 1))
        assert c.quiet(0.2)  # until the next tick
        c.send(put(11, 11, RED))
        assert c.quiet()
        c.send(sub(100, 100, 120, 120))  # outside of the wall
        c.send(put(11, 11, BLUE))
        assert c.quiet() and not c.closed


@pytest.mark.parametrize("origin,at", [("center", (32, 24)), ("top-left", (0, 0)),
                                       ("5,7", (5, 7)), ("-3,100", (-3, 100))])
def test_origin_is_where_zero_is(tmp_path, origin, at):
    with p2_wall(tmp_path, "origin = %s" % origin) as wall, client(wall) as c:
        c.send(put(10 - at[0], 20 - at[1], RED) + WHOLE)
        c.until_sees(10 - at[0], 20 - at[1], RED)
        assert min(c.pixels) == (-at[0], -at[1])
        assert wall.last_picture().getpixel((10, 20)) == shown(RED)


def test_a_region_is_a_wall_of_its_own(tmp_path):
    with p2_wall(tmp_path, "offset = 7,9\nregion = 20x10", others=DOTS) as wall, \
            client(wall) as c, wall.tcp() as dots:
        c.send(put(0, 0, RED) + put(-10, -5, GREEN) + put(10, 0, BLUE) + WHOLE)
        c.until(lambda c: len(c.pixels) == 200)
        dots.sendall(b"".join(dot(x, y, (0, 0, 255))
                              for x, y in ((6, 9), (26, 18), (27, 18), (7, 8))))
        c.until_sees(9, 4, BLUE)
        assert len(c.pixels) == 200 and c.pixels[-10, -5] == GREEN and c.pixels[0, 0] == RED
        picture = wall.last_picture()
        assert picture.getpixel((17, 14)) == shown(RED) and picture.getpixel((7, 9)) == shown(GREEN)


def test_any_fragmentation_of_the_stream(tmp_path):
    rng = random.Random(4)
    noise = [b"\xff", b"\x12\x34", b"\xff\x55\x01", b"\xff\xd0\x00\x01\x00", b"\xff\xd0" + bytes(6)]
    script, want = b"", {}
    for i in range(400):
        x, y = rng.randrange(-32, 32), rng.randrange(-24, 24)
        rgb = tuple(rng.randrange(32) for _ in range(3))
        script += put(x, y, rgb) + (rng.choice(noise) if i % 3 == 0 else b"")
        want[x, y] = rgb
    script += b"\xff" + put(0, 0, RED)
    want[0, 0] = RED
    for round_, size in enumerate((len(script), 1, 2, 3, 5, 7, 8, 9, 64, None)):
        folder = tmp_path / str(round_)
        folder.mkdir()
        with p2_wall(folder, "put-rate = 0") as wall, Client(wall.port("p2")) as c:
            c.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = auth("py1") + script
            while data:
                n = size or rng.randrange(1, 40)
                c.send(data[:n])
                data = data[n:]
                if n <= 3 and len(data) % 7 == 0:
                    time.sleep(0.0005)  # so that some pieces are read one by one
            c.send(WHOLE)
            c.until(lambda c: len(c.pixels) == 64 * 48)
            assert {at: rgb for at, rgb in c.pixels.items() if rgb != BLACK or at in want} == want


def test_updates_are_batched_fifteen_times_a_second(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c, client(wall, "py2") as painter:
        c.send(WHOLE)
        assert c.quiet()
        arrivals, last, i, begun = [], 0, 0, time.monotonic()
        while len(arrivals) < 25 or shortest(arrivals, 6) > 0.6:
            assert time.monotonic() - begun < 60, arrivals
            painter.send(put(3, 3, (i % 31 + 1, 0, 0)))
            i += 1
            c.socket.settimeout(0.002)
            c.read()
            if c.bytes != last:
                arrivals.append(time.monotonic())
                last = c.bytes
        assert len(arrivals) <= 15 * (time.monotonic() - begun) + 3


def test_an_idle_wall_does_not_wake_up(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as c:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 64 * 48)
        wall.wait_idle()
        before = procfs.times_slept(wall.pid)
        time.sleep(2)  # a clock that ticks would show by then
        assert procfs.times_slept(wall.pid) - before <= 1


def test_unix_sockets_serve_too(tmp_path):
    path = str(tmp_path / "p2.sock")
    with Wall(tmp_path, "[plugin p2]\nlisten = unix:%s\nwebsocket =\nauth = none\n" % path) as wall:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(auth("x") + put(0, 0, RED))
            wall.painted(32, 24, shown(RED))
        assert wall.stop() == 0 and not os.path.exists(path)


def test_both_address_families_are_served(tmp_path):
    with Wall(tmp_path, "[plugin p2]\nlisten = [::]:0\nwebsocket = [::]:0\nauth = none\n") as wall:
        for i, host in enumerate(("127.0.0.1", "::1")):
            with Client(wall.port("p2"), "u", host=host) as c:
                c.send(put(i, 0, RED))
                wall.painted(32 + i, 24, shown(RED))


# ------------------------------------------------------------------- WebSocket

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
], ids=lambda value: str(value)[:24])
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


def test_pings_of_a_client_that_does_not_read_are_not_answered_for_ever(tmp_path):
    with p2_wall(tmp_path) as wall:
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py1")))
        before = wall.memory_kib()
        ws.socket.settimeout(0.2)
        flood = frame(b"x" * 125, 9) * 500
        sent, end = 0, time.monotonic() + 5
        try:
            while time.monotonic() < end:
                sent += ws.socket.send(flood)
        except (TimeoutError, socket.timeout):
            pass
        assert wall.memory_kib() - before < 4096 + SLACK_KIB
        assert sent < 64 << 20, "it never stopped reading"
        with client(wall, "py2") as c:
            c.send(put(0, 0, RED))
            wall.painted(32, 24, shown(RED))


# ------------------------------------------------------------------------ users

def oath(offset=0):
    """The code of the current step, or of one `offset` steps away."""
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + 30 * offset))
    return subprocess.check_output(
        ["oathtool", "--totp", "-b", SECRET, "-N", at], text=True).strip()


def away_from_a_step():
    """So that a code arrives in the step that it was made for."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left)  # the codes change with the time


def gets_in(wall, name, code):
    with client(wall, name, code) as c:
        c.send(sub(0, 0, 0, 0))
        c.until(lambda c: c.pixels or c.over or c.closed)
        return bool(c.pixels)


@needs_oathtool
@pytest.mark.parametrize("state", [False, True])
def test_codes_are_valid_once_also_after_a_restart(tmp_path, state):
    users = "alice = totp:%s\nbob = totp:%s\n" % (SECRET, SECRET)
    folder = tmp_path / "state"
    folder.mkdir()
    env = {"STATE_DIRECTORY": str(folder)} if state else {}
    away_from_a_step()
    wall = p2_wall(tmp_path, users=users)
    try:
        wall.start(env=env).wait_ready()
        assert gets_in(wall, "alice", oath())
        assert not gets_in(wall, "alice", oath())
        assert not gets_in(wall, "alice", oath(-1)), "older than a used one"
        assert gets_in(wall, "bob", oath(-1))
        assert not gets_in(wall, "bob", oath(-2)) and not gets_in(wall, "bob", oath(2))
        assert gets_in(wall, "py1", "1234") and gets_in(wall, "py1", "1234"), "static codes may"
        wall.stop()
        wall.start(env=env).wait_ready()
        assert not gets_in(wall, "alice", oath()), "replayed after a restart"
        assert gets_in(wall, "bob", oath())
        wall.kill()  # no clean stop
        wall.start(env=env).wait_ready()
        assert not gets_in(wall, "bob", oath())
        assert gets_in(wall, "bob", oath(1))
        assert gets_in(wall, "alice", oath(1))
        assert wall.stop() == 0
        steps = os.listdir(folder) if state else [n for n in os.listdir(tmp_path) if "steps" in n]
        assert len(steps) == 1 and steps[0].endswith("users.steps")
    finally:
        if wall.process.poll() is None:
            wall.process.kill()


def test_a_wrong_code_is_answered_and_closed(tmp_path):
    with p2_wall(tmp_path) as wall:
        for message in (auth("py1", "1235"), auth("nobody"), auth(b"\xc3("), auth("py1", "a234"),
                        b"\xff\xd0" + bytes(6), b"\x00", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xa0\xff"):
            with Client(wall.port("p2")) as c:
                c.send(message)
                assert c.until_closed(3), message
        totals = wall.totals("p2")
        assert (totals["unauthorized"], totals["malformed"]) == (2, 6)


def test_guessing_is_slowed_down(tmp_path):
    with p2_wall(tmp_path) as wall:
        for _ in range(5):
            assert not gets_in(wall, "py1", "9999")
        assert not gets_in(wall, "py1", "1234"), "the sixth attempt is not even looked at"
        assert gets_in(wall, "py2", "1234"), "others get in"
        totals = wall.totals("p2")
        assert (totals["unauthorized"], totals["rate_limited"]) == (5, 1)


def test_the_same_user_again_closes_the_older(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as older, client(wall, "py2") as other:
        older.send(WHOLE)
        older.until(lambda c: c.pixels)
        with client(wall) as newer:
            assert older.until_closed()
            newer.send(sub(0, 0, 0, 0))
            newer.until(lambda c: c.pixels)
            assert other.quiet() and not other.closed


def test_with_auth_none_anybody_comes(tmp_path):
    with open_wall(tmp_path) as wall:
        assert gets_in(wall, "anybody", "1")
        assert gets_in(wall, "n" * 255, "99999999")
        with Client(wall.port("p2")) as c:
            c.send(auth(b"\xff"))
            assert c.until_closed()


def test_login_must_come_within_ten_seconds(tmp_path):
    with p2_wall(tmp_path) as wall, Client(wall.port("p2")) as silent, \
            Client(wall.port("p2")) as slow, client(wall) as good:
        ws = RawWebSocket(websocket_port(wall))
        with socket.create_connection(("127.0.0.1", websocket_port(wall))) as no_request:
            slow.send(auth("py2")[:5])
            start = time.monotonic()
            while not (silent.closed and slow.closed):
                silent.read()
                slow.read()
                if not slow.closed:
                    try:
                        slow.send(b"")
                    except OSError:
                        pass
            assert time.monotonic() - start > 9
            assert silent.over and slow.over and ws.close_code() == 1008
            no_request.settimeout(30)
            while no_request.recv(4096):  # an HTTP answer at most
                pass
        good.send(sub(0, 0, 0, 0))
        good.until(lambda c: c.pixels)
        assert wall.totals("p2")["unauthorized"] == 4


# ----------------------------------------------------------------------- limits

def painted(wall, before=0):
    return sum(rgb != (0, 0, 0) for rgb in wall.picture().getdata()) - before


def test_put_rate_is_per_user(tmp_path):
    flood = b"".join(put(x, y, RED) for y in range(-24, 24) for x in range(-32, 32))
    with p2_wall(tmp_path, "put-rate = 100\nput-burst = 50") as wall:
        begin = time.monotonic()

        def most():
            """That a user may have painted by now."""
            return 51 + 100 * (time.monotonic() - begin)
        with client(wall) as c:
            c.send(flood + b"\xff\x00")
            assert c.until_closed()
        with client(wall) as c:  # connecting again does not help
            c.send(flood[::-1][-8:] + flood[8 * 2000:] + b"\xff\x00")
            assert c.until_closed()
        n = painted(wall)
        assert 50 <= n <= most(), n
        begin = time.monotonic()
        with client(wall, "py2") as c:
            c.send(flood[8 * 1000:] + b"\xff\x00")
            assert c.until_closed()
        assert 50 <= painted(wall, n) <= most()
        assert wall.totals("p2")["rate_limited"] > 0


def test_put_rate_zero_means_no_limit(tmp_path):
    flood = b"".join(put(x, y, RED) for y in range(-24, 24) for x in range(-32, 32))
    with p2_wall(tmp_path, "put-rate = 0") as wall, client(wall) as c:
        c.send(flood + b"\xff\x00")
        assert c.until_closed()
        assert painted(wall) == 64 * 48


def test_idle_clients_are_closed_and_heartbeats_count(tmp_path):
    with p2_wall(tmp_path, "idle = 3s") as wall, client(wall) as silent, client(wall, "py2") as alive:
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py3")))
        start = time.monotonic()
        while time.monotonic() - start < 4.5:
            alive.send(b"\xff")  # far more often than it has to, whatever keeps this test from its turn
            alive.quiet(0.2)
            if not silent.closed:
                silent.read()
        assert silent.until_closed()
        assert not alive.closed and not alive.over
        assert ws.close_code() == 1000


def test_disconnects_go_both_ways(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall, "py2") as stays:
        with client(wall) as c:
            c.send(put(1, 1, RED) + b"\xff\x00" + put(2, 2, RED))
            assert c.until_closed()
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py3")))
        stays.send(sub(0, 0, 5, 5))
        stays.until_sees(1, 1, RED)
        picture = wall.last_picture()
        assert picture.getpixel((33, 25)) == shown(RED) and picture.getpixel((34, 26)) == (0, 0, 0)
        assert stays.until_closed() and ws.close_code() == 1001


# --------------------------------------------------------- slow and bad clients

def test_a_client_that_does_not_read_costs_little_and_catches_up(tmp_path):
    rng = random.Random(5)
    with open_wall(tmp_path, "put-rate = 0", size="640x360") as wall:
        slow = Client(wall.port("p2"))
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(auth("slow") + WHOLE)
        lazy = RawWebSocket(websocket_port(wall))
        lazy.send(frame(auth("lazy") + WHOLE))
        with Client(wall.port("p2"), "painter") as painter:
            before = settled(wall.memory_kib)
            want = {}
            for _ in range(60):
                batch = [(rng.randrange(-320, 320), rng.randrange(-180, 180),
                          tuple(rng.randrange(32) for _ in range(3))) for _ in range(2000)]
                painter.send(b"".join(put(x, y, rgb) for x, y, rgb in batch))
                want.update({(x, y): rgb for x, y, rgb in batch})
                time.sleep(0.05)  # for each batch to become an update of its own
            assert wall.memory_kib() - before < 3000 + SLACK_KIB, "KiB more"
        for c in (slow, lazy):
            if c is lazy:
                c = Updates()
                while any(c.pixels.get(at) != rgb for at, rgb in want.items()):
                    opcode, payload = lazy.receive()
                    assert opcode == 2
                    c.take(payload, whole=True)
            else:
                c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                c.until(lambda c: len(c.pixels) == 640 * 360 and all(
                    c.pixels[at] == rgb for at, rgb in want.items()), 60)
            # the backlog of 120,000 changes would be about a megabyte of single pixels
            assert all(c.pixels[at] == rgb for at, rgb in want.items())


def test_floods_of_ff_and_garbage_do_no_harm(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as flood, client(wall, "py2") as good:
        before = wall.memory_kib()
        for block in (b"\xff", b"\x01", b"\xff\x55", b"\xff\xd0", os.urandom(1 << 12)):
            block = block.replace(b"\xff\x00", b"\xff\x01")
            flood.send(block * ((4 << 20) // len(block)))
        good.send(put(0, 0, RED))
        wall.painted(32, 24, shown(RED))
        flood.send(b"\xff" + WHOLE * 20000 + sub(0, 0, 0, 0))
        flood.until(lambda c: (0, 0) in c.pixels)
        assert wall.memory_kib() - before < 4096 + SLACK_KIB
        assert not flood.closed
        assert wall.totals("p2")["malformed"] > 0


def test_many_silent_connections_keep_nobody_out(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    crowd = []
    try:
        with p2_wall(tmp_path, prefix=["prlimit", "--nofile=1024"]) as wall:
            with client(wall) as early:
                early.send(sub(0, 0, 0, 0))
                early.until(lambda c: c.pixels)
                wall.process.send_signal(signal.SIGSTOP)  # all of them wait when it looks
                for _ in range(3000):
                    crowd.append(socket.create_connection(("127.0.0.1", wall.port("p2")), 30))
                with Client(wall.port("p2"), "py2", source="127.0.0.2") as late:
                    late.send(put(0, 0, RED))
                    wall.process.send_signal(signal.SIGCONT)
                    early.until_sees(0, 0, RED)
                assert not early.closed
                assert wall.descriptors() < 1000
            for s in crowd:
                s.close()
            discarded = wall.totals("p2")
            assert discarded["unauthorized"] + discarded["rate_limited"] > 2700
    finally:
        for s in crowd:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ----------------------------------------------------------------------- config

@pytest.mark.parametrize("lines,words", [
    ("", "nobody could log in"),
    ("users = /nowhere/users", "/nowhere/users: No such file"),
    ("users = {bad}", "{bad}:2: must be static:DIGITS, totp:BASE32 or otpauth://"),
    ("auth = none\norigin = middle", "write center, top-left, or X,Y"),
    ("auth = none\norigin = 1,99999", "write center, top-left, or X,Y"),
    ("auth = none\nlisten =\nwebsocket =", "give one of them an address"),
    ("auth = none\nput-rate = -1", "put-rate"),
])
def test_bad_config_is_explained(tmp_path, lines, words):
    bad = tmp_path / "bad"
    bad.write_text("a = static:1\nb = 1234\n")
    wall = Wall(tmp_path, "[plugin p2]\n" + lines.replace("{bad}", str(bad)))
    done = subprocess.run(wall.command("--check-config"), capture_output=True, text=True)
    assert done.returncode == 78
    assert words.replace("{bad}", str(bad)) in done.stderr
    assert wall.config + ":" in done.stderr


def test_a_port_in_use_stops_the_start_cleanly(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for key in ("listen", "websocket"):
            other = "websocket" if key == "listen" else "listen"
            for required, status in (("yes", 1), ("no", 0)):
                wall = Wall(tmp_path, "[plugin p2]\nauth = none\nrequired = %s\n%s = 127.0.0.1:%d\n"
                            "%s = 127.0.0.1:0\n" % (required, key, port, other))
                wall.start()
                if status == 0:
                    wall.wait_ready()
                    assert wall.stop() == 0, wall.log()
                else:
                    assert wall.process.wait(30) == 1, wall.log()
                assert "another program does" in wall.log()
                os.unlink(wall.log_path)


# ------------------------------------------------------------------------ crowds

@pytest.mark.parametrize("subscribers,seconds", [(100, 3), pytest.param(1000, 20, marks=pytest.mark.skipif(
    not os.environ.get("MURALD_LONG"), reason="takes a minute: set MURALD_LONG=1"))])
def test_a_crowd_sees_the_exact_wall(tmp_path, subscribers, seconds):
    """While 100,000 Puts a second come in, and in bounded memory."""
    with open_wall(tmp_path, "put-rate = 0", size="256x144",
                   prefix=["prlimit", "--nofile=8192:8192"]) as wall:
        crowd = subprocess.Popen(
            [os.path.join(BUILD, "tests", "p2", "crowd"), str(wall.port("p2")), str(subscribers),
             str(seconds), "100000", "256", "144"], stdout=subprocess.PIPE, text=True)
        used = []
        while crowd.poll() is None:
            time.sleep(0.25)  # between two samples
            used.append(wall.memory_kib())
        said = crowd.stdout.read()
        print(said, "KiB:", used[::8])
        assert crowd.returncode == 0, said
        # from the first sample to the end, at most PIECE_BYTES for each subscriber
        assert max(used) - used[0] < 2000 + 33 * subscribers + SLACK_KIB
        assert max(used[len(used) // 2:]) <= max(used[:len(used) // 2]) * 1.1 + SLACK_KIB
