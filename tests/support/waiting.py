# SPDX-License-Identifier: MIT
"""How tests wait: until something is true, with a limit, and never for a fixed time; and what goes on meanwhile."""
import asyncio
import contextlib
import threading
import time


def wait_for(what, claim, seconds=30):
    """The first true answer of claim(), within a limit.  Looks half of the time at most: a look that takes
    long keeps busy what it waits for."""
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        answer = claim()
        if answer:
            return answer
        now = time.monotonic()
        assert now < end, "waited %d s for %s" % (seconds, what)
        time.sleep(min(max(0.01, now - began), 0.5))  # between two looks


async def until(what, claim, seconds=30):
    """wait_for(), while an asyncio loop goes on."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "waited %d s for %s" % (seconds, what)
        await asyncio.sleep(0.01)  # between two looks


def stays(what, claim, seconds):
    """For what must not happen, where nothing tells that it could have: watches for that long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert claim(), "no longer " + what
        time.sleep(0.01)  # between two looks


def settled(look, seconds=0.3, limit=30):
    """What look() returns once it has returned the same for that long."""
    end, seen, since = time.monotonic() + limit, look(), time.monotonic()
    while time.monotonic() - since < seconds:
        assert time.monotonic() < end, "it never settled"
        time.sleep(0.01)  # between two looks
        now = look()
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


@contextlib.contextmanager
def meanwhile(*works):
    """Each of these runs in a thread of its own, until the event that it is called with is set: at the end of the
    block, however that ends."""
    over = threading.Event()
    threads = [threading.Thread(target=work, args=(over,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def shortest(times, n):
    """In which of these n more came after one: a busy machine delays some, and makes a mean of all wrong."""
    return min((late - early for early, late in zip(times, times[n:])), default=float("inf"))
