# SPDX-License-Identifier: MIT
"""Linked walls whose engine is killed, emptied, full or wrong about the time."""
import contextlib
import functools
import os
import random
import re
import signal
import subprocess
import time

import pytest

from linking import (Engine, converged, entries, fold, id_of, key, linked, payload, read_payload, roll_back, scribble,
                     short_folder, wait_linked, walls)
from sanitizer import SANITIZED
from waiting import meanwhile, wait_for
from wall import dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")
RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture(name="kept")
def engine_that_keeps_its_data(tmp_path):
    with Engine(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as engine:
        yield engine


@contextlib.contextmanager
def scribbling(some, n):
    """Painting of so many dots by a client of each wall, others each turn."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(wall.tcp()) for wall in some]

        def paint(turn):
            for i, client in enumerate(clients):
                client.sendall(scribble(turn * len(clients) + i, n))
        yield paint


def test_the_engine_is_killed(kept, tmp_path):
    with walls(kept, tmp_path, 3) as some:
        with scribbling(some, 100) as paint:
            for turn in range(6):
                paint(turn)
                if turn == 2:
                    kept.kill()
                    wait_for("all to know", lambda: all("goes on alone" in wall.log() for wall in some))
                if turn == 4:
                    kept.start()
        converged(kept, *some)


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


def sees_last_entry(engine, folder):
    """Whether a wall shows what it was sent right before the engine ended."""
    os.makedirs(folder)
    with walls(engine, folder, 1) as (wall,):
        def waits():
            wall.process.send_signal(signal.SIGSTOP)
            if b"blocked_clients:1\r" in engine.ask("INFO", "clients"):
                return True
            wall.process.send_signal(signal.SIGCONT)
            return False
        wait_for("the wall to wait for an entry", waits)
        engine.ask("XADD", key("mural", "log"), "*", "w", "somebody.1", "d", payload({(3, 4): RED}, 64, 48))
        engine.kill()
        wall.process.send_signal(signal.SIGCONT)
        wait_for("the wall to be alone", lambda: "goes on alone" in wall.log())
        return wall.picture().getpixel((3, 4)) == RED


def test_what_the_engine_said_last(engine, tmp_path):
    """It arrives together with the end of the connection, and is read before that, unless the end of another connection
    comes first: then the wall asks again once it is linked."""
    for turn in range(4):
        if sees_last_entry(engine, tmp_path / str(turn)):
            return
        engine.start()
    pytest.fail("it was never read")


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


def flood_all_over(client, width, height, over):
    """A dot in each tile, in colours that seldom come again."""
    floods = [b"".join(dot(x, y, (255, 4 * i, 0)) for y in range(0, height, 32) for x in range(0, width, 32))
              for i in range(61)]
    while not over.is_set():
        for flood in floods:
            client.sendall(flood)


def test_all_of_a_large_wall_is_sent_in_turn(engine, tmp_path):
    """Also where more is painted all the time than is sent at once: no part waits for the others to be quiet."""
    width, height = 1024, 2048

    def sent():
        """Tiles of the upper half, and of the lower one."""
        pixels = [read_payload(fields[b"d"], width, height) for _, fields in entries(engine) if b"d" in fields]
        return [sum((y >= height / 2) == lower for some in pixels for _, y in some) for lower in (False, True)]
    with walls(engine, tmp_path, 1, "rate = 60\nsnapshot = 1h", size="%dx%d" % (width, height)) as (a,), \
            a.tcp() as client:
        with meanwhile(functools.partial(flood_all_over, client, width, height)):
            wait_for("ten batches", lambda: sum(sent()) >= 10240, 60)
        assert min(sent()) > max(sent()) / 3


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
        with scribbling(some, 200) as paint:
            for turn in range(12):
                paint(turn)
                engine.ask("CLIENT", "KILL", "TYPE", "normal")
                wait_linked(*some)
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
