# SPDX-License-Identifier: MIT
"""Viewers against a whole murald: /ws for the clients of Place: IPv6, /live for the page."""
import asyncio
import json
import os
import random
import socket
import time

import pytest

websockets = pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
import livedoc
from relay import Relay
from sanitizer import SANITIZED, SLACK_KIB
from waiting import shortest
from wall import BUILD, SOURCE, dot
from watchers import Live, Place, Raw, ask, canvas_png, http_wall, in_time, same

with open(os.path.join(SOURCE, "tests", "vectors", "place_ws.json")) as f:
    VECTORS = {vector["name"]: vector for vector in json.load(f)["vectors"]}
RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
both = pytest.mark.parametrize("kind", [Place, Live])


# ------------------------------------------------------------------ /ws

def test_the_first_picture_is_whole_and_deltas_name_what_changed(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            dots.sendall(dot(5, 6, RED))
            wall.painted(5, 6, RED)
            async with Place(wall) as place:
                await place.read()
                assert place.messages == ["binary"] and place.pictures == [("RGB", 64 * 48)]
                assert place.pixel(5, 6) == RED and place.pixel(0, 0) == BLACK
                assert await place.quiet()
                dots.sendall(dot(5, 6, RED) + dot(0, 0, BLACK) + dot(7, 6, GREEN) + dot(63, 47, BLUE))
                await place.until(lambda v: v.pixel(63, 47) == BLUE)
                assert sum(n for _, n in place.pictures[1:]) == 2, "the colour it had is no change"
                dots.sendall(dot(7, 6, GREEN))
                assert await place.quiet(), "nothing changed"
                await same(place, wall)
    in_time(script)


def test_rates_are_pixels_a_second(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            async with Place(wall) as place:
                await place.until(lambda v: v.texts)
                assert place.messages[0] == "binary"
                want = VECTORS["pps"]["json"]
                assert place.texts[0] == dict(want, evt=0, pps=0)
                dots.sendall(dot(1, 1, RED) * 1234)
                await place.until(lambda v: v.texts[-1]["pps"])
                # to the exact length of that second
                assert abs(place.texts[-1]["evt"] - 1234) < 40, place.texts
                assert place.texts[-1]["evt"] == place.texts[-1]["pps"]
    in_time(script)


def test_commands_are_executed_and_anything_else_is_ignored(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            async with Place(wall) as place:
                await place.read()
                for name in "req-full", "req-delta-on", "req-unknown", "req-notjson", "req-count", "req-nudity":
                    said = VECTORS[name]["client_to_server"]
                    await place.socket.send(said if isinstance(said, str) else json.dumps(said))
                await place.socket.send(b"\0")
                await place.until(lambda v: v.texts and v.texts[-1] == VECTORS["req-nudity"]["json"])
                assert VECTORS["req-count"]["json"] in place.texts
                await place.until(lambda v: len(v.pictures) == 2)
                assert place.pictures[1] == ("RGBA", 64 * 48)
                await place.socket.send(json.dumps(VECTORS["req-delta-off"]["client_to_server"]))
                await place.request("pps_updates", enabled=False)
                await place.request("get_ws_count_update_once")
                count = len(place.texts)
                await place.until(lambda v: v.texts[count:] and "ws_connections" in v.texts[-1])
                count = len(place.texts)
                dots.sendall(dot(3, 3, RED))
                assert await place.quiet(1.5) and len(place.texts) == count
                await place.request("get_full_canvas_once")
                await place.until(lambda v: v.pixel(3, 3) == RED)
                dots.sendall(dot(4, 4, GREEN))
                assert await place.quiet()
                await place.socket.send(json.dumps(VECTORS["req-delta-on"]["client_to_server"]))
                await place.until(lambda v: v.pixel(4, 4) == GREEN)
                dots.sendall(dot(5, 5, BLUE))
                await place.until(lambda v: v.pixel(5, 5) == BLUE)
                assert place.pictures[-1] == ("RGBA", 1)
    in_time(script)


def test_the_front_ends_of_serverscanning_work(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            async with Place(wall) as place:
                await place.request("nudity_updates", enabled=True)
                await place.request("get_nudity_update_once")
                await place.request("delta_canvas_stream", enabled=True)
                await place.request("get_full_canvas_once")
                await place.request("pps_updates", enabled=True)
                await place.until(lambda v: v.is_whole() and len(v.texts) >= 2)
                assert place.messages[0] == "binary"
                dots.sendall(dot(9, 9, RED))
                await place.until(lambda v: v.pixel(9, 9) == RED)
            status, _, body = ask(wall, "/serverconfig.json")
            config = json.loads(body)
            assert status == 200 and (config["width"], config["height"]) == (64, 48)
            assert config["public_prefix"] is None and config["built_with_per_user_pps_support"] is False
    in_time(script)


@pytest.mark.skipif(os.geteuid() != 0, reason="reading pings needs root")
def test_the_prefix_is_that_of_the_addresses(tmp_path):
    others = "[plugin ipv6]\ninterface = lo\ntemplate = 2001:db8:a:b:SXXX:YYYY:RR:GGBB\n"
    with http_wall(tmp_path, others=others) as wall:
        assert json.loads(ask(wall, "/serverconfig.json")[2])["public_prefix"] == "2001:db8:a:b"


@pytest.mark.skipif(SANITIZED, reason="counted by what is preloaded: build without --enable-sanitizer")
@pytest.mark.parametrize("inflates", [False, True])
def test_messages_are_compressed_only_for_who_inflates(tmp_path, inflates):
    """No time goes into it before, and who comes first then gets the picture compressed, too."""
    async def watch(wall, colour, **rest):
        with Relay(wall.port("http")) as line:
            async with Place(wall, port=line.port, **rest) as place:
                await place.until(lambda v: v.is_whole())
                taken = line.sent[0][1]
                with wall.tcp() as dots:
                    dots.sendall(dot(5, 6, colour))
                await place.until(lambda v: v.pixel(5, 6) == colour)
        return taken

    async def script(wall):
        plain = await watch(wall, RED, compression=None)
        if inflates:
            async with Place(wall, compression=None) as other:  # for whom a picture is kept
                await other.until(lambda v: v.is_whole())
                assert await watch(wall, GREEN) < plain / 4
    count = tmp_path / "deflated"
    wall = http_wall(tmp_path, size="1280x720").start(env={
        "LD_PRELOAD": os.path.join(BUILD, "tests/faults/.libs/shim.so"), "FAULT_RAW": str(count)})
    try:
        wall.wait_ready()
        in_time(lambda: script(wall))
        assert wall.stop() == 0
    finally:
        wall.kill()
    assert (int(count.read_text()) > 0) == inflates


# ---------------------------------------------------------------------- both protocols

@both
@pytest.mark.parametrize("size", ["1x1", "33x31", "64x48", "257x130"])
def test_the_wall_is_put_together_exactly(tmp_path, kind, size):
    width, height = map(int, size.split("x"))
    rng = random.Random(size)

    def paint(kind_of_paint):
        x, y = rng.randrange(width), rng.randrange(height)
        w, h = rng.randrange(1, width - x + 1), rng.randrange(1, height - y + 1)
        rgb = tuple(rng.randrange(256) for _ in range(3))
        if kind_of_paint == 0:  # here and there
            return b"".join(dot(rng.randrange(width), rng.randrange(height), rgb) for _ in range(30))
        if kind_of_paint == 1:  # an area
            return b"".join(dot(x + i, y + j, rgb) for j in range(h) for i in range(w))
        if kind_of_paint == 2:  # a photograph
            return b"".join(dot(x + i, y + j, (i * 3 & 255, j * 5 & 255, (i + j) & 255))
                            for j in range(h) for i in range(w))
        return b"".join(dot(x + i, y + j, rng.sample(range(256), 3)) for j in range(h) for i in range(w))

    async def script():
        with http_wall(tmp_path, "cell = 1", size=size) as wall, wall.tcp() as dots:
            async with kind(wall) as early:
                for i in range(16):
                    dots.sendall(paint(i % 4))
                    try:
                        await early.read(0.07)
                    except asyncio.TimeoutError:
                        pass
                await same(early, wall)
                async with kind(wall) as late:
                    await same(late, wall)
                    dots.sendall(paint(0) + paint(3))
                    await same(early, wall)
                    await same(late, wall)
    in_time(script)


@both
def test_noise_comes_in_messages_of_less_than_a_mebibyte(tmp_path, kind):
    rng = random.Random(1)

    def noise():
        return b"".join(dot(x, y, rng.randbytes(3)) for y in range(600) for x in range(800))

    async def script():
        with http_wall(tmp_path, size="800x600") as wall, wall.tcp() as dots:
            loop = asyncio.get_running_loop()
            async with kind(wall) as early:
                await loop.run_in_executor(None, dots.sendall, noise())
                await same(early, wall)
                async with kind(wall) as late:
                    await same(late, wall)
                    if kind is Place:
                        modes = [mode for mode, _ in late.pictures]
                        assert modes == ["RGB", "RGBA"], "one picture alone would be too long"
                assert 500000 < early.longest < 1 << 20 or kind is Live
                assert early.longest < 1 << 20
    in_time(script)


@both
def test_frames_come_at_viewer_fps(tmp_path, kind):
    async def script():
        with http_wall(tmp_path, "viewer-fps = 10") as wall, wall.tcp() as dots:
            async with kind(wall) as watcher:
                await watcher.until(lambda v: v.is_whole())
                await watcher.quiet(0.2)
                before, i, times, begun = watcher.messages.count("binary"), 0, [], time.monotonic()
                while len(times) < 15 or shortest(times, 5) > 0.7:
                    assert time.monotonic() - begun < 60, times
                    dots.sendall(dot(i % 64, 3, (i & 255, i >> 8, 7)))
                    i += 1
                    try:
                        await watcher.read(0.005)
                    except asyncio.TimeoutError:
                        pass
                    times += [time.monotonic()] * (watcher.messages.count("binary") - before - len(times))
                assert len(times) <= 10 * (time.monotonic() - begun) + 2
                if kind is Live:
                    assert watcher.wall["fps"] == 10 and watcher.kinds[0] == "K" and "K" not in watcher.kinds[1:]
    in_time(script)


@both
def test_a_viewer_that_does_not_read_gets_the_latest_picture(tmp_path, kind):
    """One viewer stops reading while a noisy wall is painted over and over; another goes on."""
    rng = random.Random(2)

    async def script():
        with http_wall(tmp_path, size="400x300") as wall, wall.tcp() as dots, \
                Raw(wall, kind.path, receive=4096) as deaf:
            loop = asyncio.get_running_loop()
            deaf.opened()
            async with kind(wall) as watcher:
                await watcher.until(lambda v: v.is_whole())
                base, most = wall.memory_kib(), 0
                for i in range(40):
                    picture = b"".join(dot(x, y, rng.randbytes(3)) for y in range(i % 7, 300, 7) for x in range(400))
                    await loop.run_in_executor(None, dots.sendall, picture)
                    while watcher.messages.count("binary") < 2 + i // 4:
                        await watcher.read()
                    most = max(most, wall.memory_kib() - base)
                await same(watcher, wall)
            assert most < SLACK_KIB + (24 << 10), most
            # what was already sent to the one that did not read, and then the current picture
            deaf.socket.settimeout(3)
            seen = bytearray()
            with pytest.raises(socket.timeout):
                while len(seen) < 64 << 20:
                    if len(seen) and wall.process.poll() is not None:
                        break
                    piece = deaf.socket.recv(1 << 20)
                    seen += piece
                    if b"\"pps\"" in seen[-300:] or b"\"figures\"" in seen[-600:]:
                        raise socket.timeout
            assert len(seen) < 8 << 20, len(seen)
    in_time(script, 100)


def test_a_slow_viewer_follows_by_deltas_where_these_are_shorter(tmp_path):
    """A key frame of noise and few changes after it: the key frame must be sent only once."""
    async def script():
        with http_wall(tmp_path, size="600x400") as wall, wall.tcp() as dots:
            loop, rng = asyncio.get_running_loop(), random.Random(3)
            noise = b"".join(dot(x, y, rng.randbytes(3)) for y in range(400) for x in range(600))
            await loop.run_in_executor(None, dots.sendall, noise)
            wall.painted(599, 399, tuple(noise[-4:-1]))
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            narrow.connect(("127.0.0.1", wall.port("http")))
            async with Live(wall, sock=narrow, close_timeout=0.1) as slow, Place(wall) as other:
                slow.socket.transport.pause_reading()
                await other.until(lambda v: v.is_whole())
                for i in range(20):
                    dots.sendall(dot(i, i, BLUE))
                    await other.until(lambda v: v.pixel(i, i) == BLUE)
                assert not slow.kinds
                slow.socket.transport.resume_reading()
                await slow.until(lambda v: v.whole)
                assert slow.pixel(0, 0) != BLUE, "it began with the picture at that time"
                await same(slow, wall)
                assert slow.kinds.count("K") == 1 and len(slow.kinds) > 10
    in_time(script)


def test_a_viewer_that_sleeps_can_paste_what_it_missed(tmp_path):
    """As v6-place does while it paints: Place asserts that only the very first picture has no alpha."""
    async def script():
        with http_wall(tmp_path, size="400x300") as wall, wall.tcp() as dots:
            rng = random.Random(4)
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            narrow.connect(("127.0.0.1", wall.port("http")))
            async with Place(wall, sock=narrow, close_timeout=0.1) as sleeper, Place(wall) as other:
                await sleeper.read()
                sleeper.socket.transport.pause_reading()
                await other.until(lambda v: v.is_whole())
                for i in range(12):  # more than the kernel buffers, and than is kept of deltas
                    dots.sendall(b"".join(dot(x, y, rng.randbytes(3)) for y in range(300) for x in range(400)))
                    n = len(other.pictures)
                    await other.until(lambda v: len(v.pictures) > n)
                sleeper.socket.transport.resume_reading()
                await same(sleeper, wall)
                assert ("RGBA", 400 * 300) in sleeper.pictures, "a whole picture again"
    in_time(script)


@both
def test_garbage_closes_its_sender_and_no_other(tmp_path, kind):
    rng = random.Random(5)
    with http_wall(tmp_path) as wall, wall.tcp() as dots:
        for i in range(150):
            with Raw(wall, kind.path) as viewer:
                viewer.opened()
                try:
                    for _ in range(rng.randrange(1, 20)):
                        choice = rng.randrange(4)
                        if choice == 0:
                            viewer.socket.sendall(rng.randbytes(rng.randrange(1, 300)))
                        elif choice == 1:
                            viewer.send(rng.choice([1, 2]), rng.randbytes(rng.randrange(2000)))
                        elif choice == 2:
                            viewer.send(1, json.dumps({"request": rng.choice(
                                ["get_full_canvas_once", "pps_updates", 7, None, ["x"] * 99]),
                                "enabled": rng.choice([True, False, None, 1, "no"])}).encode())
                        else:
                            viewer.send(1, b'{"request": "' + b"[" * 400, fin=rng.choice([0, 0x80]))
                except (BrokenPipeError, ConnectionResetError):
                    pass

        async def after():
            async with kind(wall) as watcher:
                dots.sendall(dot(1, 1, RED))
                await same(watcher, wall)
        in_time(after)
        assert wall.stop() == 0, wall.log()


def test_viewers_are_told_when_murald_stops(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall:
            async with Place(wall) as place, Live(wall) as live:
                await place.read()
                await live.until(lambda v: v.is_whole())
                loop = asyncio.get_running_loop()
                stopped = loop.run_in_executor(None, wall.stop)
                for watcher in place, live:
                    with pytest.raises(websockets.exceptions.ConnectionClosed):
                        await watcher.until(lambda v: False)
                    assert watcher.socket.close_code == 1001
                assert await stopped == 0, wall.log()
    in_time(script)


def test_every_method_on_every_route(tmp_path):
    with http_wall(tmp_path) as wall:
        for path in "/ws", "/live", "/canvas.png", "/serverconfig.json", "/metrics", "/healthz":
            for method in "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW":
                status, fields, body = ask(wall, path, method)
                if method in ("GET", "HEAD"):
                    assert status == (426 if path in ("/ws", "/live") else 200), (path, method)
                    assert method == "GET" or body == b""
                elif method == "OPTIONS":
                    assert status == 200 and fields["allow"] == "GET, HEAD, OPTIONS"
                else:
                    assert status == 405 and fields["allow"] == "GET, HEAD, OPTIONS", (path, method)
        assert wall.stop() == 0, wall.log()


def test_an_incomplete_handshake_is_rejected(tmp_path):
    with http_wall(tmp_path) as wall:
        for fields in ({"Upgrade": "websocket"}, {"Upgrade": "websocket", "Connection": "Upgrade"},
                       {"Upgrade": "h2c", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
                        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}):
            status, answer, _ = ask(wall, "/live", **fields)
            assert status == 426 and answer["upgrade"] == "websocket"


def test_the_program_in_the_manual_works(tmp_path):
    """The one in doc/live.md, which reads /live."""
    names = livedoc.program()

    async def script():
        with http_wall(tmp_path, size="100x70") as wall, wall.tcp() as dots:
            rng = random.Random(6)
            dots.sendall(b"".join(dot(x, y, (x, y, 9) if y < 40 else rng.randbytes(3))
                                  for y in range(20, 60) for x in range(90)))
            frames = names["watch"]("ws://127.0.0.1:%d/live" % wall.port("http"))
            async for said, pixels in frames:
                if b"".join(map(bytes, pixels)) == canvas_png(wall).tobytes() and pixels[-1] == RED:
                    break
                dots.sendall(dot(99, 69, RED))
            await frames.aclose()
            assert (said["width"], said["height"]) == (100, 70)
    in_time(script)
