# SPDX-License-Identifier: MIT
"""Several walls that show one picture, over a real engine."""
import contextlib
import random

import pytest

from linking import (Engine, converged, entries, fold, key, linked, short_folder, wait_linked)
from waiting import stays, wait_for
from wall import dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
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
