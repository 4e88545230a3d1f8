# SPDX-License-Identifier: MIT
"""Several walls that show one picture, over a real engine."""
import contextlib
import glob
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from author import pkg_config
from closing import Closing
from control import Operator, control
from linking import (Client, Engine, Sentinel, cluster, converged, differ, entries, fold, free_ports, id_of, is_linked, key,
                     linked, pack, payload, read_payload, section, short_folder, wait_linked)
from relay import Relay
from sanitizer import SANITIZED
from waiting import stays, wait_for
from wall import DOTS, PLUGINS, SOURCE, Wall, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture(name="engine")
def engine_of_test(tmp_path):
    with Engine(tmp_path) as engine:
        yield engine


@contextlib.contextmanager
def walls(engine, folder, n, more="", **rest):
    """Walls a, b, c, ..., linked."""
    with contextlib.ExitStack() as stack:
        some = [stack.enter_context(linked(engine, short_folder(folder, "abcdef"[i]), more, **rest))
                for i in range(n)]
        wait_linked(*some)
        yield some


def scribble(seed, n, width=64, height=48):
    """Seeded dots."""
    rng = random.Random(seed)
    return b"".join(dot(rng.randrange(width), rng.randrange(height),
                        tuple(rng.randrange(256) for _ in range(3))) for _ in range(n))


def test_what_one_paints_all_show(engine, tmp_path):
    with walls(engine, tmp_path, 3) as (a, b, c):
        a.paint(dot(3, 4, RED))
        b.painted(3, 4, RED)
        c.paint(dot(3, 4, GREEN) + dot(63, 47, BLUE))
        a.painted(3, 4, GREEN)
        b.painted(63, 47, BLUE)
        converged(engine, a, b, c)


def test_streams_of_three_walls_end_in_one_picture(engine, tmp_path):
    """All paint the same places at once; who joins late sees it too."""
    with walls(engine, tmp_path, 3, size="100x70") as some:
        clients = [wall.tcp() for wall in some]
        for turn in range(40):
            for i, client in enumerate(clients):
                client.sendall(scribble(turn * 3 + i, 300, 100, 70))
        for client in clients:
            client.close()
        converged(engine, *some)
        with linked(engine, short_folder(tmp_path, "late"), size="100x70") as late:
            picture = converged(engine, late, *some)
    assert len(set(picture.pixels)) > 1000


def test_the_log_at_rest(engine, tmp_path):
    """What came from the log is not sent back, and who is idle writes nothing."""
    with walls(engine, tmp_path, 2, "snapshot = 1h") as (a, b):
        a.paint(scribble(1, 500))
        converged(engine, a, b)
        before = entries(engine)
        assert len({fields[b"w"].split(b".")[0] for _, fields in before if b"w" in fields}) == 1
        stays("quiet", lambda: entries(engine) == before, 10 if LONG else 1)


def test_a_wall_that_only_shows(engine, tmp_path):
    with walls(engine, tmp_path, 1) as (a,), linked(
            engine, short_folder(tmp_path, "v"), "role = view") as v:
        wait_linked(v)
        a.paint(dot(1, 1, RED))
        v.painted(1, 1, RED)
        v.paint(dot(1, 1, BLUE) + dot(2, 2, BLUE))
        v.painted(2, 2, (0, 0, 0))
        picture = converged(engine, a, v)
        assert picture.pixels[64 + 1] == RED


def test_a_wall_without_an_engine(tmp_path):
    """It paints, says what it waits for, and merges when the engine is there."""
    path = short_folder(tmp_path, "engine") + "/s"
    with linked(path, short_folder(tmp_path, "a")) as a, linked(path, short_folder(tmp_path, "b")) as b:
        for wall, colour in ((a, RED), (b, GREEN)):
            wait_for("a word", lambda wall=wall: "goes on alone and tries again" in wall.log())
            wall.paint(dot(5, 5, colour) + dot(6 if wall is a else 7, 5, colour))
            wall.painted(5, 5, colour)
        with Engine(tmp_path) as engine:
            picture = converged(engine, a, b)
            assert picture.pixels[5 * 64 + 6] == RED and picture.pixels[5 * 64 + 7] == GREEN
        assert a.log().count("tries again") <= 2


def test_a_wall_that_was_killed(engine, tmp_path):
    """It comes back with its own old picture, and shows that of the others."""
    with walls(engine, tmp_path, 2) as (a, b):
        b.paint(scribble(2, 200))
        converged(engine, a, b)
        b.picture()
        b.kill()
        a.paint(scribble(3, 400))
        b.start().wait_ready()
        wait_for("it to be back", lambda: b.log().count("linked by") == 2)
        converged(engine, a, b)


# ---- the engine

@pytest.fixture(name="kept")
def engine_that_keeps_its_data(tmp_path):
    with Engine(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as engine:
        yield engine


def test_the_engine_is_killed(kept, tmp_path):
    with walls(kept, tmp_path, 3) as some:
        clients = [wall.tcp() for wall in some]
        for turn in range(6):
            for i, client in enumerate(clients):
                client.sendall(scribble(turn * 3 + i, 100))
            if turn == 2:
                kept.kill()
                wait_for("all to know", lambda: all("goes on alone" in wall.log() for wall in some))
            if turn == 4:
                kept.start()
        for client in clients:
            client.close()
        converged(kept, *some)


def roll_back(engine):
    """As a server that lost its last seconds: it has again what it had at its last SAVE."""
    engine.kill()
    engine.start()


@pytest.mark.parametrize("seen_by_all", [True, False], ids=["seen by all", "one wall never saw it"])
def test_the_engine_loses_the_end_of_the_log(engine, tmp_path, seen_by_all):
    """While nobody paints any more: what is lost is sent again by who painted it."""
    with walls(engine, tmp_path, 3) as (a, b, c):
        a.paint(scribble(4, 300))
        converged(engine, a, b, c)
        engine.ask("SAVE")
        if not seen_by_all:
            b.process.send_signal(signal.SIGSTOP)
        a.paint(dot(9, 9, RED))
        c.painted(9, 9, RED)
        c.paint(dot(10, 9, GREEN))
        a.painted(10, 9, GREEN)
        roll_back(engine)
        b.process.send_signal(signal.SIGCONT)
        picture = converged(engine, a, b, c)
        wait_for("the paint", lambda: fold(engine).pixels[9 * 64 + 9:9 * 64 + 11] == [RED, GREEN])
        converged(engine, a, b, c)
    assert picture


def test_the_engine_is_emptied(engine, tmp_path):
    with walls(engine, tmp_path, 2) as (a, b):
        a.paint(scribble(5, 300))
        picture = converged(engine, a, b)
        engine.ask("FLUSHALL")
        # a look finds it, or the hash of the picture with which another wall began anew
        wait_for("all to join again", lambda: all(
            w.log().count("linked by") + w.log().count("taking it anew") >= 2 for w in (a, b)))
        again = converged(engine, a, b)
        assert again.pixels == picture.pixels


def test_the_engine_is_emptied_while_somebody_paints(engine, tmp_path):
    """Who has all of the log puts the snapshot there again."""
    with walls(engine, tmp_path, 2) as (a, b):
        a.paint(scribble(5, 300))
        picture = converged(engine, a, b)
        engine.ask("FLUSHALL")
        b.paint(dot(9, 9, RED))
        wait_for("a snapshot", lambda: engine.ask("EXISTS", key("mural", "snap")))
        picture.apply({(9, 9): RED})
        wait_for("the picture", lambda: fold(engine, check=False).pixels == picture.pixels)
        converged(engine, a, b)


def test_the_engine_hangs(engine, tmp_path):
    """Walls paint meanwhile, and nothing is queued: what changed is sent once."""
    with walls(engine, tmp_path, 2) as (a, b):
        engine.process.send_signal(signal.SIGSTOP)
        for turn in range(10):
            a.paint(scribble(turn, 200))
            b.paint(scribble(turn + 20, 200))
        engine.process.send_signal(signal.SIGCONT)
        converged(engine, a, b)
        assert len(entries(engine)) < 12


def test_connections_that_break(engine, tmp_path):
    """While entries are on their way: a mark tells each wall which of them ran."""
    with walls(engine, tmp_path, 3) as some:
        clients = [wall.tcp() for wall in some]
        for turn in range(12):
            for i, client in enumerate(clients):
                client.sendall(scribble(turn * 3 + i, 200))
            engine.ask("CLIENT", "KILL", "TYPE", "normal")
            wait_linked(*some)
        for client in clients:
            client.close()
        converged(engine, *some)


def test_the_engine_is_full(engine, tmp_path):
    with walls(engine, tmp_path, 2) as (a, b):
        engine.ask("CONFIG", "SET", "maxmemory", "1")
        a.paint(dot(1, 2, RED))
        wait_for("a word", lambda: "the engine refuses an entry: OOM" in a.log())
        a.paint(dot(2, 2, RED))
        engine.ask("CONFIG", "SET", "maxmemory", "0")
        b.painted(2, 2, RED)
        converged(engine, a, b)
        assert a.log().count("refuses") == 1


def noise(seed, width, height):
    """All of a picture, in colours that no other seed has there."""
    rng = random.Random(seed)
    return b"".join(dot(x, y, rng.randbytes(3)) for y in range(height) for x in range(width))


def test_the_engine_is_full_and_stays_so(engine, tmp_path):
    """A shorter log is all that makes room: painters can fill an engine, but not for good."""
    def used():
        return int(re.search(rb"used_memory:(\d+)", engine.ask("INFO", "memory")).group(1))

    frames = [noise(seed, 256, 256) for seed in range(2)]
    with walls(engine, tmp_path, 2, "snapshot = 1h", size="256x256") as (a, b):
        before = used()

        def is_filled():
            a.paint(frames[0])
            frames.reverse()
            return used() > before + (4 << 20)
        wait_for("the log to grow", is_filled, 120)
        engine.ask("CONFIG", "SET", "maxmemory", before + (2 << 20))
        a.paint(dot(1, 2, RED))
        wait_for("a word", lambda: "the engine refuses an entry: OOM" in a.log())
        wait_for("the dot", lambda: b.picture().getpixel((1, 2)) == RED, 60)
        converged(engine, a, b)


@pytest.mark.skipif(not LONG, reason="fills an engine: set MURALD_LONG=1")
def test_the_engine_evicts(engine, tmp_path):
    """Against the manual's advice: it throws away log or snapshot, whichever it likes."""
    def figure(name):
        return int(re.search(rb"%s:(\d+)" % name, engine.ask("INFO")).group(1))

    frames = [noise(seed, 256, 256) for seed in range(2)]
    with walls(engine, tmp_path, 2, "snapshot = 1h", size="256x256") as (a, b):
        engine.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        engine.ask("CONFIG", "SET", "maxmemory", figure(b"used_memory") + (2 << 20))

        def is_evicted():
            a.paint(frames[0])
            frames.reverse()
            return figure(b"evicted_keys") > 1
        wait_for("keys to go", is_evicted, 120)
        a.paint(dot(1, 2, RED))
        wait_for("the dot", lambda: b.picture().getpixel((1, 2)) == RED, 60)
        converged(engine, a, b)


def test_the_clock_of_the_engine_goes_back(engine, tmp_path):
    """By hours, as after a failover to a machine with another clock: ids grow all the same."""
    with walls(engine, tmp_path, 2, "snapshot = 1s") as (a, b):
        later = (int(time.time()) + 3 * 3600) * 1000
        engine.ask("XADD", key("mural", "log"), "%d-0" % later, "w", "somebody.1", "d",
                   payload({(3, 3): RED}, 64, 48))
        b.painted(3, 3, RED)
        a.paint(dot(4, 3, GREEN))
        b.painted(4, 3, GREEN)
        wait_for("a snapshot", lambda: id_of(engine.ask("HGET", key("mural", "snap"), "id")) >= (later, 1))
        with linked(engine, short_folder(tmp_path, "late")) as late:
            converged(engine, a, b, late)


CLOCK = r"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, id, now);
	now->tv_sec += id == CLOCK_REALTIME ? HOURS * 3600 : 0;
	return ret;
}
time_t time(time_t *to)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return to ? *to = now.tv_sec : now.tv_sec;
}
int gettimeofday(struct timeval *to, void *zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*to = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}
"""


@pytest.mark.skipif(SANITIZED, reason="ASan must be the first library")
def test_clocks_of_walls_that_are_hours_apart(engine, tmp_path):
    """Only the engine's says in which order things happened."""
    with contextlib.ExitStack() as stack:
        some = []
        for hours in (-5, 7):
            library = str(tmp_path / ("clock%d.so" % hours))
            subprocess.run(["cc", "-shared", "-fPIC", "-DHOURS=%d" % hours, "-x", "c", "-", "-o", library],
                           input=CLOCK, text=True, check=True, timeout=100)
            wall = linked(engine, short_folder(tmp_path, "w%d" % hours), "snapshot = 1s",
                          prefix=["env", "LD_PRELOAD=" + library])
            some.append(stack.enter_context(wall))
        a, b = some
        wait_linked(a, b)
        for turn in range(10):
            a.paint(dot(5, 5, RED) + dot(turn, 6, RED))
            b.painted(turn, 6, RED)
            b.paint(dot(5, 5, GREEN) + dot(turn, 7, GREEN))
            a.painted(turn, 7, GREEN)
        wait_for("a snapshot", lambda: len([1 for _, fields in entries(engine) if b"x" in fields]))
        assert converged(engine, a, b).pixels[5 * 64 + 5] == GREEN


def test_an_entry_that_vanishes(engine, tmp_path):
    """The hash in the log finds it, whoever had missed it."""
    with walls(engine, tmp_path, 2, "snapshot = 1s") as (a, b):
        a.paint(scribble(6, 100))
        converged(engine, a, b)
        b.process.send_signal(signal.SIGSTOP)
        # the first is what b waits for, and on its way at once; by the last a has read the one before,
        # and asks no more for the second, which vanishes
        ids = []
        for x in (8, 9, 10, 11):
            before = entries(engine)[-1][0]
            a.paint(dot(x, 9, RED))
            ids.append(wait_for("the entry", lambda before=before: [
                at for at, fields in entries(engine) if at > before and b"d" in fields])[0])
        engine.ask("XDEL", key("mural", "log"), "%d-%d" % ids[1])
        b.process.send_signal(signal.SIGCONT)
        b.painted(11, 9, RED)
        wait_for("it to be found", lambda: "was not what the log says" in a.log() + b.log())
        converged(engine, a, b)


def test_snapshots_in_quick_succession(engine, tmp_path):
    """Who made one gives the lease back, which would last 10 s."""
    with walls(engine, tmp_path, 1, "snapshot = 1s") as (a,):
        made = []

        def is_next_soon():
            a.paint(scribble(len(made), 20))
            at = [at for at, fields in entries(engine) if b"x" in fields][-1][0]
            if at not in made:
                made.append(at)
            return any(after - before < 9000 for before, after in zip(made[1:], made[2:]))
        wait_for("two snapshots within 9 s", is_next_soon, 60)
        wait_for("the lease to be gone", lambda: not engine.ask("EXISTS", key("mural", "keeper")))


def test_a_wrong_password(engine, tmp_path):
    engine.ask("CONFIG", "SET", "requirepass", "sesame")
    with linked(engine, tmp_path, "password = simsim") as wall:
        wait_for("a word", lambda: re.search("(WRONGPASS|invalid).*goes on alone", wall.log()))
        assert "simsim" not in wall.log()
        wall.edit_config("password = simsim", "password = sesame")
        wall.process.send_signal(signal.SIGHUP)
        wait_linked(wall)


def test_another_size(engine, tmp_path):
    with walls(engine, tmp_path, 1) as (a,), linked(
            engine, short_folder(tmp_path, "x"), size="80x60") as other:
        wait_for("a word", lambda: "there is 64x48, here 80x60" in other.log())
        other.paint(dot(1, 1, RED))
        other.painted(1, 1, RED)
        assert a.picture().getpixel((1, 1)) == (0, 0, 0)


def shows(wall, picture, x, y, width, height, at=(0, 0)):
    """Does the wall show that part of the picture, at a place of its own?"""
    part = [picture.pixels[(y + row) * picture.width + x + column] for row in range(height) for column in range(width)]
    return list(wall.picture().crop((*at, at[0] + width, at[1] + height)).getdata()) == part


def test_walls_of_different_size(engine, tmp_path):
    """They share what overlaps; what lies beside the picture stays at home."""
    same = "picture = 128x96\nsnapshot = 1s\n"
    with linked(engine, short_folder(tmp_path, "big"), same, size="128x96") as big, \
            linked(engine, short_folder(tmp_path, "part"), same + "origin = 37,20") as part, \
            linked(engine, short_folder(tmp_path, "left"), same + "origin = -8,90", size="40x40") as left:
        wait_linked(big, part, left)
        assert "of 40x40 here, 32x6 lie in the picture mural of 128x96" in left.log()
        big.paint(scribble(1, 4000, 128, 96))
        part.paint(scribble(2, 1000) + dot(0, 0, RED))
        left.paint(scribble(3, 1000, 40, 40) + dot(8, 0, GREEN) + dot(7, 0, BLUE) + dot(8, 6, BLUE))
        big.painted(37, 20, RED)
        big.painted(0, 90, GREEN)

        def same_everywhere():
            picture = fold(engine, check=False)
            return (not differ(engine, big) and shows(part, picture, 37, 20, 64, 48)
                    and shows(left, picture, 0, 90, 32, 6, at=(8, 0)))
        wait_for("one picture", same_everywhere, 60)
        assert left.picture().getpixel((7, 0)) == BLUE and left.picture().getpixel((8, 6)) == BLUE
        with linked(engine, short_folder(tmp_path, "v"), same + "origin = 64,48\nrole = view", size="100x70") as view:
            wait_linked(view)
            view.paint(dot(1, 1, BLUE) + dot(99, 69, BLUE))
            wait_for("it to be put back", lambda: shows(view, fold(engine, check=False), 64, 48, 64, 48))
            assert view.picture().getpixel((99, 69)) == BLUE


def test_a_window_of_a_world(engine, tmp_path):
    """65,536 pixels a side: each section shares one region, and two walls what both show of it."""
    at = "world = yes\norigin = %d,%d\n"
    corner = 30 * 1024, 40 * 1024
    right = section(engine, "offset = 10,0\n" + at % (corner[0], corner[1] - 10)).replace("link]", "link right]", 1)
    with linked(engine, short_folder(tmp_path, "a"), at % (corner[0] - 10, corner[1] - 10) + right) as a, \
            linked(engine, short_folder(tmp_path, "b"), at % (corner[0], corner[1] - 40)) as b:
        wait_for("both regions", lambda: a.log().count("linked by") == 2)
        wait_linked(b)
        assert "10x10 lie in region 29.39 of 1024x1024" in a.log() and "54x10 lie in region 30.39" in a.log()
        a.paint(dot(9, 9, RED) + dot(10, 9, GREEN) + dot(9, 10, BLUE))
        b.painted(0, 39, GREEN)
        b.paint(dot(3, 31, RED))
        a.painted(13, 1, RED)
        wait_for("the other region", lambda: any(
            b"d" in fields and read_payload(fields[b"d"], 1024, 1024).get((1023, 1023)) == RED
            for _, fields in entries(engine, "mural.29.39")))
        assert {k for k in engine.ask("KEYS", "*") if k.endswith(b":log")} == {
            b"mural:{mural.29.39}:log", b"mural:{mural.30.39}:log"}
        assert a.picture().getpixel((9, 10)) == BLUE


@pytest.mark.parametrize("line", ["world = yes\norigin = 65536,0", "world = yes\norigin = 0,-1",
                                  "world = yes\npicture = 64x48"])
def test_no_place_in_a_world(tmp_path, line):
    wall = linked("/nowhere", tmp_path, line)
    assert wall.start().process.wait(30) == 78


@pytest.mark.parametrize("name", ["a:b", "a}b", "", "x" * 65])
def test_no_name_of_a_wall(tmp_path, name):
    wall = linked("/nowhere", tmp_path, name=name)
    assert wall.start().process.wait(30) == 78
    assert "is no name of a wall" in wall.log()


# ---- what somebody else writes

def test_entries_that_make_no_sense(engine, tmp_path):
    """They are counted, and change nothing, and what follows is applied."""
    good = payload({(3, 3): RED}, 64, 48)
    frame = struct.pack("<HHH", 0, 1, 5) + b"abc"
    bad = [b"", b"\x02" + good[1:], good[:-1], good[:9], b"\x01" + b"x" * 50, b"\x01" + pack(b""),
           b"\x01" + pack(frame[:-1]), b"\x01" + pack(frame + b"\0"),
           b"\x01" + pack(struct.pack("<HHH", 4, 1, 5) + b"abc"),  # no such tile
           b"\x01" + pack(struct.pack("<HHH", 2, 1, 16 * 32) + b"abc"),  # below the edge
           b"\x01" + pack(struct.pack("<HHHH", 0, 2, 5, 5) + b"abcdef"),
           b"\x01" + pack(struct.pack("<HH", 0, 0)), b"\x01" + pack(struct.pack("<HH", 0, 1025) + b"a" * 4000),
           b"\x01" + pack(struct.pack("<HH", 0, 100) + b"\xff" * 128 + b"a" * 300),
           b"\x01" + pack(bytes(100 << 20))]
    with walls(engine, tmp_path, 2) as (a, b):
        log = key("mural", "log")
        for data in bad:
            assert read_payload(data, 64, 48) is None
            engine.ask("XADD", log, "*", "w", "x" * 300 + ".1", "d", data)
        engine.ask("XADD", log, "*", "m", b"\0" * 99, "x", "9-", "h", "zz", "other", "field")
        engine.ask("XADD", log, "*", "w", "a\0b", "d", good)
        a.painted(3, 3, RED)
        b.paint(dot(4, 4, GREEN))
        a.painted(4, 4, GREEN)
        converged(engine, a, b)
        assert "ERROR" not in a.log() + b.log()


def test_checks_that_are_forged(engine, tmp_path):
    """Each makes a wall take the picture anew, but the log says so once in a while only."""
    begun = time.monotonic()
    with walls(engine, tmp_path, 1, "snapshot = 1h") as (a,):
        for x in range(10):
            engine.ask("XADD", key("mural", "log"), "*", "x", "0-0", "h", "%016x" % x)
            a.paint(dot(x, 1, RED))
            wait_for("the dot", lambda x=x: fold(engine, check=False).pixels[64 + x] == RED)
        wait_for("the picture", lambda: not differ(engine, a))
        assert 1 <= a.log().count("taking it anew") <= 1 + (time.monotonic() - begun) // 60


def test_keys_of_somebody_else(engine, tmp_path):
    engine.ask("SET", key("mural", "log"), "mine")
    with linked(engine, tmp_path) as wall:
        wait_for("a word", lambda: "WRONGTYPE" in wall.log())
        wall.paint(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        engine.ask("DEL", key("mural", "log"))
        converged(engine, wall)


def test_snapshots_that_make_no_sense(engine, tmp_path):
    snap = {"born": "me", "id": "0-0", "w": 64, "h": 48, "region": "0.0", "format": "rgb-planes", "pic": pack(bytes(100 << 20))}
    engine.ask("HSET", key("mural", "snap"), *[word for pair in snap.items() for word in pair])
    with linked(engine, tmp_path) as wall:
        wait_for("a word", lambda: "its snapshot cannot be read" in wall.log())
        engine.ask("HSET", key("mural", "snap"), "pic", pack(bytes(64 * 48 * 3)))
        wall.paint(dot(1, 1, RED))
        converged(engine, wall)


# ---- Sentinels

def replicates(engine, word):
    """Does it say so?  A Sentinel cuts all connections when it promotes or demotes one."""
    try:
        return word in engine.ask("INFO", "replication")
    except (OSError, AssertionError):
        return False


@pytest.mark.skipif(not LONG, reason="a Sentinel takes its time: set MURALD_LONG=1")
def test_a_failover(tmp_path):
    """The engine is killed, and a Sentinel makes its replica the engine."""
    first, second, nobody = free_ports(3)
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(Engine(short_folder(tmp_path, "1"), "--port", str(first),
                                         "--repl-diskless-sync-delay", "0"))
        other = stack.enter_context(Engine(short_folder(tmp_path, "2"), "--port", str(second), "--replicaof",
                                           "127.0.0.1 %d" % first))
        # it looks for replicas at once, and then after ten seconds
        wait_for("the replica", lambda: replicates(one, b"state=online"), 60)
        sentinel = stack.enter_context(Sentinel(tmp_path, first))
        more = "sentinel = mymaster\nengine = 127.0.0.1:%d 127.0.0.1:%d\n" % (nobody, sentinel.port)
        a, b = (stack.enter_context(Wall(short_folder(tmp_path, name), DOTS + "[plugin link]\n" + more))
                for name in "ab")
        wait_linked(a, b)
        a.paint(scribble(1, 300))
        picture = converged(one, a, b)
        wait_for("the replica to have it", lambda: entries(other) == entries(one))
        one.kill()
        b.paint(dot(1, 1, RED))
        wait_for("the failover", lambda: replicates(other, b"role:master"), 120)
        wait_for("the pixel", lambda: a.picture().getpixel((1, 1)) == RED, 60)
        one.start()  # a Sentinel takes ten seconds to look at it
        wait_for("the old one", lambda: replicates(one, b"role:slave"), 120)
        a.paint(dot(2, 1, GREEN))
        b.painted(2, 1, GREEN)
        picture.apply({(1, 1): RED, (2, 1): GREEN})
        assert converged(other, a, b).pixels == picture.pixels


@pytest.mark.skipif(not LONG, reason="a replica takes its time: set MURALD_LONG=1")
def test_a_wall_that_shows_a_replica(engine, tmp_path):
    """Who only shows need not be able to write."""
    with Engine(short_folder(tmp_path, "r"), "--replicaof", "127.0.0.1 1") as replica, \
            walls(engine, tmp_path, 1) as (a,):
        port, = free_ports(1)
        engine.ask("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        engine.ask("CONFIG", "SET", "port", port)
        replica.ask("REPLICAOF", "127.0.0.1", port)
        a.paint(dot(1, 1, RED))
        with linked(replica, short_folder(tmp_path, "v"), "role = view") as view:
            wait_linked(view)
            view.painted(1, 1, RED)
            a.paint(dot(2, 1, GREEN))
            view.painted(2, 1, GREEN)
            view.paint(dot(3, 1, BLUE))
            view.painted(3, 1, (0, 0, 0))


def test_a_cluster(tmp_path):
    """Of two nodes one has the wall's keys; who is told the other is sent there."""
    with cluster(tmp_path, 2) as nodes, contextlib.ExitStack() as stack:
        a, b = (stack.enter_context(Wall(short_folder(tmp_path, name), DOTS + section(node),
                                         core="limits = shared\npixels-per-source = 100000\n"))
                for name, node in zip("ab", nodes))
        wait_linked(a, b)
        a.paint(scribble(1, 200))
        converged(nodes[1], a, b)
        assert "its cluster has this wall at %s; the wall goes on alone" % nodes[1].address in a.log()
        assert "its cluster" not in b.log()
        wait_for("what its source has spent", lambda: nodes[1].ask("XLEN", key("mural", "share:limits")) > 0)


class Liar(Closing):
    """An engine that takes any password, and then says `error` to all but PING."""

    def __init__(self, error):
        self.error, self.n = error, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.n += 1
                threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with client, client.makefile("rwb", 0) as file, contextlib.suppress(OSError):
            while (line := file.readline()).startswith(b"*"):
                words = [file.readline() and file.readline() for _ in range(int(line[1:]))]
                file.write(b"+PONG\r\n" if words[0] in (b"AUTH\r\n", b"PING\r\n") else b"-%s\r\n" % self.error)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("where", ["x" * 300 + ":6379", "unix:%s", "x" * 300, ":6379"],
                         ids=["long", "local", "no port", "no host"])
def test_a_cluster_that_lies(tmp_path, where):
    """Its word leads nowhere, and no password to a local socket."""
    path = os.path.join(short_folder(tmp_path, "trap"), "s")
    with socket.socket(socket.AF_UNIX) as trap:
        trap.bind(path)
        trap.listen()
        trap.setblocking(False)
        error = b"MOVED 1 " + (where % path if "%" in where else where).encode()
        with Liar(error) as liar, Wall(tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:%d\npassword = sesame\n" % (
                liar.port)) as wall:
            wait_for("it to be tried again and again", lambda: liar.n >= 6 or wall.process.poll() is not None, 60)
            assert wall.stop() == 0
        with pytest.raises(BlockingIOError):
            trap.accept()


def test_addresses_without_a_sentinel(tmp_path):
    wall = Wall(tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:1 127.0.0.1:2\n")
    assert wall.start().process.wait(30) == 78
    assert "by which name these know the engine" in wall.log()


# ---- TLS

def certificate(folder, name, authority=None):
    """A key and a certificate, signed by that authority or by itself: their files."""
    paths = [os.path.join(folder, name + end) for end in (".key", ".crt")]
    signer = ["-CA", authority[1], "-CAkey", authority[0]] if authority else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-keyout", paths[0], "-out", paths[1], *signer], check=True, capture_output=True)
    return paths


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl: apt-get install openssl")
def test_tls(tmp_path):
    """Whose certificate somebody else has signed is no engine; without TLS in hiredis it is said how to do it."""
    folder = short_folder(tmp_path, "tls")
    trusted, stranger = certificate(folder, "ca"), certificate(folder, "stranger")
    key_file, cert = certificate(folder, "engine", trusted)
    port, = free_ports(1)  # not before the keys are made: somebody else may take it meanwhile

    def by_tls(name, authority):
        return Wall(short_folder(tmp_path, name), DOTS + "[plugin link]\nengine = 127.0.0.1:%d\ntls = yes\n"
                    "tls-ca = %s\n" % (port, authority[1]))
    with Engine(tmp_path, "--tls-port", str(port), "--tls-cert-file", cert, "--tls-key-file", key_file,
                "--tls-ca-cert-file", trusted[1], "--tls-auth-clients", "no") as engine, \
            contextlib.ExitStack() as stack:
        c = by_tls("c", stranger).start()
        stack.push(c)
        wait_for("a word", lambda: re.search("has tls-ca signed its certificate|write a tunnel", c.log()))
        if "tunnel" in c.log():
            assert c.process.wait(30) == 78
            return
        a, b = (stack.enter_context(by_tls(name, trusted)) for name in "ab")
        wait_linked(a, b)
        a.paint(scribble(1, 3000))
        b.paint(scribble(2, 3000) + dot(1, 1, RED))
        a.painted(1, 1, RED)
        converged(engine, a, b)
        assert not is_linked(c)


# ---- the operator of one wall

def test_a_wall_that_is_frozen(engine, tmp_path):
    """It keeps its picture to itself, and follows when it may."""
    folder = short_folder(tmp_path, "f")
    with walls(engine, tmp_path, 1, "snapshot = 1h") as (a,), \
            linked(engine, folder, "snapshot = 1h\nreins = no", core=control(folder)) as frozen, \
            Operator(frozen) as operator:
        wait_linked(frozen)
        a.paint(dot(1, 1, RED))
        frozen.painted(1, 1, RED)
        operator.done("freeze")
        a.paint(dot(1, 1, BLUE) + dot(2, 1, BLUE))
        wait_for("the entry", lambda: fold(engine).pixels[64 + 1] == BLUE)
        before = entries(engine)
        stays("frozen", lambda: frozen.picture().getpixel((1, 1)) == RED and entries(engine) == before, 1.5)
        operator.done("thaw")
        frozen.painted(1, 1, BLUE)
        converged(engine, a, frozen)


@contextlib.contextmanager
def steered(engine, folder, name, more="", **rest):
    """A linked wall and its operator."""
    folder = short_folder(folder, name)
    with linked(engine, folder, more, core=control(folder), **rest) as wall, Operator(wall) as operator:
        wait_linked(wall)
        yield operator


def acts(operator):
    """(verb, outcome) of what came from other walls."""
    return [(act["verb"], act["outcome"]) for act in operator.log() if act["who"].startswith("link: ")]


def test_reins_hold_on_all_walls(engine, tmp_path):
    """Each writes down whose they are; one keeps its own; who comes late has what is still in force."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b, \
            steered(engine, tmp_path, "c", "reins = no") as c:
        a.done("freeze")
        wait_for("the freeze", lambda: acts(b) == [("freeze", "done")])
        assert b.done("status")["frozen"]
        who = [act["who"] for act in b.log() if act["verb"] == "freeze"]
        assert len(who) == 1 and re.match(r"link: .*\(\d+\) pid \d+ on .+", who[0]), who
        b.done("thaw")
        wait_for("the thaw", lambda: acts(a) == [("thaw", "done")])
        assert not a.done("status")["frozen"]
        a.done("protect", rect="10x10+5+6")
        a.done("ban", net="192.0.2.0/24", for_="1h", why="\"too\" löud")
        a.done("ban", net="198.51.100.7")
        a.done("notice", text="Zur Bühne", for_="10min")
        a.done("unban", net="198.51.100.7")
        a.done("clear", rect="1x1+1+1")
        wait_for("all of it", lambda: len(acts(b)) == 6)
        # answered when each is done, which may take some turns of the loop
        assert sorted(acts(b)) == [(verb, "done") for verb in ("ban", "ban", "freeze", "notice", "protect", "unban")]
        assert [ban["net"] for ban in b.done("bans")["bans"]] == ["192.0.2.0/24"]
        assert b.done("bans")["bans"][0]["why"] == "\"too\" löud"
        assert b.done("status")["notice"]["text"] == "Zur Bühne"
        with steered(engine, tmp_path, "late") as late:
            wait_for("what is in force", lambda: len(acts(late)) == 5)  # of freeze and thaw the last
            assert {verb for verb, outcome in acts(late) if outcome == "done"} >= {"protect", "ban", "notice"}
            assert not late.done("status")["frozen"]
            for operator in (b, late):
                assert [area["rect"] for area in operator.done("protected")["protected"]] == ["10x10+5+6"]
            assert len(late.done("bans")["bans"]) == 1
        assert acts(c) == [] and not c.done("bans")["bans"]
        assert acts(a) == [("thaw", "done")]


def test_reins_of_a_wall_of_another_size(engine, tmp_path):
    """The same place of the picture; what the other does not show is none of its business."""
    same = "picture = 128x96\n"
    with steered(engine, tmp_path, "a", same, size="128x96") as a, \
            steered(engine, tmp_path, "b", same + "origin = 37,20") as b:
        a.done("protect", rect="5x5+0+0")
        a.done("protect", rect="10x10+32+22")
        b.done("protect", rect="3x2+60+40")
        wait_for("both", lambda: acts(b) and acts(a) and acts(b) + acts(a) == 2 * [("protect", "done")])
        assert "5x10+0+2" in [area["rect"] for area in b.done("protected")["protected"]]
        assert "3x2+97+60" in [area["rect"] for area in a.done("protected")["protected"]]


def test_reins_without_an_engine(engine, tmp_path):
    """A wall keeps its own, and tells of them when it can."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        engine.kill()
        a.done("freeze")
        assert a.done("status")["frozen"] and not b.done("status")["frozen"]
        engine.start()
        wait_for("the freeze", lambda: b.done("status")["frozen"], 60)


def test_reins_that_were_told_late(engine, tmp_path):
    """What is over by then is not told, what the engine refused at first is."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        engine.kill()
        a.done("ban", net="192.0.2.1", for_="1s")
        a.done("freeze")
        time.sleep(1.5)  # until the ban is over
        engine.start()
        wait_for("the freeze", lambda: acts(b), 60)
        assert acts(b) == [("freeze", "done")]
        engine.ask("CONFIG", "SET", "maxmemory", "1")
        a.done("thaw")
        stays("frozen", lambda: b.done("status")["frozen"], 1)
        engine.ask("CONFIG", "SET", "maxmemory", "0")
        wait_for("the thaw", lambda: not b.done("status")["frozen"], 60)


def test_reins_in_the_order_of_the_log(engine, tmp_path):
    """Who did the last act there follows nobody's earlier one that it reads after that."""
    log = key("mural", "reins")
    folder = short_folder(tmp_path, "a")
    with Relay(engine.path) as relay, steered(engine, tmp_path, "b") as b, \
            Wall(folder, DOTS + "[plugin link]\nengine = localhost:%d\n" % relay.port, core=control(folder)) as wall, \
            Operator(wall) as a:
        wait_linked(wall)
        relay.delay = None
        b.done("freeze")
        wait_for("the freeze", lambda: engine.ask("XLEN", log) == 1)
        a.done("freeze")
        a.done("thaw")
        wait_for("the others", lambda: engine.ask("XLEN", log) == 3)
        relay.delay = 0
        wait_for("the thaw", lambda: ("thaw", "done") in acts(b))
        stays("thawed", lambda: not a.done("status")["frozen"] and not b.done("status")["frozen"], 1.5)


def several(engine, *verbs):
    """Somebody's acts that are all there at once."""
    with Client(engine.path) as client:
        client.ask("MULTI")
        for verb, args in verbs:
            client.ask("XADD", key("mural", "reins"), "*", "n", "somebody", "v", verb, "a", args)
        client.ask("EXEC")


def test_as_many_reins_as_are_read_at_once(engine, tmp_path):
    """They are done though nobody paints then."""
    with steered(engine, tmp_path, "a") as a:
        several(engine, *[("ban", '{"net": "192.0.2.%d"}' % i) for i in range(3)], ("freeze", "{}"))
        wait_for("the freeze", lambda: a.done("status")["frozen"])


def test_a_long_ban(engine, tmp_path):
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        a.done("ban", net="192.0.2.1", for_="60d")
        wait_for("the ban", lambda: b.done("bans")["bans"])


def test_reins_of_an_engine_that_began_anew(engine, tmp_path):
    """Its clock may have gone back."""
    log = key("mural", "reins")
    with steered(engine, tmp_path, "a") as a:
        engine.ask("XADD", log, "9999999999999-0", "n", "x", "v", "ban", "a", '{"net": "192.0.2.1"}')
        wait_for("the ban", lambda: a.done("bans")["bans"])
        engine.ask("FLUSHALL")
        wait_for("a snapshot", lambda: engine.ask("EXISTS", key("mural", "snap")), 60)
        several(engine, ("freeze", "{}"))
        wait_for("the freeze", lambda: a.done("status")["frozen"], 60)


def test_reins_without_a_state(engine, tmp_path):
    """An act is done at once there."""
    folder = short_folder(tmp_path, "a")
    core = "[control]\nsocket = %s/control\nlog = %s/control.log\nstate =\n" % (folder, folder)
    with linked(engine, folder, core=core) as wall, Operator(wall) as a:
        wait_linked(wall)
        several(engine, ("notice", '{"text": "hello"}'))
        wait_for("the notice", lambda: a.done("status")["notice"])
        stays("one", lambda: acts(a) == [("notice", "done")], 1)


def test_reins_of_several_sections(engine, tmp_path):
    """Each sends what its wall's operators do, and none what another one received: it would go round for ever."""
    sections = DOTS + "".join("[plugin link%s]\nengine = unix:%s\nworld = yes\n%s" % (name, engine.path, rest) for name, rest in (
        ("", "origin = 992,0\n"), (" right", "offset = 32,0\norigin = 1024,0\n")))
    with contextlib.ExitStack() as stack:
        operators = []
        for name in "ab":
            folder = short_folder(tmp_path, name)
            wall = stack.enter_context(Wall(folder, sections, core=control(folder)))
            wait_for("both", lambda wall=wall: len(re.findall("linked by", wall.log())) == 2)
            operators.append(stack.enter_context(Operator(wall)))
        a, b = operators
        a.done("ban", net="192.0.2.1")
        wait_for("the ban", lambda: len(b.log()) == 2)  # by each section
        stays("nothing more", lambda: (len(a.log()), len(b.log())) == (1, 2), 2)


def test_reins_that_make_no_sense(engine, tmp_path):
    """What somebody else writes is looked at like what an operator says, and more than these verbs it cannot do."""
    log = key("mural", "reins")
    with steered(engine, tmp_path, "a") as a:
        for fields in (["v", "clear", "a", "{}"], ["v", "freeze"], ["a", "{}"], ["v", "freeze", "a", "[1]"],
                       ["v", "freeze", "a", "{"], ["v", "freeze" * 99, "a", "{}"], ["v", "freeze", "a", "{}" * 9999],
                       ["v", "freeze", "a", "{}", "r", "0x0+1+1"], ["v", "freeze", "a", "{}", "f", "x"],
                       ["v", "freeze", "a", "{}", "f", "999"], ["v", "ban", "a", '{"net": "everybody"}', "o", b"\n\xff"],
                       ["v", "notice", "a", '{"text": "hello"}', "o", "x" * 999]):
            engine.ask("XADD", log, "*", "n", "somebody", *fields)
        wait_for("the last", lambda: ("notice", "done") in acts(a) and len(acts(a)) == 2)
        assert not a.done("status")["frozen"]
        assert sorted(acts(a)) == [("ban", "usage"), ("notice", "done")]
        assert [act["who"] for act in a.log() if act["verb"] == "ban"] == ["link: somebody"]


# ---- the way to the engine

@pytest.fixture(name="far")
def engine_by_tcp(tmp_path):
    with Engine(tmp_path) as engine, Relay(engine.path) as relay:
        engine.relay = relay
        yield engine


def over_relay(engine, folder, more="", **rest):
    return Wall(folder, DOTS + "[plugin link]\nengine = localhost:%d\n%s" % (engine.relay.port, more), **rest)


def take_back(engine, folder, **rest):
    """A wall paints, and while that is on its way paints what was there before."""
    with over_relay(engine, short_folder(folder, "a"), **rest) as a, \
            linked(engine, short_folder(folder, "b")) as b:
        wait_linked(a, b)
        a.paint(dot(3, 3, GREEN))
        b.painted(3, 3, GREEN)
        a.wait_idle()
        engine.relay.delay = None
        a.paint(dot(3, 3, RED))
        b.painted(3, 3, RED)
        a.paint(dot(3, 3, GREEN))
        engine.relay.delay = 0
        return converged(engine, a, b).pixels[3 * 64 + 3]


def test_paint_that_is_taken_back(far, tmp_path):
    assert take_back(far, tmp_path) == GREEN


def test_a_long_way(far, tmp_path):
    """200 ms each way back: updates become rarer, and all arrive."""
    far.relay.delay = 0.2
    with over_relay(far, short_folder(tmp_path, "a")) as a, linked(far, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        with a.tcp() as one, b.tcp() as other:
            for turn in range(10):
                one.sendall(scribble(turn, 100))
                other.sendall(scribble(turn + 10, 100))
        converged(far, a, b)


@pytest.mark.skipif(not LONG, reason="a writer asks after seconds: set MURALD_LONG=1")
def test_an_entry_that_vanishes_on_its_way(far, tmp_path):
    """Its writer waits for it, and asks after some seconds."""
    with over_relay(far, short_folder(tmp_path, "a")) as a, linked(far, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)
        far.relay.delay = None
        for x in (2, 3):
            before = entries(far)[-1][0]
            (a if x == 3 else b).paint(dot(x, 1, RED))  # the first is what it waits for
            last = wait_for("the entry", lambda before=before: [
                at for at, fields in entries(far) if at > before and b"d" in fields])[0]
        far.ask("XDEL", key("mural", "log"), "%d-%d" % last)
        far.relay.delay = 0
        b.paint(dot(4, 1, RED))
        wait_for("it to be sent again", lambda: fold(far, check=False).pixels[64 + 3] == RED)
        converged(far, a, b)


def put_snapshot(engine):
    """As a keeper does."""
    snap, log = key("mural", "snap"), key("mural", "log")
    picture, last = fold(engine), b"%d-%d" % entries(engine)[-1][0]
    planes = bytes(rgb[channel] for channel in range(3) for rgb in picture.pixels)
    engine.ask("XTRIM", log, "MINID", engine.ask("HGET", snap, "id"))
    engine.ask("HSET", snap, "id", last, "pic", pack(planes))
    engine.ask("XADD", log, "*", "x", last, "h", picture.hash())


def test_who_joins_slower_than_snapshots_are_made(far, tmp_path):
    """The log was trimmed meanwhile behind the snapshot that it has: it takes a newer one."""
    def n_reading():
        return far.ask("CLIENT", "LIST").count(b" cmd=xread ")
    log = key("mural", "log")
    with linked(far, short_folder(tmp_path, "a"), "snapshot = 1h") as a:
        wait_linked(a)
        for x in range(60):  # it reads four at once
            far.ask("XADD", log, "*", "w", "somebody.%d" % x, "d", payload({(x, 1): RED}, 64, 48))
        a.painted(59, 1, RED)
        far.relay.delay = 0.3
        with over_relay(far, short_folder(tmp_path, "late"), more="snapshot = 1h\n") as late:
            wait_for("it to read the log", lambda: n_reading() == 2)
            far.relay.delay = None
            for x in range(3):
                far.ask("XADD", log, "*", "w", "somebody.%d" % (60 + x), "d", payload({(x, 2): GREEN}, 64, 48))
                put_snapshot(far)
            assert not is_linked(late)
            far.relay.delay = 0
            converged(far, a, late)


def is_mounting():
    return subprocess.run(["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"],
                          check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not is_mounting(), reason="has no /etc/hosts of its own: unshare --mount fails; run it as root")
def test_a_sentinel_with_two_addresses(tmp_path):
    """It and the engine are at the second one of a name."""
    hosts = str(tmp_path / "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 engine.test\n127.0.0.2 engine.test\n")
    port, = free_ports(1)
    prefix = ["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', hosts]
    with Engine(tmp_path, "--port", str(port), "--bind", "127.0.0.2"), \
            Sentinel(tmp_path, port, "engine.test", "127.0.0.2", prefix) as sentinel, \
            Wall(tmp_path, DOTS + "[plugin link]\nsentinel = mymaster\nengine = engine.test:%d\n" % sentinel.port,
                 prefix=prefix) as wall:
        wait_linked(wall)


@pytest.mark.skipif(not is_mounting(), reason="has no /etc/hosts of its own: unshare --mount fails; run it as root")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_a_name_with_two_addresses(tmp_path, address):
    """The engine is at one of them."""
    hosts = str(tmp_path / "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 engine.test\n127.0.0.2 engine.test\n")
    with socket.create_server((address, 0)) as one:
        port = one.getsockname()[1]
    with Engine(tmp_path, "--port", str(port), "--bind", address), Wall(
            tmp_path, DOTS + "[plugin link]\nengine = engine.test:%d\n" % port,
            prefix=["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', hosts]) as wall:
        wait_linked(wall)


# ---- a part of a wall

def test_a_part_of_a_wall(engine, tmp_path):
    """A region that begins within a tile; what is beside it stays at home."""
    with linked(engine, short_folder(tmp_path, "a"), "offset = 17,9\nregion = 64x48", size="128x96") as a, \
            linked(engine, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        a.paint(scribble(1, 3000, 128, 96) + dot(16, 9, RED) + dot(17, 9, GREEN))
        b.painted(0, 0, GREEN)
        b.paint(dot(63, 47, BLUE))
        a.painted(17 + 63, 9 + 47, BLUE)
        picture = converged(engine, b)
        whole = a.picture()
        assert whole.crop((17, 9, 17 + 64, 9 + 48)).tobytes() == picture.bytes()
        assert whole.getpixel((16, 9)) == RED


# ---- controls: what makes walls converge is missing, and they must not

def without(folder, *changes):
    """The plugin, built from sources in which some text was replaced: where to find it."""
    source = os.path.join(str(folder), "changed", "link")
    shutil.copytree(os.path.join(SOURCE, "plugins/link"), source)
    for name, old, new in changes:
        path = os.path.join(source, name)
        with open(path) as f:
            text = f.read()
        assert old in text, "%s has no %r" % (name, old)
        with open(path, "w") as f:
            f.write(text.replace(old, new))
    target = short_folder(folder, "plugins")
    subprocess.run(
        ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-I" + os.path.dirname(source),
         "-I" + SOURCE, *glob.glob(source + "/*.c"), *pkg_config("--cflags", "murald", "libuv"),
         *pkg_config("--libs", "hiredis", "libzstd", "jansson"), "-o", target + "/link.so"], check=True, timeout=200)
    return "%s:%s" % (target, PLUGINS)


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_who_only_follows_sends_nothing(engine, tmp_path):
    """Also where it compares so slowly that entries are read meanwhile: they are no paint of this wall."""
    begins = "const struct picture *shared = &job->link->shared;\n"
    path = without(tmp_path, ("publish.c", begins, begins + "usleep(100000);\n"),  # as on a slow machine
                   ("publish.c", "#include <uv.h>", "#include <uv.h>\n#include <unistd.h>"))
    with walls(engine, tmp_path, 1) as (a,), linked(engine, short_folder(tmp_path, "slow"), plugin_path=path) as b:
        wait_linked(b)
        for turn in range(40):
            a.paint(scribble(turn, 100))
            wait_for("the entry", lambda turn=turn: len([1 for _, fields in entries(engine) if b"d" in fields]) > turn)
        converged(engine, a, b)
        assert len({fields[b"w"].split(b".")[0] for _, fields in entries(engine) if b"w" in fields}) == 1


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_paint_that_changes_nothing(engine, tmp_path):
    """The rate is also that of looking whether there is something to send."""
    begins = "take_damage(link);"
    path = without(tmp_path, ("publish.c", begins, begins + 'mural_log(link->host, MURAL_INFO, "it compares");'))
    begun = time.monotonic()
    with walls(engine, tmp_path, 1, "rate = 1", plugin_path=path) as (a,), a.tcp() as client:
        for _ in range(300):
            client.sendall(dot(1, 1, RED))
            a.painted(1, 1, RED)
        assert 1 <= a.log().count("it compares") <= time.monotonic() - begun + 2


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_control_without_what_is_in_flight(far, tmp_path):
    path = without(tmp_path, ("follow.c", "pixels.colours[i], is_landing", "pixels.colours[i], false"),
                   ("follow.c", "!flight_has(link, place)", "true"))
    assert take_back(far, tmp_path, plugin_path=path) == RED


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_control_without_looking_back(engine, tmp_path):
    path = without(tmp_path, ("follow.c", "link->has_asked && !has_same_last(link, state)", "false"),
                   ("follow.c", " && has_same_last(link, state)", ""),
                   ("follow.c", "link->is_wrong = true", "link->is_wrong = false"))
    with walls(engine, tmp_path, 2, plugin_path=path) as (a, b):
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)
        engine.ask("SAVE")
        a.paint(dot(2, 2, RED))
        b.painted(2, 2, RED)
        roll_back(engine)
        wait_for("all to be back", lambda: all(wall.log().count("linked by") == 2 for wall in (a, b)))
        with pytest.raises(AssertionError):
            converged(engine, a, b, seconds=3)
