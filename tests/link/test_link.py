# SPDX-License-Identifier: MIT
"""Several walls that show one picture, or parts of it, over a real engine."""
import os

import pytest

from linking import (Engine, converged, differ, entries, fold, linked, read_payload, scribble, section, short_folder,
                     wait_linked, walls)
from waiting import stays, wait_for
from wall import dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


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


# ---- walls of different sizes, and windows of a larger picture

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
    assert "is not the name of a wall" in wall.log()


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
