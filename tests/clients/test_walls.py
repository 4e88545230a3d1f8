# SPDX-License-Identifier: MIT
"""muralctl to murald's own plugins over TCP."""
import time

import pytest
from PIL import Image

from wall import Wall, has_plugin


def mixed(x, y):
    return x * 3 % 256, y * 4 % 256, 255 - x


def wall_of(folder, plugin, options):
    if not has_plugin(plugin):
        pytest.skip("this build has no plugin %s: see what configure said is missing" % plugin)
    return Wall(folder, "[plugin %s]\nlisten = 127.0.0.1:0\n%s" % (plugin, options))


# ---------------------------------------------------------------- Pixelflut

def test_pixelflut_all_verbs(muralctl, image, tmp_path):
    with wall_of(tmp_path, "pixelflut", "") as wall:
        target = "pixelflut://127.0.0.1:%d" % wall.port("pixelflut")
        assert muralctl("size", target).ok().out == "64x48\n"
        result = muralctl("paint", image(mixed, 70, 60), target, "--at", "4,2", "--order", "random").ok()
        assert result.number("painted") == 60 * 46
        muralctl("grab", target, tmp_path / "out.png").ok()
        picture = wall.picture()
        assert all(picture.getpixel((4 + x, 2 + y)) == mixed(x, y) for x in range(60) for y in range(46))
        with Image.open(tmp_path / "out.png") as out:
            assert list(out.getdata()) == list(picture.getdata())


def test_pixelflut_over_a_socket_of_the_machine(muralctl, image, tmp_path):
    path = tmp_path / "wall.sock"
    muralctl("size", "unix:%s" % path).failed("wall.sock: No such file or directory; is the server running?")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = unix:%s\n" % path) as wall:
        assert muralctl("size", "unix:%s" % path).ok().out == "64x48\n"
        muralctl("paint", image(mixed, 64, 48), "unix:%s" % path, "--connections", 2).ok()
        picture = wall.picture()
        assert all(picture.getpixel((x, y)) == mixed(x, y) for x in range(64) for y in range(48))


def test_pixelflut_load(muralctl, tmp_path):
    with wall_of(tmp_path, "pixelflut", "") as wall:
        result = muralctl("load", "pixelflut://127.0.0.1:%d" % wall.port("pixelflut"), "--connections", 4,
                          "--seconds", 1).ok()
        assert result.number("sent") == result.number("painted") > 10000
        assert "verified  256 of 256 pixels" in result.out
        # Painted all over, not only where the load looks.
        assert len(set(wall.picture().getdata())) > 3000


def test_pixelflut_rejects_connections_beyond_the_limit(muralctl, tmp_path):
    with wall_of(tmp_path, "pixelflut", "connections-per-source = 2\n") as wall:
        muralctl("load", "pixelflut://127.0.0.1:%d" % wall.port("pixelflut"), "--connections", 4, "--seconds",
                 1).failed("2 of 4 connections failed", "closed the connection")


# ---------------------------------------------------------------- the web page's server

def test_http_grabs_the_canvas(muralctl, image, tmp_path):
    """Not only the board's cells."""
    if not (has_plugin("http") and has_plugin("pixelflut")):
        pytest.skip("this build has no plugin http: see what configure said is missing")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n[plugin http]\nlisten = 127.0.0.1:0\n"
              "board = 8x6\n") as wall:
        muralctl("paint", image(mixed, 64, 48), "pixelflut://127.0.0.1:%d" % wall.port("pixelflut")).ok()
        muralctl("grab", "http://127.0.0.1:%d" % wall.port("http"), tmp_path / "out.png").ok()
        with Image.open(tmp_path / "out.png") as out:
            assert out.size == (64, 48) and list(out.getdata()) == list(wall.picture().getdata())
            assert out.getpixel((60, 40)) == mixed(60, 40)


# ---------------------------------------------------------------- p2

def p2_wall(folder, options=""):
    users = folder / "users"
    users.write_text("py1 = static:1234\nu1 = static:7\nu2 = static:7\n")
    return wall_of(folder, "p2", "websocket =\nusers = %s\n%s" % (users, options))


def test_p2_all_verbs(muralctl, image, tmp_path):
    with p2_wall(tmp_path) as wall:
        target = "p2://py1:1234@127.0.0.1:%d" % wall.port("p2")
        assert muralctl("size", target).ok().out == "64x48\n"
        # 0,0 is the middle.
        muralctl("paint", image(mixed, 16, 8), target, "--at", "-16,-8").ok()
        muralctl("paint", image(mixed, 16, 8, name="other.png"), target, "--origin", "32,24", "--at", "40,30").ok()
        muralctl("grab", target, tmp_path / "out.png").ok()
        picture = wall.picture()
        for left, top in (16, 16), (40, 30):
            for x in range(16):
                for y in range(8):
                    assert picture.getpixel((left + x, top + y)) == tuple(
                        c >> 3 << 3 | c >> 5 for c in mixed(x, y))
        with Image.open(tmp_path / "out.png") as out:
            assert list(out.getdata()) == list(picture.getdata())


def test_p2_paints_everything_in_spite_of_the_limit(muralctl, image, tmp_path):
    with p2_wall(tmp_path, "put-rate = 300\nput-burst = 100\n") as wall:
        target = "p2://py1:1234@127.0.0.1:%d" % wall.port("p2")
        result = muralctl("paint", image(mixed, 32, 24), target, "--rate", "3000").ok()
        assert result.number("sent") > 32 * 24 and "do not show" not in result.out
        assert wall.picture().getpixel((32 + 31, 24 + 23)) == tuple(c >> 3 << 3 | c >> 5 for c in mixed(31, 23))


def test_p2_load_counts_what_the_limit_lets_through(muralctl, tmp_path):
    with p2_wall(tmp_path, "put-rate = 500\nput-burst = 100\n") as wall:
        begun = time.monotonic()
        result = muralctl("load", "p2://u%%:7@127.0.0.1:%d" % wall.port("p2"), "--connections", 2, "--seconds",
                          2, "--size", "64x48", "--origin", "32,24").ok()
        # Two users, 2 s or somewhat more at 500 a second, and 100 at once before.
        most = 2 * (100 + 500 * (time.monotonic() - begun))
        assert 600 < result.number("painted") <= most < result.number("sent")


def test_p2_rejects(muralctl, tmp_path):
    with p2_wall(tmp_path) as wall:
        muralctl("size", "p2://py1:4321@127.0.0.1:%d" % wall.port("p2")).failed("one-time password right")
