# SPDX-License-Identifier: MIT
"""make soak-link: three linked walls, painted over and over, and faults at random.

    soak.py MINUTES [SEED]

After each fault the painters pause, and all walls must show what the log says.
"""
import collections
import contextlib
import random
import signal
import sys
import tempfile
import time

from linking import Engine, Refused, converged, entries, key, linked, short_folder, wait_linked
from wall import dot

WIDTH, HEIGHT = 96, 64


def scribble(rng, n):
    return b"".join(dot(rng.randrange(WIDTH), rng.randrange(HEIGHT), tuple(rng.randrange(256) for _ in range(3)))
                    for _ in range(n))


def paint(rng, walls, turns):
    """Through all walls that take it."""
    for _ in range(turns):
        for wall in walls:
            with contextlib.suppress(OSError):
                wall.paint(scribble(rng, rng.randrange(1, 400)))


# ---- the faults: each paints while something is wrong, and mends it

def kill_a_wall(rng, engine, walls):
    wall = rng.choice(walls)
    wall.kill()
    paint(rng, [w for w in walls if w is not wall], 3)
    wall.start().wait_ready()


def kill_the_engine(rng, engine, walls):
    engine.ask("SAVE")
    engine.kill()
    paint(rng, walls, 5)
    engine.start()


def roll_back_the_engine(rng, engine, walls):
    """To what it had when it saved last, some faults ago."""
    engine.kill()
    paint(rng, walls, 1)
    engine.start()


def lose_the_tail(rng, engine, walls):
    """Nobody paints any more."""
    engine.ask("SAVE")
    paint(rng, walls, 2)
    engine.kill()
    engine.start()


def empty_the_engine(rng, engine, walls):
    engine.ask("FLUSHALL")


def hang_the_engine(rng, engine, walls):
    engine.process.send_signal(signal.SIGSTOP)
    paint(rng, walls, rng.randrange(1, 30))
    engine.process.send_signal(signal.SIGCONT)


def hang_a_wall(rng, engine, walls):
    wall = rng.choice(walls)
    wall.process.send_signal(signal.SIGSTOP)
    paint(rng, [w for w in walls if w is not wall], rng.randrange(1, 30))
    wall.process.send_signal(signal.SIGCONT)


def break_connections(rng, engine, walls):
    for _ in range(rng.randrange(1, 8)):
        paint(rng, walls, 1)
        engine.ask("CLIENT", "KILL", "TYPE", "normal")


def fill_the_engine(rng, engine, walls):
    engine.ask("CONFIG", "SET", "maxmemory", "1")
    paint(rng, walls, 5)
    engine.ask("CONFIG", "SET", "maxmemory", "0")


def take_an_entry_away(rng, engine, walls):
    some = [at for at, fields in entries(engine) if b"d" in fields]
    if some:
        engine.ask("XDEL", key("mural", "log"), "%d-%d" % rng.choice(some[-3:]))


def lose_the_snapshot(rng, engine, walls):
    engine.ask("DEL", key("mural", "snap"))
    paint(rng, walls, 2)


def nothing(rng, engine, walls):
    paint(rng, walls, 5)


FAULTS = [kill_a_wall, kill_the_engine, roll_back_the_engine, lose_the_tail, empty_the_engine, hang_the_engine,
          hang_a_wall, break_connections, fill_the_engine, take_an_entry_away, lose_the_snapshot, nothing]


def settle(engine, walls):
    """A snapshot lost or an entry gone is found at the next look or check: until all is well."""
    with contextlib.suppress(Refused):
        wait_linked(*walls)
    return converged(engine, *walls, seconds=90)


def main():
    seconds = float(sys.argv[1]) * 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    rng, done = random.Random(seed), collections.Counter()
    print("%.4g minutes, seed %d" % (seconds / 60, seed), flush=True)
    with tempfile.TemporaryDirectory() as folder, Engine(folder) as engine, contextlib.ExitStack() as stack:
        walls = [stack.enter_context(linked(engine, short_folder(folder, name), "snapshot = 2s",
                                            size="%dx%d" % (WIDTH, HEIGHT))) for name in "abc"]
        wait_linked(*walls)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            fault = rng.choice(FAULTS)
            paint(rng, walls, 2)
            fault(rng, engine, walls)
            paint(rng, walls, rng.randrange(3))
            begun = time.monotonic()
            settle(engine, walls)
            done[fault.__name__] += 1
            print("%4d %-22s one picture after %.1f s" % (
                sum(done.values()), fault.__name__.replace("_", " "), time.monotonic() - begun), flush=True)
        with linked(engine, short_folder(folder, "late"), size="%dx%d" % (WIDTH, HEIGHT)) as late:
            settle(engine, [late, *walls])
    print("soak: all well: %s" % ", ".join("%d times %s" % (n, name.replace("_", " ")) for name, n in done.items()))


if __name__ == "__main__":
    main()
