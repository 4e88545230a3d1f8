# SPDX-License-Identifier: MIT
"""/tiles: pieces of recorded moments that never change, against a whole murald."""
import concurrent.futures
import http.client
import io
import json
import random

from PIL import Image

from test_history import error, film_of, get, picture, picture_at, recording_wall
from wall import wait_for

SIDE = 256
SIZE = (300, 270)
FOR_EVER = "public, max-age=31536000, immutable"


def ask(wall, path, method="GET"):
    """Status, fields and body."""
    connection = http.client.HTTPConnection("127.0.0.1", wall.port("http"), timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    try:
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def times_of(wall):
    """All recorded moments, in milliseconds."""
    return [round(at * 1000) for at, *_ in film_of(get(wall, "history?step=0"))[1]]


def paint_noise(wall, client, seed):
    """Waits until it is recorded; the last moment's time."""
    rng = random.Random(seed)
    client.sendall(b"".join(b"PX %d %d %06x\n" % (x, y, rng.randrange(1 << 24))
                            for y in range(SIZE[1]) for x in range(SIZE[0])) + b"PX 0 0\n")
    assert client.recv(100)
    canvas = picture(get(wall, "canvas.png")).tobytes()
    wait_for("the record", lambda: (last := picture_at(wall, 1e11)) and last.tobytes() == canvas)
    return times_of(wall)[-1]


def tile(wall, level, column, row, at):
    status, fields, body = ask(wall, "/tiles/%d/%d/%d/%d.png" % (level, column, row, at))
    assert status == 200 and fields["content-type"] == "image/png" and fields["cache-control"] == FOR_EVER
    image = Image.open(io.BytesIO(body)).convert("RGBA")
    assert image.size == (SIDE, SIDE)
    return image


def halved(image):
    """The level after, exact where all colours of a square are known."""
    return {(x, y): [sum(image.getpixel((2 * x + i, 2 * y + j))[c] for i in (0, 1) for j in (0, 1)) / 4
                     for c in range(3)] for x in range(0, 150, 7) for y in range(0, 135, 7)}


def test_tiles_are_the_picture_of_their_moment(tmp_path):
    with recording_wall(tmp_path, size=SIZE) as wall:
        at = paint_noise(wall, wall.tcp("pixelflut"), 1)
        whole = picture(get(wall, "history?at=%.3f" % (at / 1000)))
        for column in range(2):
            for row in range(2):
                shown = tile(wall, 0, column, row, at)
                left, top = column * SIDE, row * SIDE
                inside = (0, 0, min(SIDE, SIZE[0] - left), min(SIDE, SIZE[1] - top))
                assert shown.crop(inside).convert("RGB").tobytes() == whole.crop(
                    (left, top, left + inside[2], top + inside[3])).tobytes()
                assert shown.getchannel("A").histogram()[255] == inside[2] * inside[3], "the rest is transparent"
        coarse = tile(wall, 1, 0, 0, at)
        for place, colour in halved(whole).items():
            assert all(abs(a - b) <= 0.5 for a, b in zip(coarse.getpixel(place), colour))
        assert coarse.getchannel("A").histogram()[255] == 150 * 135


def test_a_tile_never_changes(tmp_path):
    with recording_wall(tmp_path, size=SIZE) as wall:
        client = wall.tcp("pixelflut")
        paint_noise(wall, client, 1)
        first = {at: tile(wall, 0, 0, 0, at).tobytes() for at in times_of(wall)}
        paint_noise(wall, client, 2)
        assert len(times_of(wall)) > len(first)
        wall.stop()
    with recording_wall(tmp_path, size=SIZE) as wall:
        assert {at: tile(wall, 0, 0, 0, at).tobytes() for at in first} == first


def test_what_is_no_tile(tmp_path):
    with recording_wall(tmp_path, record=False) as wall:
        status, text = error(wall, "tiles/0/0/0/5.png")
        assert status == 404 and "record.file" in text
    with recording_wall(tmp_path, size=SIZE) as wall:
        assert ask(wall, "/tiles/0/0/0/5.png")[0] == 404, "nothing was recorded yet"
        at = paint_noise(wall, wall.tcp("pixelflut"), 1)
        tile(wall, 1, 0, 0, at)
        known = set(times_of(wall))
        others = [other for other in (0, min(known) - 1, at + 1, 10 ** 15) if other not in known]
        for path in ["0/2/0/%d.png" % at, "0/0/2/%d.png" % at, "1/1/0/%d.png" % at, "2/0/0/%d.png" % at,
                     "16/0/0/%d.png" % at, "17/0/0/%d.png" % at, "0/8192/8192/%d.png" % at, "0/99999999999/0/%d.png" % at,
                     "0/0/0/%d" % at, "0/0/0/%d.jpg" % at, "0/0/0/%d.png.png" % at, "0/0/%d.png" % at, "", "a/b/c/d.png",
                     "-1/0/0/%d.png" % at, "0/0/0/-1.png", "0/0/0/1e9.png", "0/0/0/%d.png" % 10 ** 30,
                     *("0/0/0/%d.png" % other for other in others)]:
            status, fields, body = ask(wall, "/tiles/" + path)
            assert status == 404 and "cache-control" not in fields and json.loads(body)["success"] is False, path
        assert ask(wall, "/tiles/0/0/0/%d.png" % at, "POST")[0] == 405
        status, fields, body = ask(wall, "/tiles/0/0/0/%d.png" % at, "HEAD")
        assert status == 200 and fields["cache-control"] == FOR_EVER and not body


def test_many_ask_for_tiles_at_once(tmp_path):
    with recording_wall(tmp_path, size=SIZE) as wall:
        at = paint_noise(wall, wall.tcp("pixelflut"), 1)
        paths = ["/tiles/0/%d/%d/%d.png" % (n % 2, n // 2 % 2, at) for n in range(40)]
        left = [wall.tcp("http") for _ in range(20)]
        for client in left:
            client.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % paths[0].encode())
            client.close()  # without reading the answer
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda path: ask(wall, path), paths))
        assert {status for status, _, _ in answers} == {200}
        assert len({body for _, _, body in answers}) == 4
