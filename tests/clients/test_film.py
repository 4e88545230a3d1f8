# SPDX-License-Identifier: MIT
"""muralctl film: what was recorded of a wall as a video, from the wall and from its recording."""
import io
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from PIL import Image

from wall import MURALCTL, Wall, has_plugin, wait_for

WIDTH, HEIGHT = 1920, 1080
COLOURS = [(250, 10, 20), (10, 240, 30), (20, 30, 230)]


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    if not has_plugin("http"):
        pytest.skip("this build has no plugin http: see what configure said is missing")
    folder = tmp_path_factory.mktemp("film")
    with Wall(folder, "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n"
              "[plugin pixelflut]\nlisten = 127.0.0.1:0\n" % folder, size="64x48",
              core="[record]\nfile = %s/record\ninterval = 50ms\n" % folder) as started:
        for colour in COLOURS:
            started.paint(b"".join(b"PX %d %d %02x%02x%02x\n" % (x, y, *colour)
                                   for x in range(64) for y in range(48)), "pixelflut")
            wait_for("all of it to be recorded", lambda: recorded(started) == [(64 * 48, colour)])
        yield started


def target(wall):
    return "http://127.0.0.1:%d" % wall.port("http")


def recorded(wall):
    """How often each colour is in the last moment of the recording; None: there is none yet."""
    try:
        with urllib.request.urlopen(target(wall) + "/history?at=%d" % time.time(), timeout=30) as answer:
            return Image.open(io.BytesIO(answer.read())).convert("RGB").getcolors()
    except urllib.error.HTTPError:
        return None


class Video:
    """A YUV4MPEG2 stream; its frames one after the other."""
    def __init__(self, stream):
        self.stream = stream
        self.head = stream.readline()

    def frames(self):
        while self.stream.readline() == b"FRAME\n":
            frame = self.stream.read(WIDTH * HEIGHT * 3 // 2)
            assert len(frame) == WIDTH * HEIGHT * 3 // 2
            yield frame


def colour_at(frame, x, y):
    """Red, green, blue of a pixel."""
    chroma = WIDTH * HEIGHT + y // 2 * (WIDTH // 2) + x // 2
    luma = (frame[y * WIDTH + x] - 16) * 255 / 219
    u, v = ((frame[at] - 128) * 255 / 224 for at in (chroma, chroma + WIDTH * HEIGHT // 4))
    return luma + 1.5748 * v, luma - 0.1873 * u - 0.4681 * v, luma + 1.8556 * u


def is_colour(frame, colour):
    return all(abs(one - other) < 6 for one, other in zip(colour_at(frame, WIDTH // 2, HEIGHT // 2), colour))


def seen_in(stream):
    """Head, number of frames, and which of the colours came in which order."""
    video, seen, n = Video(stream), [], 0
    for n, frame in enumerate(video.frames(), 1):
        now = [colour for colour in COLOURS if is_colour(frame, colour)]
        seen += [colour for colour in now if seen[-1:] != [colour]]
        # the wall is 22 times as large, 256 pixels wide stay black on each side, and a clock is there
        assert all(abs(part) < 3 for part in colour_at(frame, 200, 500))
        assert frame[1045 * WIDTH + 1400:1045 * WIDTH + 1910].count(235) > 10
    return video.head, n, seen


def stream_of(source):
    process = subprocess.Popen([MURALCTL, "film", source, "-", "--seconds", "1"], stdout=subprocess.PIPE)
    with process:
        return (*seen_in(process.stdout), process.wait(120))


@pytest.mark.parametrize("from_file", [False, True], ids=["wall", "recording"])
def test_a_film_into_a_pipe(wall, from_file):
    source = str(wall.folder) + "/record" if from_file else target(wall)
    head, n, seen, status = stream_of(source)
    assert head == b"YUV4MPEG2 W1920 H1080 F60:1 Ip A1:1 C420jpeg\n"
    assert n == 60 and seen == COLOURS and status == 0


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_video(wall, muralctl, tmp_path, kind):
    for program in ("ffmpeg", "ffprobe"):
        if not shutil.which(program):
            pytest.skip(program + " is missing: apt-get install ffmpeg")
    if kind == "webm" and "MURALD_LONG" not in os.environ:
        pytest.skip("encodes for long; with MURALD_LONG=1")
    out = tmp_path / ("-film." + kind)
    muralctl("film", target(wall), out, "--seconds", 1).ok()
    said = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(out)], check=True,
        capture_output=True).stdout)["streams"][0]
    assert (said["width"], said["height"], said["r_frame_rate"]) == (WIDTH, HEIGHT, "60/1")
    assert int(said["nb_read_frames"]) == 60 and said["pix_fmt"] == "yuv420p"
    # and the colours are the wall's
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", str(out), "-vf", "scale=2:2:flags=area", "-pix_fmt", "rgb24",
                              "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    assert len(decoded) == 60 * 12


def test_what_cannot_be_a_film(wall, muralctl, tmp_path):
    out = tmp_path / "out.y4m"
    muralctl("film", target(wall), tmp_path / "out.avi").failed("ends in .mp4, .webm or .y4m")
    muralctl("film", "pixelflut://127.0.0.1:1", out).failed("only http:// has a film")
    muralctl("film", tmp_path / "nothing", out).failed("cannot be read: No such file")
    muralctl("film", target(wall) + "/nowhere", out).failed("status 404")
    muralctl("film", target(wall), tmp_path / "no" / "out.y4m", "--seconds", 1).failed("cannot be written")
    assert not out.exists()
    # without ffmpeg, nothing is left
    said = subprocess.run([MURALCTL, "film", target(wall), str(tmp_path / "a.mp4")], capture_output=True,
                          text=True, env={"PATH": "/nowhere"})
    assert said.returncode == 1 and "apt-get install ffmpeg" in said.stderr
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_reader_that_goes_away(wall):
    with subprocess.Popen([MURALCTL, "film", target(wall), "-"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"YUV4MPEG2")
        process.stdout.close()
        assert b"cannot be written: Broken pipe" in process.stderr.read()
        assert process.wait(60) == 1
