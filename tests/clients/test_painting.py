# SPDX-License-Identifier: MIT
"""How muralctl paints: larger and smaller, one colour, over several connections, and on after a
connection was lost; and a grab to standard output."""
import io
import signal
import subprocess

import pytest
from PIL import Image

from peers import Pixelflut
from wall import MURALCTL, wait_for


def target(server):
    return "pixelflut://127.0.0.1:%d" % server.port


def shade(x, y):
    return x * 30, 40 + y * 20, 255 - x * 10


def hexes(x, y):
    return "%02x%02x%02x" % shade(x, y)


# ---------------------------------------------------------------- larger and smaller

@pytest.mark.parametrize("option", [("--scale", "2"), ("--fit", "16x100"), ("--fit", "100x12")])
def test_twice_as_large_is_crisp(muralctl, image, option):
    with Pixelflut() as server:
        assert muralctl("paint", image(shade), target(server), *option).ok().number("painted") == 16 * 12
    assert server.pixels == {(x, y): hexes(x // 2, y // 2) for x in range(16) for y in range(12)}


def test_smaller_is_the_mean(muralctl, image):
    """Three columns into two: a third of the pixel in the middle is on each side."""
    path = image(lambda x, y: ((90, 0, 0), (0, 90, 0), (0, 0, 90))[x], w=3, h=3)
    with Pixelflut() as server:
        muralctl("paint", path, target(server), "--fit", "2x9").ok()
    assert server.pixels == {(x, y): ("3c1e00", "001e3c")[x] for x in range(2) for y in range(2)}


def test_what_is_transparent_has_no_colour(muralctl, image):
    """A transparent red pixel beside an opaque blue one makes half of a blue one."""
    path = image(lambda x, y: ((255, 0, 0, 0), (0, 0, 255, 255))[x % 2], w=4, h=2, mode="RGBA")
    with Pixelflut() as server:
        muralctl("paint", path, target(server), "--scale", "0.5").ok()
    assert server.colours_seen == ["0000ff80", "0000ff80"]


@pytest.mark.parametrize("words, said, status", [
    (["--fit", "9"], "--fit 9: write WxH", 2),
    (["--fit", "0x5"], "--fit 0x5: write WxH", 2),
    (["--scale", "0"], "--scale 0: write a factor", 2),
    (["--scale", "nan"], "--scale nan: write a factor", 2),
    (["--scale", "2x"], "--scale 2x: write a factor", 2),
    (["--scale", "1000", "--fit", "65536x65536"], "is too large", 1),
])
def test_sizes_that_are_refused(muralctl, image, words, said, status):
    muralctl("paint", image(shade, 40, 30), "pixelflut://127.0.0.1:1", *words).failed(said, status=status)


# ---------------------------------------------------------------- text

def written(muralctl, *words, size=(400, 200)):
    """How opaque each pixel is that it paints, over black; and the words of the command."""
    with Pixelflut(width=size[0], height=size[1]) as server:
        result = muralctl("text", *words[:1], target(server), *words[1:])
        if "built without" in result.err:
            pytest.skip(result.err.strip())
        result.ok()
    picture = Image.new("L", size)
    for at, colour in server.pixels.items():
        assert colour[:6] == "ff8000", "one colour, its edges translucent"
        picture.putpixel(at, int(colour[6:] or "ff", 16))
    return picture


def test_text_is_as_high_as_was_asked(muralctl):
    picture = written(muralctl, "HEH", "--height", "30", "--colour", "ff8000", "--at", "7,11")
    left, top, right, bottom = picture.point(lambda a: 255 * (a > 127)).getbbox()
    assert 7 <= left <= 12 and right - left > 60 and 29 <= bottom - top <= 31
    assert picture.getpixel((left, 11 + 30)) == 255
    smaller = written(muralctl, "HEH", "--colour", "#ff8000").getbbox()
    assert 22 <= smaller[3] - smaller[1] <= 26


def test_text_has_lines_and_directions(muralctl):
    one = written(muralctl, "Wall", "--colour", "ff8000").getbbox()
    two = written(muralctl, "Wall\nWall", "--colour", "ff8000").getbbox()
    assert two[:3] == one[:3] and two[3] > one[3] + 30
    hebrew = written(muralctl, "\u05e9\u05dc", "--colour", "ff8000")
    other = written(muralctl, "\u05dc\u05e9", "--colour", "ff8000")
    assert hebrew.getbbox() and hebrew.tobytes() != other.tobytes()


def test_texts_that_are_refused(muralctl):
    with Pixelflut() as server:
        for text, said in (("", "the text is empty"), (" \n", "the text is empty"), ("\udcff", "not UTF-8"),
                           ("x" * 257, "longer than 256 characters"), ("\U0010fffd", "has the character U+10FFFD")):
            result = muralctl("text", text, target(server))
            if "built without" in result.err:
                pytest.skip(result.err.strip())
            result.failed(said)
        muralctl("text", "W" * 200, target(server), "--height", "10000").failed("pixels large")
        muralctl("text", "a", target(server), "--colour", "red").failed("red is not a colour")
        muralctl("text", "a", target(server), "--height", "0").failed("write a whole number", status=2)
    assert server.pixels == {}


# ---------------------------------------------------------------- one colour

def test_fill_the_wall_and_a_part_of_it(muralctl):
    with Pixelflut(width=20, height=10) as server:
        assert muralctl("fill", "#FF8800", target(server)).ok().number("painted") == 200
        assert server.pixels == {(x, y): "ff8800" for x in range(20) for y in range(10)}
        muralctl("fill", "0000ff", target(server), "--at", "18,8").ok()
        muralctl("fill", "00ff00", target(server), "--at", "-1,3", "--fit", "3x2").ok()
    painted = {at: colour for at, colour in server.pixels.items() if colour != "ff8800"}
    assert painted == {**{(x, y): "0000ff" for x in (18, 19) for y in (8, 9)},
                       **{(x, y): "00ff00" for x in (0, 1) for y in (3, 4)}}


def test_fill_translucently(muralctl):
    with Pixelflut() as server:
        muralctl("fill", "ff000080", target(server), "--fit", "1x1").ok()
    assert server.colours_seen == ["ff000080"]


def test_fills_that_are_refused(muralctl):
    with Pixelflut() as server:
        muralctl("fill", "orange", target(server)).failed("orange is not a colour: write rrggbb")
        muralctl("fill", "ff880", target(server)).failed("is not a colour")
        muralctl("fill", "ff8800", target(server), "--at", "40,0").failed("outside the wall of 40x30")
    muralctl("fill", "ff8800").failed("write muralctl fill COLOUR TARGET", status=2)
    assert server.pixels == {}


# ---------------------------------------------------------------- connections

def test_several_connections_share_the_pixels(muralctl, image):
    with Pixelflut() as server:
        result = muralctl("paint", image(shade), target(server), "--connections", 5, "--order", "random").ok()
        assert result.number("painted") == 48
    assert server.connections == 5
    assert sorted(server.colours_seen) == sorted(hexes(x, y) for x in range(8) for y in range(6))
    assert server.pixels == {(x, y): hexes(x, y) for x in range(8) for y in range(6)}


def test_more_connections_than_pixels(muralctl, image):
    with Pixelflut() as server:
        muralctl("paint", image(shade, 2, 1), target(server), "--connections", 4).ok()
    assert server.pixels == {(x, 0): hexes(x, 0) for x in range(2)}


def test_each_connection_needs_a_user(muralctl, image):
    muralctl("paint", image(shade), "p2://u:123456@127.0.0.1:1", "--connections", 2).failed("write % into the name")


class Dropping(Pixelflut):
    """Ends its first connections after the first pixels, and refuses none."""

    def __init__(self, drops):
        super().__init__()
        self.drops = drops

    def serve(self, client):
        if self.connections < self.drops:
            self.connections += 1
            client.sendall(b"SIZE 40 30\n")
            while b"PX" not in client.recv(65536):
                pass
            return
        super().serve(client)


@pytest.mark.parametrize("connections", [1, 3])
def test_a_loop_connects_again(image, connections):
    with Dropping(connections) as server:
        process = subprocess.Popen([MURALCTL, "paint", image(shade), target(server), "--loop", "--connections",
                                    str(connections)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("all of the picture", lambda: len(server.pixels) == 48)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err.count("trying again in 1 s") == connections and err.count("closed the connection") == connections, err
    assert server.pixels == {(x, y): hexes(x, y) for x in range(8) for y in range(6)}


def test_without_a_loop_it_ends(muralctl, image):
    with Dropping(1) as server:
        muralctl("paint", image(shade), target(server)).failed("closed the connection")


def test_a_loop_needs_a_server_at_first(muralctl, image):
    muralctl("paint", image(shade), "pixelflut://127.0.0.1:1", "--loop").failed("nobody listens there")


# ---------------------------------------------------------------- standard output

def test_a_picture_to_standard_output(muralctl, image):
    with Pixelflut() as server:
        muralctl("paint", image(shade), target(server)).ok()
        done = subprocess.run([MURALCTL, "grab", target(server), "-"], stdout=subprocess.PIPE, check=True, timeout=120)
    with Image.open(io.BytesIO(done.stdout)) as out:
        assert out.size == (40, 30) and out.getpixel((7, 5)) == shade(7, 5)


def test_standard_output_that_is_full(muralctl):
    with Pixelflut() as server, open("/dev/full", "wb") as full:
        done = subprocess.run([MURALCTL, "grab", target(server), "-"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=120)
    assert done.returncode == 1 and "cannot be written to stdout: No space" in done.stderr
