# SPDX-License-Identifier: MIT
"""What muralctl paint reads: JPEG, GIF and WebP beside PNG, animations with their timing, and what
it refuses."""
import signal
import struct
import subprocess
import time
import zlib

import pytest
from PIL import Image

from peers import Pixelflut
from wall import MURALCTL, wait_for

NOWHERE = "pixelflut://127.0.0.1:1"
SAVED = {
    "jpg": {"quality": 100, "subsampling": 0},
    "gif": {},
    "webp": {"lossless": True},
}


def target(server):
    return "pixelflut://127.0.0.1:%d" % server.port


def shade(x, y):
    return x * 30, 40 + x * 20, 255 - x * 10


@pytest.fixture
def readable(muralctl, tmp_path):
    """Skips where this muralctl was built without the library for a kind of picture."""
    def check(kind):
        (tmp_path / "probe").write_bytes({"jpg": b"\xff\xd8\xff" + bytes(9), "gif": b"GIF89a" + bytes(9),
                                          "webp": b"RIFF" + bytes(4) + b"WEBP", "png": bytes(12)}[kind])
        said = muralctl("paint", tmp_path / "probe", NOWHERE).err
        if "was built without" in said:
            pytest.skip(said.split("without ")[1].split(",")[0])
    return check


@pytest.fixture
def whole(image, tmp_path, readable):
    """The bytes of a picture of a kind, 8x6 if nothing else is said."""
    def make(kind, w=8, h=6, mode="RGB"):
        readable(kind)
        path = image(shade if mode == "RGB" else lambda x, y: (*shade(x, y), 255 * (x % 2)), w, h, mode, "one.png")
        if kind == "png":
            return path.read_bytes()
        with Image.open(path) as picture:
            picture.save(tmp_path / ("one." + kind), **SAVED[kind])
        return (tmp_path / ("one." + kind)).read_bytes()
    return make


def animation(path, colours, ms, w=4, h=3):
    """Frames that differ in the first pixel only, in each of `colours`."""
    frames = []
    for colour in colours:
        frame = Image.new("RGB", (w, h), (9, 9, 9))
        frame.putpixel((0, 0), colour)
        frames.append(frame)
    more = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=ms, **more)
    return path


# ---------------------------------------------------------------- one picture

@pytest.mark.parametrize("kind", ["jpg", "gif", "webp"])
def test_each_kind_is_read(muralctl, whole, tmp_path, kind):
    (tmp_path / "named-otherwise").write_bytes(whole(kind))
    with Pixelflut() as server:
        assert muralctl("paint", tmp_path / "named-otherwise", target(server)).ok().number("painted") == 48
    assert len(server.pixels) == 48
    for (x, y), colour in server.pixels.items():
        # JPEG is lossy, also at its best
        assert all(abs(a - b) <= (6 if kind == "jpg" else 0) for a, b in zip(bytes.fromhex(colour), shade(x, y)))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_progressive_and_grey_jpeg(muralctl, readable, tmp_path, mode):
    readable("jpg")
    Image.new(mode, (9, 5), 0x50 if mode == "L" else (0x50,) * 3).save(tmp_path / "x.jpg", progressive=True)
    with Pixelflut() as server:
        muralctl("paint", tmp_path / "x.jpg", target(server)).ok()
    assert set(server.pixels.values()) == {"505050"} and len(server.pixels) == 45


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_what_is_transparent_is_left_out(muralctl, whole, tmp_path, kind):
    (tmp_path / "x").write_bytes(whole(kind, mode="RGBA"))
    with Pixelflut() as server:
        assert muralctl("paint", tmp_path / "x", target(server)).ok().number("painted") == 24
    assert {x % 2 for x, y in server.pixels} == {1}


def test_stdin(image):
    with Pixelflut() as server, open(image(shade), "rb") as picture:
        subprocess.run([MURALCTL, "paint", "-", target(server)], stdin=picture, check=True, timeout=120)
    assert len(server.pixels) == 48


# ---------------------------------------------------------------- animations

@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_is_played_once(muralctl, readable, tmp_path, kind):
    readable(kind)
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    path = animation(tmp_path / ("a." + kind), colours, 200)
    with Pixelflut() as server:
        start = time.monotonic()
        muralctl("paint", path, target(server)).ok()
        assert time.monotonic() - start >= 0.8  # each frame stays for its time, also the last
    seen = [colour for colour in server.colours_seen if colour != "090909"]
    wanted = ["%02x%02x%02x" % colour for colour in colours]
    # one that would come too late is left out, never the first and the last
    assert seen[0] == wanted[0] and seen[-1] == wanted[-1]
    assert [colour for colour in wanted if colour in seen] == seen
    # what stays the same is painted once
    assert len(server.colours_seen) == 4 * 3 - 1 + len(seen)


def test_an_animation_goes_on_in_a_loop(readable, tmp_path):
    readable("gif")
    path = animation(tmp_path / "a.gif", [(255, 0, 0), (0, 255, 0)], 20)
    with Pixelflut() as server:
        process = subprocess.Popen([MURALCTL, "paint", path, target(server), "--loop"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("three rounds", lambda: server.colours_seen.count("ff0000") >= 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == "", err
    assert server.colours_seen.count("00ff00") >= 2


def test_frames_of_gif_go_back_to_what_was_there(muralctl, tmp_path, readable):
    """Disposal 3 restores, 2 clears; a frame smaller than the picture has its place."""
    readable("gif")

    def frame(x, colour, disposal):
        """One pixel of a colour of the table."""
        return (struct.pack("<BBBBHBB", 0x21, 0xf9, 4, disposal << 2, 2, 0, 0) + b","
                + struct.pack("<HHHHB", x, 0, 1, 1, 0) + bytes([2, 2, 0x44 | colour << 3, 1, 0]))
    colours = bytes([1, 1, 1, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    (tmp_path / "x.gif").write_bytes(b"GIF89a" + struct.pack("<HHBBB", 3, 1, 0x81, 0, 0) + colours
                                     + frame(0, 1, 1) + frame(0, 2, 3) + frame(1, 3, 1) + b";")
    with Pixelflut() as server:
        muralctl("paint", tmp_path / "x.gif", target(server)).ok()
    assert server.pixels == {(0, 0): "ff0000", (1, 0): "0000ff"}


# ---------------------------------------------------------------- what is refused

def enlarged(kind, data):
    """The same with 30,000 x 30,000 in its head; WebP is an animation, whose head says so."""
    side = 30000
    if kind == "png":
        head = data[12:16] + struct.pack(">II", side, side) + data[24:29]
        return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]
    if kind == "gif":
        return data[:6] + struct.pack("<HH", side, side) + data[10:]
    if kind == "jpg":
        at = data.index(b"\xff\xc0") + 5
        return data[:at] + struct.pack(">HH", side, side) + data[at + 4:]
    at = data.index(b"VP8X") + 12
    return data[:at] + (side - 1).to_bytes(3, "little") * 2 + data[at + 6:]


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "webp"])
def test_too_large_and_truncated(muralctl, whole, tmp_path, kind):
    data = whole(kind, 64, 48)
    path = tmp_path / "bad"
    for bad in data[:len(data) * 3 // 4], data[:40], data[:7]:
        path.write_bytes(bad)
        muralctl("paint", path, NOWHERE).failed("it must be a whole")
    if kind == "webp":
        data = animation(tmp_path / "a.webp", [(255, 0, 0), (0, 255, 0)], 20).read_bytes()
    path.write_bytes(enlarged(kind, data))
    muralctl("paint", path, NOWHERE).failed("30000x30000 is too large")


def test_an_animated_bomb(muralctl, readable, tmp_path):
    """Frames of one pixel of a picture of 16 million: 2 KB that would be 3 GB."""
    readable("gif")
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + bytes([2, 2, 0x4c, 1, 0])
    path = tmp_path / "bomb.gif"
    path.write_bytes(b"GIF89a" + struct.pack("<HHBBB", 4000, 4000, 0x80, 0, 0) + bytes(6) + frame * 50 + b";")
    muralctl("paint", path, NOWHERE).failed("so many frames is too large")
    path.write_bytes(b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame * 10001 + b";")
    muralctl("paint", path, NOWHERE).failed("so many frames is too large")


def test_a_stream_without_an_end(muralctl):
    muralctl("paint", "/dev/zero", NOWHERE).failed("it must be a whole")


@pytest.mark.parametrize("kind", ["jpg", "gif", "webp"])
def test_damaged(muralctl, whole, damaged, tmp_path, kind):
    good = whole(kind, 64, 48)
    for _ in range(15):
        (tmp_path / "bad").write_bytes(damaged(good))
        assert muralctl("paint", tmp_path / "bad", NOWHERE).status == 1
