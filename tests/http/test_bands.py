# SPDX-License-Identifier: MIT
"""/live?bands: coarse first, then sharp, only what is shown, and nothing waits on the way."""
import asyncio
import contextlib
import os
import random
import threading
import time

import pytest
import websockets

from relay import Relay
from watchers import Bands, canvas_png, http_wall

PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"

# 1 Mbit/s and 300 ms
RATE, LATENCY = 125000, 0.3


def bands_wall(folder, size="640x360"):
    return http_wall(folder, others=PIXELFLUT, size=size)


def in_time(script, seconds=180):
    asyncio.run(asyncio.wait_for(script, seconds))


def flut(wall, text):
    with contextlib.closing(wall.tcp("pixelflut")) as client:
        client.sendall(text + b"SIZE\n")
        assert client.recv(100).startswith(b"SIZE")


def noise(top, bottom, width, seed):
    draw = random.Random(seed)
    return b"".join(b"PX %d %d %06x\n" % (x, y, draw.randrange(1 << 24)) for y in range(top, bottom) for x in range(width))


def test_a_coarse_picture_becomes_sharp(tmp_path):
    async def script():
        async with Bands(wall) as viewer:
            await viewer.until(lambda v: len(v.sharp) == 12)
            assert viewer.kinds == ["C"] * 12 and viewer.seen < 30000
            assert None not in viewer.image
            await viewer.until(Bands.is_whole)
            assert set(viewer.sharp.values()) == {"K"}
            assert viewer.picture().tobytes() == canvas_png(wall).tobytes()
            flut(wall, noise(100, 104, 640, 2))
            await viewer.until(lambda v: v.is_whole() and v.picture().tobytes() == canvas_png(wall).tobytes())
            assert viewer.sharp[3] == "D" and viewer.sharp[0] == "K"
    with bands_wall(tmp_path) as wall:
        flut(wall, noise(0, 360, 640, 1))
        in_time(script())


@pytest.mark.parametrize("size", ["8x8", "33x70", "1000x31"])
def test_walls_of_any_size(tmp_path, size):
    async def script():
        async with Bands(wall) as viewer:
            await viewer.until(lambda v: v.is_whole() and v.picture().tobytes() == canvas_png(wall).tobytes())
    width, height = map(int, size.split("x"))
    with bands_wall(tmp_path, size) as wall:
        flut(wall, noise(0, height, width, 3))
        in_time(script())


def test_only_what_is_shown_is_sharp(tmp_path):
    async def script():
        async with Bands(wall, rows=[70, 120]) as viewer:
            await viewer.until(lambda v: len(v.sharp) == 12)
            await viewer.until(Bands.is_whole)
            before, viewer.kinds = viewer.seen, []
            flut(wall, noise(200, 360, 640, 2))
            assert await viewer.quiet() or viewer.seen - before < 1000
            flut(wall, b"PX 5 100 010203\n")
            await viewer.until(lambda v: v.image[100 * 640 + 5] == (1, 2, 3))
            assert set(viewer.kinds) <= {"D"}, viewer.kinds
            viewer.rows = [0, 360]
            await viewer.say()
            await viewer.until(lambda v: v.is_whole() and v.picture().tobytes() == canvas_png(wall).tobytes())
    with bands_wall(tmp_path) as wall:
        flut(wall, noise(0, 360, 640, 1))
        in_time(script())


def test_who_says_nothing_is_sent_little_and_then_the_latest(tmp_path):
    async def script():
        async with Bands(wall) as viewer:
            await viewer.until(Bands.is_whole)
            viewer.silent = True
            before = viewer.seen
            for i in range(20):
                flut(wall, noise(0, 64, 640, i))
                await viewer.quiet(0.1)
            assert viewer.seen - before < 400000, "what was painted twenty times is 2.4 MB"
            viewer.silent = False
            await viewer.say()
            await viewer.until(lambda v: v.is_whole() and v.picture().tobytes() == canvas_png(wall).tobytes())
    with bands_wall(tmp_path) as wall:
        in_time(script())


@pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="takes a minute: MURALD_LONG=1 make check")
def test_who_never_says_what_it_saw_is_disconnected_in_the_end(tmp_path):
    """It is as one that reads nothing; who has seen all that there is may be idle."""
    async def script():
        async with Bands(wall) as silent, Bands(wall) as idle:
            silent.silent = True
            await idle.until(Bands.is_whole)
            end = asyncio.create_task(silent.until(lambda v: False, 150))
            await idle.until(lambda v: end.done(), 150)
            with pytest.raises(websockets.ConnectionClosed):
                await end
            flut(wall, b"PX 5 5 010203\n")
            await idle.until(lambda v: v.image[5 * 640 + 5] == (1, 2, 3))
    with bands_wall(tmp_path) as wall:
        flut(wall, noise(0, 360, 640, 1))
        in_time(script())


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"seen": -1}', '{"seen": 99999999999999}', '{"seen": "1"}',
                                  '{"rows": [5, 5]}', '{"rows": [-1, 9]}', '{"rows": [0]}', '{"rows": [0, 1, 2]}',
                                  '{"rows": [99999, 999999]}', '{"rows": "all"}', '{"seen": 1e300}', "x" * 5000,
                                  '{"seen": 0, "seen": 1}'])
def test_nonsense_is_ignored(walls, text):
    async def script():
        async with Bands(walls) as viewer:
            await viewer.read()
            await viewer.socket.send(text)
            await viewer.until(lambda v: v.is_whole() and v.picture().tobytes() == canvas_png(walls).tobytes())
    in_time(script())


@pytest.fixture(scope="module")
def walls(tmp_path_factory):
    with bands_wall(tmp_path_factory.mktemp("bands"), "64x48") as wall:
        yield wall


class Plasma(threading.Thread):
    """Paints all of a wall again and again until it is stopped."""

    def __init__(self, wall):
        super().__init__()
        self.client = wall.tcp("pixelflut", source="127.0.0.2")
        self.pictures = [noise(0, 356, 640, seed) for seed in range(3)]
        self.going = True

    def run(self):
        for i in range(1 << 30):
            if not self.going:
                break
            self.client.sendall(self.pictures[i % 3])
        self.client.close()


def test_a_slow_line_is_not_behind(tmp_path):
    """While all of the wall is painted again and again, a pixel is seen before much else comes."""
    async def script():
        viewer = Bands(wall)
        viewer.url = "ws://127.0.0.1:%d/live?bands" % relay.port
        async with viewer:
            await viewer.until(lambda v: len(v.sharp) == 12 and v.seen > 60000)
            for colour in (255, 0):
                before, begun = viewer.seen, time.monotonic()
                flut(wall, b"".join(b"PX %d %d %06x\n" % (x, y, colour * 0x10101) for x in range(640) for y in range(356, 360)))
                await viewer.until(lambda v, grey=colour: v.image[359 * 640 + 8] == (grey, grey, grey))
                print("seen after %d bytes, %.2f s" % (viewer.seen - before, time.monotonic() - begun))
                assert viewer.seen - before <= (1.5 - LATENCY) * RATE
    with bands_wall(tmp_path) as wall, Relay(wall.port("http")) as relay:
        relay.rate, relay.latency = RATE, LATENCY
        plasma = Plasma(wall)
        plasma.start()
        try:
            in_time(script())
        finally:
            plasma.going = False
            plasma.join()
