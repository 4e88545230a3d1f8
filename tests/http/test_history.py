# SPDX-License-Identifier: MIT
"""/history and the timelapse of the wall against a whole murald, also after kill -9."""
import contextlib
import functools
import io
import json
import os
import resource
import signal
import time
import urllib.error
import urllib.request

import pytest
from PIL import Image

import livedoc
from control import Operator, control
from procfs import memory_kib
from sanitizer import SANITIZED
from waiting import meanwhile
from wall import Wall, wait_for

SIZE = (96, 64)


def recording_wall(folder, record=True, size=SIZE, more=""):
    core = more + ("[record]\nfile = %s/record\ninterval = 50ms\n" % folder if record else "")
    return Wall(folder, "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n"
                "[plugin pixelflut]\nlisten = 127.0.0.1:0\n" % folder,
                size="%dx%d" % size, core=core)


def get(wall, path):
    with urllib.request.urlopen("http://127.0.0.1:%d/%s" % (wall.port("http"), path),
                                timeout=20) as answer:
        return answer.read()


def error(wall, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(wall, path)
    return refused.value.code, json.loads(refused.value.read())["error"]


def picture(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def fill(wall, client, colour, size=SIZE):
    """Paints everything and waits until it is recorded; the time of that."""
    client.sendall(b"".join(b"PX %d %d %02x%02x%02x\n" % (x, y, *colour)
                            for x in range(size[0]) for y in range(size[1])))

    def recorded():
        at = time.time()
        last = picture_at(wall, at)  # before the first record that one
        first = json.loads(get(wall, "history"))["first"]
        return (last and last.getextrema() == tuple((part, part) for part in colour)
                and first and first <= at and at)
    return wait_for("a record", recorded)


def picture_at(wall, at):
    try:
        return picture(get(wall, "history?at=%.3f" % at))
    except urllib.error.HTTPError:
        return None


COLOURS = [(0, 0, 51), (255, 42, 0), (51, 85, 102), (204, 255, 255), (102, 0, 0)]


def test_the_picture_of_each_moment(tmp_path):
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        times = [fill(wall, client, colour) for colour in COLOURS]
        for at, colour in zip(times, COLOURS):
            assert picture_at(wall, at).getpixel((50, 40)) == colour
        bars = json.loads(get(wall, "history?bars=100"))
        assert len(bars["bars"]) == 100 and bars["first"] < bars["last"] and bars["moments"] > 1
        assert sum(bars["bars"]) == json.loads(get(wall, "history?bars=1"))["bars"][0] > 0
        assert picture_at(wall, 0).size == SIZE
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        assert picture(get(wall, "history?at=" + stamp)).getpixel((1, 1)) == COLOURS[-1]


@contextlib.contextmanager
def scribbling(wall):
    """Paints all over the wall, in other colours each time, as long as the block runs."""
    def scribble(number, over):
        with wall.tcp("pixelflut") as client:
            while not over.is_set():
                row = os.urandom(3).hex().encode()
                client.sendall(b"".join(b"PX %d %d %s\n" % (x, y, row)
                                        for y in range(number, SIZE[1], 3) for x in range(SIZE[0])))
    with meanwhile(*(functools.partial(scribble, number) for number in range(3))):
        yield


def test_no_moment_shows_paint_on_what_was_frozen(tmp_path):
    def moments():
        return json.loads(get(wall, "history?bars=1"))["moments"]

    def part(at):
        return picture_at(wall, at).crop((20, 10, 52, 42))

    with recording_wall(tmp_path, more=control(tmp_path)) as wall, Operator(wall) as operator, scribbling(wall):
        wait_for("a recording", lambda: moments() > 2)
        operator.done("freeze", rect="32x32+20+10")
        begin = time.time()
        there = moments()
        wait_for("more of it", lambda: moments() > there + 5)
        end = time.time()
        operator.done("thaw", rect="32x32+20+10")
        wait_for("the part to change", lambda: part(time.time()).tobytes() != part(end).tobytes())
        # the first may be a moment of before; one that is only colours all over would show nothing
        seen = [part(begin + (end - begin) * i / 40) for i in range(41)]
        changes = [i for i in range(40) if seen[i].tobytes() != seen[i + 1].tobytes()]
        assert len(changes) <= 1 and len(seen[-1].getcolors()) > 1
        assert picture_at(wall, begin).tobytes() != picture_at(wall, end).tobytes()


def test_the_film_has_every_moment_of_a_short_span(tmp_path):
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        times = [fill(wall, client, colour) for colour in COLOURS[:4]]
        time.sleep(3)  # the other colours were there for a small part of the time only
        times.append(fill(wall, client, COLOURS[4]))
        for query, wanted in (("", COLOURS), ("&from=%f&to=%f" % (times[1], times[3]), COLOURS[1:4])):
            gif = Image.open(io.BytesIO(get(wall, "timelapse?source=wall" + query)))
            seen = []
            for number in range(gif.n_frames):
                gif.seek(number)
                colour = gif.convert("RGB").getpixel((9, 9))
                if seen[-1:] != [colour]:
                    seen.append(colour)
            assert [c for c in seen if c != (0, 0, 0)] == wanted


def test_a_gif_of_a_region(tmp_path):
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        fill(wall, client, COLOURS[0])
        client.sendall(b"".join(b"PX %d %d ff2a00\n" % (x, y) for x in range(10, 14) for y in range(20, 23)))
        wait_for("a record", lambda: picture_at(wall, time.time()).getpixel((13, 22)) == COLOURS[1])

        def last(region):
            gif = Image.open(io.BytesIO(get(wall, "timelapse?source=wall&region=" + region)))
            gif.seek(gif.n_frames - 1)
            return gif.size, gif.convert("RGB").getcolors()
        assert last("4x3+10+20") == last("4x3%2B10%2B20") == ((4, 3), [(12, COLOURS[1])])
        size, colours = last("6x9+9+19")
        assert size == (6, 9) and sorted(colours) == [(12, COLOURS[1]), (42, COLOURS[0])]
        width, height = SIZE
        assert last("4000x4000+%d+%d" % (width - 2, height - 1)) == ((2, 1), [(2, COLOURS[0])])
        assert last("5x5+%d+0" % width) == ((1, 1), [(1, (0, 0, 0))])
        assert last("5x5+0+%d" % height) == ((1, 1), [(1, (0, 0, 0))])


def test_the_film_has_the_colours_of_the_wall(tmp_path):
    """An evening sky has no steps: what is between two colours of the palette is mixed of both."""
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        sky = {(x, y): (96 + x, 32 + y, 255 - y - x // 2) for x in range(SIZE[0]) for y in range(SIZE[1])}
        client.sendall(b"".join(b"PX %d %d %02x%02x%02x\n" % (*at, *sky[at]) for at in sky))

        def recorded():
            shown = picture_at(wall, time.time())
            return shown and all(shown.getpixel(at) == sky[at] for at in sky)
        wait_for("a record", recorded)
        gif = Image.open(io.BytesIO(get(wall, "timelapse?source=wall")))
        gif.seek(gif.n_frames - 1)
        frame = gif.convert("RGB")
        for left in range(0, SIZE[0], 8):
            for top in range(0, SIZE[1], 8):
                block = [(x, y) for x in range(left, left + 8) for y in range(top, top + 8)]
                for part in range(3):
                    mean = sum(frame.getpixel(at)[part] - sky[at][part] for at in block) / 64
                    assert abs(mean) < 6


def film_of(data):
    """The head of a film, and its moments: time, whether it is a key, the pixels."""
    head, moments = livedoc.program()["film"](data)
    return head, list(moments)


def test_the_film_in_the_live_format(tmp_path):
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        times = [fill(wall, client, colour) for colour in COLOURS]
        head, moments = film_of(get(wall, "history?step=0"))
        assert (head["width"], head["height"], head["version"]) == (*SIZE, 1)
        assert moments[0][1] and [at for at, *_ in moments] == sorted(at for at, *_ in moments)
        for at, colour in zip(times, COLOURS):
            shown = [pixels for when, _, pixels in moments if when <= at + 0.002][-1]
            assert set(shown) == {colour}
        # a part of it begins with what was there
        _, part = film_of(get(wall, "history?from=%f&to=%f" % (times[1], times[3])))
        assert set(part[0][2]) == {COLOURS[1]} and set(part[-1][2]) == {COLOURS[3]}
        # a coarse one has fewer moments, and ends with the last
        _, coarse = film_of(get(wall, "history?step=3600"))
        assert len(coarse) == 2 and set(coarse[1][2]) == {COLOURS[-1]}


def test_the_film_of_a_canvas_that_became_smaller(tmp_path):
    """Moments of the larger one that are left out have damage where the film has no pixels."""
    large = (192, 128)
    with recording_wall(tmp_path, size=large) as wall:
        client = wall.tcp("pixelflut")
        times = [fill(wall, client, colour, large) for colour in COLOURS[:3]]
    restarted = time.time()
    with recording_wall(tmp_path) as wall:
        fill(wall, wall.tcp("pixelflut"), COLOURS[3])
        head, moments = film_of(get(wall, "history?step=0"))
        assert (head["width"], head["height"]) == SIZE
        assert {COLOURS[2]} in [set(pixels) for _, _, pixels in moments]
        # a step that leaves out all of the larger canvas but its first moment
        _, moments = film_of(get(wall, "history?step=%.3f" % (restarted - moments[0][0])))
        assert moments[0][0] <= times[0] and moments[1][0] > restarted
        assert set(moments[-1][2]) == {COLOURS[3]}


def test_many_ask_for_films_at_once(tmp_path):
    """Each of another part, as who scrubs does; one is made at a time, and all are answered."""
    with recording_wall(tmp_path) as wall:
        times = [fill(wall, wall.tcp("pixelflut"), colour) for colour in COLOURS[:3]]
        sockets = [wall.tcp("http", source="127.0.1.%d" % (1 + number % 20)) for number in range(100)]
        for number, client in enumerate(sockets):
            client.sendall(b"GET /history?from=%f&step=%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                           % (times[0], number))
            if number % 3 == 0:
                client.close()  # scrubs on without reading the answer
        answers = [client.makefile("rb").read() for number, client in enumerate(sockets) if number % 3]
        assert {answer[9:12] for answer in answers} == {b"200"}
        for answer in answers[::20]:
            _, moments = film_of(answer.partition(b"\r\n\r\n")[2])
            assert set(moments[-1][2]) == {COLOURS[2]}


@pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="a minute and more: MURALD_LONG=1")
def test_ten_thousand_scrub_at_once(tmp_path):
    """Of two hundred sources, each for another part of the film; every third leaves before it has an answer, and every
    fifth does not read it.  murald's memory is bounded, all who read are answered, and others meanwhile."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 11000:
        pytest.skip("needs 11,000 descriptors: ulimit -Hn is %d" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    core = "[record]\nfile = %s/record\ninterval = 50ms\n" % tmp_path
    with Wall(tmp_path, "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n"
              "[plugin pixelflut]\nlisten = 127.0.0.1:0\n" % tmp_path, size="%dx%d" % SIZE, core=core,
              prefix=["prlimit", "--nofile=%d" % hard]) as wall, contextlib.ExitStack() as stack:
        times = [fill(wall, wall.tcp("pixelflut"), colour) for colour in COLOURS]
        before = memory_kib(wall.pid)
        readers = []
        for number in range(10000):
            client = stack.enter_context(wall.tcp("http", source="127.0.1.%d" % (1 + number % 200)))
            client.settimeout(300)
            client.sendall(b"GET /history?from=%f&step=%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                           % (times[0] + number // 200 * 0.01, number % 7))
            if number % 3 == 0:
                client.close()
            elif number % 5:
                readers.append(client)
        most = memory_kib(wall.pid)
        assert json.loads(get(wall, "healthz")) and picture(get(wall, "canvas.png")).getpixel((1, 1)) == COLOURS[-1]
        answers = {}
        for number, client in enumerate(readers):
            answer = client.makefile("rb").read()
            answers[answer[9:12]] = answers.get(answer[9:12], 0) + 1
            if number % 500 == 0:
                most = max(most, memory_kib(wall.pid))
                assert json.loads(get(wall, "healthz"))
        print("grew by %d KiB; answers: %s" % (most - before, answers))
        assert set(answers) == {b"200"}
        # 48 MiB of answers, what 32 KiB for each connection are, and three times as much by a sanitizer
        assert most - before < (48 * 1024 + 10000 * 32) * (3 if SANITIZED else 1)


def test_a_film_plays_around_a_hole(tmp_path):
    """A recording that is damaged in its middle: what was before and after is there."""
    with recording_wall(tmp_path) as wall:
        client = wall.tcp("pixelflut")
        fill(wall, client, COLOURS[0])
    with recording_wall(tmp_path) as wall:
        fill(wall, wall.tcp("pixelflut"), COLOURS[1])
    with open(tmp_path / "record", "r+b") as record:
        content = record.read()
        # in the second record: this run then begins with a new segment
        at = content.index(b"MREC", content.index(b"MREC") + 4)
        record.seek(at + 40)
        record.write(b"damaged!")
    with recording_wall(tmp_path) as wall:
        fill(wall, wall.tcp("pixelflut"), COLOURS[2])
        _, moments = film_of(get(wall, "history?step=0"))
        assert moments[0][1] and set(moments[-1][2]) == {COLOURS[2]}
        assert len(moments) >= 2


def test_kill_9_keeps_all_but_the_last_moment(tmp_path):
    times = []
    for colour in COLOURS:
        wall = recording_wall(tmp_path).start()
        wall.wait_ready()
        times.append(fill(wall, wall.tcp("pixelflut"), colour))
        wall.stop(signal.SIGKILL)
    with recording_wall(tmp_path) as wall:
        for at, colour in zip(times, COLOURS):
            assert picture_at(wall, at).getpixel((2, 3)) == colour


def test_bad_requests(tmp_path):
    with recording_wall(tmp_path, record=False) as wall:
        assert json.loads(get(wall, "history")) == {"first": None, "last": None, "moments": 0}
        for path in ("history?at=5", "timelapse?source=wall", "history?from=0"):
            status, text = error(wall, path)
            assert status == 404 and "record.file" in text
        for path in ("history?at=yesterday", "history?at=1e400", "history?at=", "history?at=nan",
                     "history?at=[1]", "history?bars=0", "history?bars=101", "history?bars=few", "timelapse?source=moon"):
            assert error(wall, path)[0] == 400
    with recording_wall(tmp_path) as wall:
        for path in ("timelapse?source=wall&from=x", "timelapse?source=wall&from=5&to=4",
                     "history?from=x", "history?to=", "history?from=5&to=4", "history?step=-1",
                     "history?step=often", "timelapse?source=wall&region=0x5+1+1",
                     "timelapse?source=wall&region=", "timelapse?source=wall&region=5x5-1-1",
                     "timelapse?source=wall&region=5x5+1", "timelapse?source=wall&region=" + 40 * "1"):
            assert error(wall, path)[0] == 400


def test_many_requests_at_once(tmp_path):
    with recording_wall(tmp_path) as wall:
        fill(wall, wall.tcp("pixelflut"), COLOURS[1])
        sockets = [wall.tcp("http") for _ in range(60)]
        for number, client in enumerate(sockets):
            client.sendall(b"GET /history?at=%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % number)
            if number % 3 == 0:
                client.close()  # without reading the answer
        answers = [client.makefile("rb").read() for number, client in enumerate(sockets) if number % 3]
        assert {answer[9:12] for answer in answers} == {b"200"}
        assert picture_at(wall, time.time()).getpixel((0, 0)) == COLOURS[1]
