# SPDX-License-Identifier: MIT
"""Viewers against a whole murald: /ws for the clients of Place: IPv6, /live for the page, and
/canvas.png."""
import asyncio
import io
import json
import os
import random
import socket
import sys
import time

import pytest

websockets = pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from PIL import Image
import procfs
from boardclient import slow_reader, with_slow_readers
import livedoc
from relay import Relay
from sanitizer import SANITIZED, SLACK_KIB
from waiting import settled, shortest
from wall import BUILD, SOURCE, dot, wait_for
from watchers import Live, Place, Raw, ask, canvas_png, http_wall

with open(os.path.join(SOURCE, "tests", "vectors", "place_ws.json")) as f:
    VECTORS = {vector["name"]: vector for vector in json.load(f)["vectors"]}
RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
both = pytest.mark.parametrize("kind", [Place, Live])


def viewers(wall):
    """How many there are, by what one more of them is told."""
    async def look():
        async with Live(wall) as live:
            await live.until(lambda v: len(v.texts) > 1)
            return live.texts[-1]["viewers"] - 1
    return asyncio.run(look())


def in_time(script, seconds=180):
    async def run():
        return await asyncio.wait_for(script(), seconds)
    return asyncio.run(run())


async def same(watcher, wall, seconds=60):
    """Reads until the watcher sees what /canvas.png shows."""
    loop, end = asyncio.get_running_loop(), time.monotonic() + seconds
    while True:
        want = await loop.run_in_executor(None, canvas_png, wall)
        if watcher.is_whole() and watcher.picture().tobytes() == want.tobytes():
            return
        assert time.monotonic() < end, "never saw what is on the canvas"
        try:
            await watcher.read(0.1)
        except asyncio.TimeoutError:
            pass


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


def test_light_painting_costs_little(tmp_path):
    """What the wire takes at 100 pixels a second, in each picture a fifteenth of them, to who offers to inflate,
    as v6-place's library and browsers do, and to who does not."""
    async def script(wall, rng, **rest):
        with wall.tcp() as dots, Relay(wall.port("http")) as line:
            async with Place(wall, port=line.port, **rest) as place:
                await place.request("pps_updates", enabled=False)
                await place.until(lambda v: v.is_whole())
                (begin,) = [n for _, n in line.sent]
                for _ in range(30):
                    places = [(rng.randrange(1280), rng.randrange(720), rng.randbytes(3)) for _ in range(100 // 15)]
                    dots.sendall(b"".join(dot(*each) for each in places))
                    x, y, rgb = places[-1]
                    await place.until(lambda v: v.pixel(x, y) == tuple(rgb))
                await same(place, wall)
                return (line.sent[0][1] - begin) / len(place.pictures[1:]) * 15
    with http_wall(tmp_path, size="1280x720") as wall:
        assert in_time(lambda: script(wall, random.Random(5))) < 10e3
        assert in_time(lambda: script(wall, random.Random(6), compression=None)) < 66e3, "as ever"


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


@pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="takes a minute: MURALD_LONG=1 make check")
def test_viewers_that_never_read_cost_bounded_memory(tmp_path):
    """Each is stuck with another picture of five megabytes; in the end the slowest are evicted.  One from
    elsewhere, further behind than all of them, is not."""
    rng = random.Random(7)
    width, height = 1600, 1000
    fills = [b"".join(dot(x, y, rng.randbytes(3)) for y in range(height) for x in range(width)) for _ in range(2)]

    with http_wall(tmp_path, "viewer-fps = 60", size="%dx%d" % (width, height)) as wall, wall.tcp() as dots:
        base, most, deaf = wall.memory_kib(), 0, []
        dots.sendall(fills[1])
        wall.painted(width - 1, height - 1, tuple(fills[1][-4:-1]))
        elsewhere = Raw(wall, "/live", receive=4096, source="127.0.0.2").opened()
        for i in range(60):
            dots.sendall(fills[i % 2])
            deaf.append(Raw(wall, "/live" if i % 2 else "/ws", receive=4096).opened())
            time.sleep(0.3)  # for the next picture to be another one
            most = max(most, wall.memory_kib() - base)
        most = max(most, settled(wall.memory_kib, 1) - base)
        left = viewers(wall)
        for viewer in deaf:
            viewer.close()
        read = 0
        while read < 1 << 20:
            got = len(elsewhere.socket.recv(65536))
            assert got, "who is behind alone gave way after %d bytes" % read
            read += got
        elsewhere.close()
        print("at most %d MiB more, %d viewers left" % (most >> 10, left))
        after = settled(wall.memory_kib, 2) - base
        print("%d MiB afterwards" % (after >> 10))
        assert after < SLACK_KIB + (32 << 10), after  # the encoder keeps a copy of the canvas and its room to encode
        assert most < SLACK_KIB + (256 << 10), most
        assert 5 < left < 60, left
        assert wall.stop() == 0, wall.log()


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


# ------------------------------------------------------------------------- /canvas.png

def test_canvas_png_is_the_canvas_with_a_tag_for_its_state(tmp_path):
    with http_wall(tmp_path) as wall, wall.tcp() as dots:
        status, fields, body = ask(wall, "/canvas.png")
        assert status == 200 and fields["content-type"] == "image/png" and fields["cache-control"] == "no-store"
        tag = fields["etag"]
        picture = Image.open(io.BytesIO(body))
        assert picture.mode == "RGB" and picture.size == (64, 48)
        assert ask(wall, "/canvas.png", If_None_Match=tag)[::2] == (304, b"")
        assert ask(wall, "/canvas.png", If_None_Match="W/%s, \"x\"" % tag)[0] == 304
        assert ask(wall, "/canvas.png", If_None_Match="\"x\"")[0] == 200
        assert ask(wall, "/canvas.png?allow_cache=true")[1]["cache-control"] == "no-cache"
        status, fields, body = ask(wall, "/canvas.png", "HEAD")
        assert status == 200 and body == b"" and fields["etag"] == tag
        dots.sendall(dot(9, 9, BLACK))
        wait_for("it to be painted", lambda: wall.picture())
        assert ask(wall, "/canvas.png", If_None_Match=tag)[0] == 304, "painted, but not changed"
        dots.sendall(dot(9, 9, RED))
        wait_for("a new tag", lambda: ask(wall, "/canvas.png", If_None_Match=tag)[0] == 200)
        assert canvas_png(wall).getpixel((9, 9)) == RED
        assert ask(wall, "/canvas.png")[1]["etag"] != tag


def test_heat_is_where_much_was_painted(tmp_path):
    with http_wall(tmp_path, size="100x70") as wall, wall.tcp("dots") as client:
        def heat():
            picture = Image.open(io.BytesIO(ask(wall, "/heat.png")[2]))
            assert picture.size == (4, 3)
            return picture.convert("L").load()

        def warmer(x, y, than):
            client.sendall(dot(99, 69, RED))
            return heat()[x, y] > than
        assert not any(heat()[x, y] for x in range(4) for y in range(3))
        client.sendall(dot(40, 10, RED))
        once = wait_for("one pixel to be seen", lambda: heat()[1, 0])
        wait_for("more where more is painted", lambda: warmer(3, 2, 2 * once))
        wait_for("it to be forgotten", lambda: heat()[1, 0] < once)
        assert {(x, y) for x in range(4) for y in range(3) if heat()[x, y]} == {(1, 0), (3, 2)}


def test_simultaneous_requests_share_one_picture(tmp_path):
    async def script():
        with http_wall(tmp_path, size="640x360") as wall, wall.tcp() as dots:
            loop = asyncio.get_running_loop()
            dots.sendall(b"".join(dot(i, i, RED) for i in range(300)))
            wall.painted(299, 299, RED)
            answers = await asyncio.gather(*[loop.run_in_executor(None, ask, wall, "/canvas.png")
                                             for _ in range(32)])
            assert {status for status, _, _ in answers} == {200}
            assert len({body for _, _, body in answers}) == 1
    in_time(script)


# ----------------------------------------------------------------------- what it costs

def hold_pictures(folder):
    """Prints the statuses for slow readers of different pictures of 6 MB; afterwards another reader gets one."""
    found, held = [], []
    with open(os.path.join(folder, "canvas.png"), "wb") as f:
        Image.frombytes("RGB", (1920, 1080), os.urandom(1920 * 1080 * 3)).save(f, "PNG", compress_level=0)
    with http_wall(folder, size="1920x1080") as wall, wall.tcp() as dots:
        for i in range(14):
            s, status = slow_reader(wall, "/canvas.png")
            found.append(status)
            held.append(s)
            dots.sendall(dot(i, 0, RED) + dot(i, 0, GREEN))
        most = wall.memory_kib()
        for s in held:
            s.close()
        wait_for("a picture again", lambda: ask(wall, "/canvas.png", "HEAD")[0] == 200)
    print(json.dumps([found, most]))


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 10 s: set MURALD_LONG=1")
def test_slow_readers_hold_a_bounded_number_of_pictures(tmp_path):
    found, most = with_slow_readers(__file__, tmp_path)
    assert found == 14 * [200]
    assert most < (190 << 10) + SLACK_KIB, most


@both
def test_an_idle_wall_wakes_up_once_a_second(tmp_path, kind):
    async def script():
        with http_wall(tmp_path) as wall:
            async with kind(wall) as watcher:
                await watcher.until(lambda v: v.texts and v.is_whole())
                watcher.messages.clear()
                wall.wait_idle()
                before, since = procfs.times_slept(wall.pid), time.monotonic()
                await asyncio.sleep(2)  # a clock that ticks faster would show by then
                # the rates each second, and the web server's own timer every five
                times = procfs.times_slept(wall.pid) - before
                assert times <= 3 * (time.monotonic() - since) + 1
            wall.wait_idle()
            before = procfs.times_slept(wall.pid)
            await asyncio.sleep(1)  # a clock that ticks would show by then
            assert procfs.times_slept(wall.pid) - before <= 2, "nobody watches"
    in_time(script)


def test_a_thousand_come_and_go(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            rng = random.Random(4)

            def come_and_go(count):
                for i in range(count):
                    with Raw(wall, rng.choice(["/ws", "/live"])) as viewer:
                        if i % 3:
                            viewer.opened()
                        if i % 3 == 2:
                            viewer.send(1, b'{"request": "get_full_canvas_once"}')
                    dots.sendall(dot(i % 64, i % 48, rng.randbytes(3)))
            come_and_go(200)
            base = wall.memory_kib()
            come_and_go(1000)
            assert wall.memory_kib() - base < SLACK_KIB + 2048
            async with Live(wall) as live:
                await live.until(lambda v: len(v.texts) > 2)
                assert live.texts[-1]["viewers"] == 1
                await same(live, wall)
            assert wall.stop() == 0, wall.log()
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


if __name__ == "__main__":
    hold_pictures(sys.argv[1])
