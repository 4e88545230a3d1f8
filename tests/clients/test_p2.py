# SPDX-License-Identifier: MIT
"""muralctl at p2: paint, load, size, grab, and what a server refuses."""
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from peers import P2
from targets import mixed, p2_target


@pytest.mark.parametrize("snapshot", [True, False])
def test_p2_paint(muralctl, image, snapshot):
    with P2(snapshot=snapshot) as server:
        result = muralctl("paint", image(mixed), p2_target(server), "--at", "-5,-4").ok()
        assert result.number("painted") == server.puts >= 48
        for x in range(8):
            for y in range(6):
                assert server.rgb(x - 5, y - 4) == tuple(c >> 3 for c in mixed(x, y))
        if snapshot:
            puts = server.puts  # 48, or more if its answers were late
            result = muralctl("paint", image(mixed), p2_target(server), "--at", "-5,-4").ok()
            assert "48 pixels had that colour already" in result.out and server.puts == puts


def test_p2_paints_what_was_dropped_again(muralctl, image):
    with P2(drop=5, snapshot=False) as server:
        muralctl("paint", image(mixed), p2_target(server)).ok()
        assert len(server.pixels) == 48 < server.puts


def test_p2_size_grab_origin(muralctl, image, tmp_path):
    with P2(width=300, height=20) as server:
        assert muralctl("size", p2_target(server)).ok().out == "300x20\n"
        muralctl("paint", image(lambda x, y: (255, 132, 0)), p2_target(server), "--origin", "150,10").ok()
        assert min(server.pixels) == (-150, -10)
        muralctl("grab", p2_target(server), tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (300, 20)
        assert out.getpixel((0, 0)) == out.getpixel((7, 5)) == (255, 132, 0) and out.getpixel((8, 5)) == (0, 0, 0)


def test_p2_size_and_grab_while_others_paint_or_the_line_stalls(muralctl, tmp_path):
    """Without a first picture the changes of others do not give a size.  All at once, since each waits."""
    start = time.monotonic()
    with P2(busy=True) as busy, P2(stall=0.5) as bad, P2(snapshot=False, busy=True) as silent, \
            ThreadPoolExecutor() as aside:
        for server in busy, bad:
            server.pixels = {(x, y): b"\xbf\x40" for x in range(-16, 16) for y in range(-10, 10)}
        sizes = [aside.submit(muralctl, "size", p2_target(server)) for server in (busy, bad, silent)]
        grabs = [aside.submit(muralctl, "grab", p2_target(server), tmp_path / name)
                 for server, name in ((busy, "busy.png"), (bad, "bad.png"))]
        assert sizes[0].result().ok().out == sizes[1].result().ok().out == "32x20\n"
        sizes[2].result().failed("does not tell its size")
        for grab in grabs:
            grab.result().ok()
    assert time.monotonic() - start < 40
    for name in "busy.png", "bad.png":
        with Image.open(tmp_path / name) as out:
            assert {out.getpixel((x, y)) for x in range(1, 31) for y in range(1, 19)} == {(255, 255, 255)}


def test_p2_says_no(muralctl, image, tmp_path):
    with P2(snapshot=False) as server:
        path = image(mixed)
        muralctl("paint", path, p2_target(server, otp="9999")).failed(
            "closed the connection", "one-time password right")
        result = muralctl("paint", path, p2_target(server), "--at", "14,0")
        assert result.status == 0 and re.search("36 pixels do not show.*painted over$", result.out, re.M)
        result = muralctl("paint", path, p2_target(server), "--at", "14,0", "--rate", 0)
        assert result.status == 0 and "36 pixels do not show" in result.out and "lower --rate" in result.out
        muralctl("paint", path, p2_target(server), "--at", "100,0").failed("shows nothing of it")
        muralctl("size", p2_target(server)).failed("does not tell its size")
        muralctl("grab", p2_target(server), tmp_path / "o.png", "--size", "8x6").failed("sends changes only")
        muralctl("load", p2_target(server), "--connections", 2).failed("write % into the name")
        assert "9999" not in muralctl("size", p2_target(server, otp="9999")).err


@pytest.mark.parametrize("snapshot", [True, False])
def test_p2_load(muralctl, snapshot):
    """Half of the time is for painting, even if no first picture comes."""
    users = {b"u1": "00000007", b"u2": "00000007"}
    with P2(users=users, width=200, height=200, snapshot=snapshot) as server:
        result = muralctl("load", p2_target(server, "u%", "7"), "--connections", 2, "--seconds", 1, "--rate", 2000).ok()
        # A server that is behind when the time is over does not get to the rest.
        assert 10 < result.number("painted") <= server.puts <= result.number("sent")
        assert "came back as Updates" in result.out
