# SPDX-License-Identifier: MIT
"""/timelapse against a whole murald: every frame is compared with a replay of the cells set."""
import io
import json
import os
import random
import sqlite3
import sys
import threading

import pytest
from PIL import Image

from boardclient import HEIGHT, PALETTE, WIDTH, Board, board_wall, slow_reader, with_slow_readers
import procfs
from sanitizer import SANITIZED
from wall import wait_for

COLOURS = [tuple(bytes.fromhex(c[1:])) for c in PALETTE]
FRAMES = 1000  # the most that a small board gets


@pytest.fixture
def wall(tmp_path):
    with board_wall(tmp_path, rate="0ms") as wall:
        yield wall


def timelapse(board):
    answer = board.ask("GET", "/timelapse")
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["Content-Disposition"] == "inline; filename=timelapse.gif"
    return answer.body


def frames(gif):
    """The pixels and the ms of each frame, as a viewer shows it."""
    with Image.open(io.BytesIO(gif)) as image:
        assert image.format == "GIF" and image.info["loop"] == 0
        for n in range(image.n_frames):
            image.seek(n)
            yield list(image.convert("RGB").getdata()), image.info["duration"]


def replay(log, size=(WIDTH, HEIGHT), most=FRAMES, base=None):
    """The frames that the protocol's text asks for: 10 ms for each (row, column, colour), equal
    neighbours merged; beyond `most` frames, that many, evenly spread."""
    cells = [0] * (size[0] * size[1])
    shown = [(list(cells), 10)]
    if base:
        for row, column, colour in base:
            cells[row * size[0] + column] = colour
        shown.append((list(cells), 10))
    room = most - len(shown)
    for i, (row, column, colour) in enumerate(log):
        cells[row * size[0] + column] = colour
        if (i + 1) * room // len(log) != i * room // len(log):
            shown.append((list(cells), 10))
    merged = shown[:1]
    for picture, ms in shown[1:]:
        if picture == merged[-1][0]:
            merged[-1] = picture, merged[-1][1] + ms
        else:
            merged.append((picture, ms))
    return [([COLOURS[c] for c in picture], ms) for picture, ms in merged]


def compare(gif, want):
    count = 0
    for n, (got, wanted) in enumerate(zip(frames(gif), want)):
        assert got == wanted, "frame %d" % n
        count += 1
    assert count == len(want)
    with Image.open(io.BytesIO(gif)) as image:
        assert image.n_frames == len(want)


def paint(board, log, token=None):
    token = token or board.register()
    for row, column, colour in log:
        board.paint(token, row, column, colour)
    return token


def some(n, seed, size=(WIDTH, HEIGHT)):
    rng = random.Random(seed)
    return [(rng.randrange(size[1]), rng.randrange(size[0]), rng.randrange(len(PALETTE))) for _ in range(n)]


def test_untouched(wall):
    with Board(wall) as board:
        compare(timelapse(board), [([COLOURS[0]] * WIDTH * HEIGHT, 10)])


def test_repeats_are_shown_longer(wall):
    """The example that was observed: four updates, one of them a repeat."""
    log = [(1, 2, 3), (4, 5, 1), (4, 5, 1), (0, 0, 2)]
    with Board(wall) as board:
        paint(board, log)
        gif = timelapse(board)
        compare(gif, replay(log))
        assert [ms for _, ms in frames(gif)] == [10, 10, 20, 10]


def test_every_cell_set_is_a_frame(wall):
    log = some(400, 1)
    with Board(wall) as board:
        paint(board, log)
        compare(timelapse(board), replay(log))


def test_more_than_there_are_frames(wall):
    log = some(FRAMES - 1, 2)
    with Board(wall) as board:
        token = paint(board, log)
        compare(timelapse(board), replay(log))
        for n in 1, 700, 1000:
            more = some(n, n)
            paint(board, more, token)
            log += more
            want = replay(log)
            assert len(want) <= FRAMES
            compare(timelapse(board), want)


def test_kept_until_a_cell_is_set(wall):
    log = some(50, 3)
    with Board(wall) as board:
        token = paint(board, log)
        first = timelapse(board)
        board.register("another")
        assert timelapse(board) == first
        paint(board, [(0, 0, 4)], token)
        compare(timelapse(board), replay(log + [(0, 0, 4)]))
        board.put(token, 99, 0, 0)
        # a repeat shows the last frame longer
        paint(board, [(0, 0, 4)], token)
        compare(timelapse(board), replay(log + [(0, 0, 4)] * 2))


def test_outlives_murald(tmp_path):
    log = some(300, 4)
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        paint(board, log[:200])
        assert wall.stop() == 0
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        compare(timelapse(board), replay(log[:200]))
        paint(board, log[200:])
        compare(timelapse(board), replay(log))
        assert wall.stop() == 0


def fill(folder, log, base=()):
    """A database with a long log, made by murald and then filled by hand."""
    with board_wall(folder, rate="0ms") as wall:
        assert wall.stop() == 0
    with sqlite3.connect(os.path.join(str(folder), "board.db")) as db:
        db.executemany("INSERT INTO base VALUES (?, ?)", [(row << 16 | column, c) for row, column, c in base])
        db.executemany("INSERT INTO log VALUES (?, 0, ?, ?, 0, 1)",
                       ((7 + i, row << 16 | column, c) for i, (row, column, c) in enumerate(log)))
    db.close()


def test_after_the_log_was_cut(tmp_path):
    """What is left of the log's start as a picture comes first, as one frame; cells outside the
    board or the palette are left out."""
    base, log = [(0, 3, 2), (5, 7, 4)], some(20, 5)
    fill(tmp_path, log + [(40, 40, 1), (0, 0, 200)], base)
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        want = replay(log, base=base)
        want[-1] = want[-1][0], want[-1][1] + 20
        compare(timelapse(board), want)
        assert wall.stop() == 0


def test_many_requests_share_one_gif_and_delay_nobody(tmp_path):
    """A long log: all get the same GIF, and the board answers meanwhile."""
    size, n = (200, 100), 20000 if SANITIZED else 200000
    log = some(n, 6, size)
    fill(tmp_path, log)
    with board_wall(tmp_path, rate="0ms", size="1600x800") as wall:
        gifs = []

        def get():
            with Board(wall) as board:
                gifs.append(timelapse(board))

        threads = [threading.Thread(target=get) for _ in range(8)]
        for thread in threads:
            thread.start()
        asked = 0  # before any of them had the GIF
        with Board(wall) as board:
            while any(thread.is_alive() for thread in threads):
                board.settings()
                asked += not gifs
        assert len(gifs) == 8 and len(set(gifs)) == 1
        with Image.open(io.BytesIO(gifs[0])) as image:
            assert image.n_frames == FRAMES and image.size == size
            image.seek(FRAMES - 1)
            got = list(image.convert("RGB").getdata())
        assert got == replay(log, size, 2)[-1][0]
        assert asked > 10, "the board waited for the GIF"
        assert wall.stop() == 0


def test_stopped_while_it_is_made(tmp_path):
    fill(tmp_path, some(100000, 7, (200, 100)))
    with board_wall(tmp_path, rate="0ms", size="1600x800") as wall:
        before = len(procfs.threads(wall.pid))
        boards = [Board(wall) for _ in range(3)]
        for board in boards:
            board.http.request("GET", "/timelapse")
        wait_for("the GIF to be begun", lambda: len(procfs.threads(wall.pid)) > before)
        with Board(wall) as board:
            for _ in range(5):  # all were read by then
                board.settings()
        assert wall.stop() == 0
        # each got an answer: the GIF, or that murald stops
        assert {board.http.getresponse().status for board in boards} <= {200, 503}
        for board in boards:
            board.close()


def test_clients_that_do_not_wait(wall):
    with Board(wall) as board:
        token = paint(board, some(200, 8))
        for i in range(20):
            paint(board, [(0, 0, i % 5)], token)
            with Board(wall) as hasty:
                hasty.http.request("GET", "/timelapse")
        log = json.loads(board.ask("GET", "/settings").body)["stats"]["pixels"]
        assert log == 220
        assert len(list(frames(timelapse(board)))) > 100


def cells_in(folder):
    with sqlite3.connect("file:%s/board.db?mode=ro" % folder, uri=True) as db:
        return db.execute("SELECT count(*) FROM log").fetchone()[0]


def test_database_that_is_gone(tmp_path):
    """One answer that says so, one line in the log, and the wall goes on."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        paint(board, some(3, 9))
        timelapse(board)
        paint(board, some(3, 10))
        wait_for("the log to be written", lambda: cells_in(tmp_path) == 6)
        os.rename(os.path.join(str(tmp_path), "board.db"), os.path.join(str(tmp_path), "away.db"))
        answer = board.ask("GET", "/timelapse")
        assert answer.status == 503 and answer.json()["success"] is False
        assert wall.log().count("http: cannot render timelapse.gif: ") == 1
        os.rename(os.path.join(str(tmp_path), "away.db"), os.path.join(str(tmp_path), "board.db"))
        compare(timelapse(board), replay(some(3, 9) + some(3, 10)))
        assert wall.stop() == 0


def test_other_requests(wall):
    with Board(wall) as board:
        assert board.ask("HEAD", "/timelapse").status == 200
        assert board.ask("PUT", "/timelapse").status == 405
        answer = board.ask("GET", "/timelapse?source=nothing")
        assert answer.status == 400 and "source" in answer.json()["error"]
        assert board.ask("GET", "/timelapse?source=board").status == 200


def hold_gifs(folder):
    """Prints the statuses for slow readers of ten different GIFs; afterwards another reader gets one."""
    found, held = [], []
    with board_wall(folder, size="400x300", more="cell = 1", rate="0ms") as wall, Board(wall) as board:
        token = paint(board, some(1500, 1, (400, 300)))
        for i in range(10):
            board.paint(token, i, i, 1 + i % 3)
            s, status = slow_reader(wall, "/timelapse")
            found.append(status)
            held.append(s)
        for s in held:
            s.close()
        board.paint(token, 200, 200, 1)
        wait_for("a GIF again", lambda: board.ask("GET", "/timelapse").status == 200)
    print(found)


def test_slow_readers_hold_a_bounded_number_of_gifs(tmp_path):
    assert with_slow_readers(__file__, tmp_path) == 10 * [200]


if __name__ == "__main__":
    hold_gifs(sys.argv[1])
