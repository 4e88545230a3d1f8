# SPDX-License-Identifier: MIT
"""What viewers cost: memory of those that read slowly or never, and an idle wall's sleep."""
import asyncio
import json
import os
import random
import sys
import time

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from PIL import Image
import procfs
from boardclient import slow_reader, with_slow_readers
from relay import Relay
from sanitizer import SLACK_KIB
from waiting import settled
from wall import dot, wait_for
from watchers import Live, Place, Raw, ask, http_wall, in_time, same, viewers

RED, GREEN = (255, 0, 0), (0, 255, 0)
both = pytest.mark.parametrize("kind", [Place, Live])


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


if __name__ == "__main__":
    hold_pictures(sys.argv[1])
