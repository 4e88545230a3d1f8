# SPDX-License-Identifier: MIT
"""The wall seen from afar: /ws as viewers of the Place see it, /live as the page does, and
/canvas.png, against a whole murald."""
import asyncio
import io
import json
import os
import random
import socket
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
websockets = pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from PIL import Image  # noqa: E402
from boardclient import slow_reader, with_slow_readers  # noqa: E402
from wall import SOURCE, wait_for  # noqa: E402
from watchers import Live, Place, Raw, ask, canvas_png, dot, http_wall  # noqa: E402

with open(os.path.join(SOURCE, "tests", "vectors", "place_ws.json")) as f:
    VECTORS = {vector["name"]: vector for vector in json.load(f)["vectors"]}
RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
# KiB that a sanitizer keeps back of what was freed.
SLACK = 256 << 10 if os.environ.get("sanitizer") else 0
both = pytest.mark.parametrize("kind", [Place, Live])


def memory(wall):
    with open("/proc/%d/status" % wall.process.pid) as f:
        return int([line for line in f if line.startswith("VmRSS")][0].split()[1])


def viewers(wall):
    """As the figures say, on a connection that is itself no viewer."""
    async def look():
        async with Live(wall) as live:
            await live.until(lambda v: len(v.texts) > 1)
            return live.texts[-1]["viewers"] - 1
    return asyncio.run(look())


def in_time(script, seconds=60):
    async def run():
        return await asyncio.wait_for(script(), seconds)
    return asyncio.run(run())


async def same(watcher, wall, seconds=20):
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


# ------------------------------------------------------------------ the Place's viewers

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


def test_figures_say_pixels_a_second(tmp_path):
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


def test_commands_are_obeyed_and_anything_else_is_ignored(tmp_path):
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
                assert place.pictures[1] == ("RGB", 64 * 48)
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


def test_the_front_ends_of_serverscanning_are_served(tmp_path):
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


# ---------------------------------------------------------------------- both dialects

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
def test_noise_is_told_in_messages_of_less_than_a_mebibyte(tmp_path, kind):
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
                before, i, end = watcher.messages.count("binary"), 0, time.monotonic() + 2
                while time.monotonic() < end:
                    dots.sendall(dot(i % 64, 3, (i & 255, i >> 8, 7)))
                    i += 1
                    try:
                        await watcher.read(0.005)
                    except asyncio.TimeoutError:
                        pass
                got = watcher.messages.count("binary") - before
                assert 14 <= got <= 21 or SLACK, got
                if kind is Live:
                    assert watcher.wall["fps"] == 10 and watcher.kinds[0] == "K" and "K" not in watcher.kinds[1:]
    in_time(script)


@both
def test_who_does_not_read_is_shown_the_picture_as_it_is(tmp_path, kind):
    """A viewer stops reading while a noisy wall is painted over and over; others go on."""
    rng = random.Random(2)

    async def script():
        with http_wall(tmp_path, size="400x300") as wall, wall.tcp() as dots, \
                Raw(wall, kind.path, receive=4096) as deaf:
            loop = asyncio.get_running_loop()
            deaf.opened()
            async with kind(wall) as watcher:
                await watcher.until(lambda v: v.is_whole())
                base, most = memory(wall), 0
                for i in range(40):
                    picture = b"".join(dot(x, y, rng.randbytes(3)) for y in range(i % 7, 300, 7) for x in range(400))
                    await loop.run_in_executor(None, dots.sendall, picture)
                    while watcher.messages.count("binary") < 2 + i // 4:
                        await watcher.read()
                    most = max(most, memory(wall) - base)
                await same(watcher, wall)
            assert most < SLACK + (24 << 10), most
            # what was on its way to the deaf one, and then the wall as it is
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
def test_those_who_never_read_cost_no_more_than_so_much(tmp_path):
    """Each is stuck with a picture of his own, of five megabytes; in the end the slowest go."""
    rng = random.Random(7)
    width, height = 1600, 1000
    fills = [b"".join(dot(x, y, rng.randbytes(3)) for y in range(height) for x in range(width)) for _ in range(2)]

    with http_wall(tmp_path, "viewer-fps = 60", size="%dx%d" % (width, height)) as wall, wall.tcp() as dots:
        base, most, deaf = memory(wall), 0, []
        for i in range(60):
            dots.sendall(fills[i % 2])
            deaf.append(Raw(wall, "/live" if i % 2 else "/ws", receive=4096).opened())
            time.sleep(0.3)
            most = max(most, memory(wall) - base)
        time.sleep(1)
        most = max(most, memory(wall) - base)
        left = viewers(wall)
        for guest in deaf:
            guest.close()
        print("at most %d MiB more, %d viewers left" % (most >> 10, left))
        assert most < SLACK + (256 << 10), most
        assert 5 < left < 60, left
        assert wall.stop() == 0, wall.log()


def test_a_slow_page_follows_the_deltas_when_these_are_shorter(tmp_path):
    """A key of noise, and then little paint: it must not be sent the key again and again."""
    async def script():
        with http_wall(tmp_path, size="600x400") as wall, wall.tcp() as dots:
            loop, rng = asyncio.get_running_loop(), random.Random(3)
            noise = b"".join(dot(x, y, rng.randbytes(3)) for y in range(400) for x in range(600))
            await loop.run_in_executor(None, dots.sendall, noise)
            wall.painted(599, 399, tuple(noise[-4:-1]))
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            narrow.connect(("127.0.0.1", wall.port("http")))
            async with Live(wall, sock=narrow, max_queue=1, read_limit=1024,
                            close_timeout=0.1) as slow, Place(wall) as other:
                await other.until(lambda v: v.is_whole())
                for i in range(20):
                    dots.sendall(dot(i, i, BLUE))
                    await other.until(lambda v: v.pixel(i, i) == BLUE)
                assert not slow.kinds
                await slow.until(lambda v: v.whole)
                assert slow.pixel(0, 0) != BLUE, "it began with the picture of then"
                await same(slow, wall)
                assert slow.kinds.count("K") == 1 and len(slow.kinds) > 10
    in_time(script)


# ------------------------------------------------------------------------- /canvas.png

def test_canvas_png_is_the_canvas_and_says_whether_it_changed(tmp_path):
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


def test_who_asks_at_once_gets_one_picture(tmp_path):
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
    """Statuses that slow readers get who each want another picture of 6 MB; the oldest give way."""
    found, held = [], []
    with open(os.path.join(folder, "canvas.png"), "wb") as f:
        Image.frombytes("RGB", (1920, 1080), os.urandom(1920 * 1080 * 3)).save(f, "PNG", compress_level=0)
    with http_wall(folder, size="1920x1080") as wall, wall.tcp() as dots:
        for i in range(14):
            s, status = slow_reader(wall, "/canvas.png")
            found.append(status)
            held.append(s)
            dots.sendall(dot(i, 0, RED) + dot(i, 0, GREEN))
        most = memory(wall)
        for s in held:
            s.close()
        wait_for("a picture again", lambda: ask(wall, "/canvas.png", "HEAD")[0] == 200)
    print(json.dumps([found, most]))


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 10 s: set MURALD_LONG=1")
def test_slow_readers_keep_no_more_than_some_pictures_in_memory(tmp_path):
    found, most = with_slow_readers(__file__, tmp_path)
    assert found == 14 * [200]
    assert most < (190 << 10) + SLACK, most


@both
def test_an_idle_wall_wakes_nobody_but_once_a_second(tmp_path, kind):
    def switches(wall):
        with open("/proc/%d/schedstat" % wall.process.pid) as f:
            return int(f.read().split()[2])

    async def script():
        with http_wall(tmp_path) as wall:
            async with kind(wall) as watcher:
                await watcher.until(lambda v: v.texts and v.is_whole())
                watcher.messages.clear()
                await asyncio.sleep(0.3)
                before = switches(wall)
                await asyncio.sleep(2)
                # a second's figures, and what the web server looks after every five
                assert switches(wall) - before <= 6
            await asyncio.sleep(0.3)
            before = switches(wall)
            await asyncio.sleep(1)
            assert switches(wall) - before <= 2, "nobody watches"
    in_time(script)


def test_a_thousand_come_and_go(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall, wall.tcp() as dots:
            rng = random.Random(4)

            def come_and_go(count):
                for i in range(count):
                    with Raw(wall, rng.choice(["/ws", "/live"])) as guest:
                        if i % 3:
                            guest.opened()
                        if i % 3 == 2:
                            guest.send(1, b'{"request": "get_full_canvas_once"}')
                    dots.sendall(dot(i % 64, i % 48, rng.randbytes(3)))
            come_and_go(200)
            base = memory(wall)
            come_and_go(1000)
            assert memory(wall) - base < SLACK + 2048
            async with Live(wall) as live:
                await live.until(lambda v: len(v.texts) > 2)
                assert live.texts[-1]["viewers"] == 1
                await same(live, wall)
            assert wall.stop() == 0, wall.log()
    in_time(script)


@both
def test_garbage_ends_who_sends_it_and_nobody_else(tmp_path, kind):
    rng = random.Random(5)
    with http_wall(tmp_path) as wall, wall.tcp() as dots:
        for i in range(150):
            with Raw(wall, kind.path) as guest:
                guest.opened()
                try:
                    for _ in range(rng.randrange(1, 20)):
                        choice = rng.randrange(4)
                        if choice == 0:
                            guest.socket.sendall(rng.randbytes(rng.randrange(1, 300)))
                        elif choice == 1:
                            guest.send(rng.choice([1, 2]), rng.randbytes(rng.randrange(2000)))
                        elif choice == 2:
                            guest.send(1, json.dumps({"request": rng.choice(
                                ["get_full_canvas_once", "pps_updates", 7, None, ["x"] * 99]),
                                "enabled": rng.choice([True, False, None, 1, "no"])}).encode())
                        else:
                            guest.send(1, b'{"request": "' + b"[" * 400, fin=rng.choice([0, 0x80]))
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


def test_every_route_knows_every_method(tmp_path):
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


def test_half_a_handshake_is_none(tmp_path):
    with http_wall(tmp_path) as wall:
        for fields in ({"Upgrade": "websocket"}, {"Upgrade": "websocket", "Connection": "Upgrade"},
                       {"Upgrade": "h2c", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
                        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}):
            status, answer, _ = ask(wall, "/live", **fields)
            assert status == 426 and answer["upgrade"] == "websocket"


def test_the_program_in_the_manual_works(tmp_path):
    """doc/live.md shows how to read /live."""
    with open(os.path.join(SOURCE, "doc", "live.md")) as f:
        text = f.read()
    program = text[text.index("    import asyncio"):]
    names = {}
    exec("\n".join(line[4:] for line in program.splitlines()), names)

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
