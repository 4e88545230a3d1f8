# SPDX-License-Identifier: MIT
"""The pixel board on the canvas, which other plugins paint, too."""
import subprocess
import sys
import time

import pytest

from boardclient import HEIGHT, WIDTH, Board, board_wall
from wall import DOTS, dot, wait_for


def test_the_board_is_a_region_of_the_canvas(tmp_path):
    with board_wall(tmp_path, "offset = 10,4\nregion = 50x40\ncell = 5\nboard = 9x7\n") as wall, \
            Board(wall) as board:
        token = board.register()
        assert (board.settings()["width"], board.settings()["height"]) == (9, 7)
        board.paint(token, 6, 8, 4)
        assert board.put(token, 7, 8, 4).status == board.put(token, 6, 9, 4).status == 400
        picture = wall.last_picture()
        red = {(x, y) for x in range(64) for y in range(48) if picture.getpixel((x, y)) == (255, 0, 0)}
        assert red == {(x, y) for x in range(50, 55) for y in range(34, 39)}
        assert "painted 25 pixels, discarded 2 out_of_bounds" in wall.log()


@pytest.mark.parametrize("more", ["board = 9x6", "board = 8x7", "cell = 49", "region = 7x7"])
def test_a_board_that_does_not_fit_is_rejected(tmp_path, more):
    wall = board_wall(tmp_path, more).start()
    assert wall.process.wait(30) == 1 and "choose a smaller board or a smaller cell" in wall.log()


def test_pixels_of_other_plugins_read_as_the_nearest_colour(tmp_path):
    with board_wall(tmp_path, others=DOTS, rate="0ms", background="#000000") as wall, \
            Board(wall) as board, wall.tcp() as dots:
        token = board.register()
        board.paint(token, 0, 0, 4)
        board.paint(token, 0, 1, 3)  # as black as the wall, but somebody's

        def cell(col, row, *rgb):
            dots.sendall(b"".join(dot(8 * col + x, 8 * row + y, rgb) for x in range(8) for y in range(8)))

        cell(2, 0, 240, 20, 10)
        cell(3, 0, 0, 0, 0)  # what it was: still nobody's
        cell(0, 0, 130, 140, 150)
        cell(7, 5, 255, 255, 255)
        dots.sendall(dot(8, 8, (255, 0, 0)))  # one pixel of 64, on black
        wait_for("the last cell", lambda: board.ask("GET", "/getPixelAuthor/7/5").json()["color"] == 0)
        frontend = board.frontend()
        assert frontend["pixels"][0] == [2, 3, 4, 3, 3, 3, 3, 3]
        assert frontend["authors"][0] == ["", "n (a)", "", "", "", "", "", ""]
        assert frontend["pixels"][5][7] == 0 and frontend["pixels"][1][1] == 3
        board.paint(token, 0, 0, 4)
        assert board.settings()["stats"]["unnecessaryPixels"] == 1, "the black one"
        assert board.pixels()[0][0] == 4


@pytest.mark.parametrize("background, colour", [("#000000", 3), ("#ffffff", 0), ("#808090", 2), ("#f01010", 4)])
def test_what_is_read_of_a_bare_cell_is_what_is_seen(tmp_path, background, colour):
    """Generators leave out the cells that have the right colour already."""
    with board_wall(tmp_path, background=background) as wall, Board(wall) as board:
        assert board.pixels() == [[colour] * WIDTH] * HEIGHT
        assert board.ask("GET", "/getPixelAuthor/0/0").json() == {"author": "", "color": colour}


FLOOD = """
import os, socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
noise = bytearray(b"".join(struct.pack("<HHI", x, y, 0xff000000) for y in range(360) for x in range(640)))
while True:
    for i in 4, 5, 6:
        noise[i::8] = os.urandom(640 * 360)
    s.sendall(noise)
"""


def test_a_flood_does_not_make_the_loop_scan_the_board_all_the_time(tmp_path):
    """A client that polls mostly hears that nothing changed, since the board was not scanned again."""
    with board_wall(tmp_path, size="640x360", more="cell = 2", others=DOTS) as wall, Board(wall) as board:
        flood = subprocess.Popen([sys.executable, "-c", FLOOD, str(wall.port("dots"))])
        try:
            tag = board.ask("GET", "/frontend-pixels").headers["ETag"]
            wait_for("the flood", lambda: board.ask("GET", "/frontend-pixels").headers["ETag"] != tag)
            new = asked = 0
            start = time.monotonic()
            while time.monotonic() - start < (1 if new > 1 else 20):
                answer = board.ask("GET", "/frontend-pixels", headers={"If-None-Match": tag})
                tag = answer.headers["ETag"]
                new += answer.status == 200
                asked += 1
        finally:
            flood.kill()
            flood.wait()
        assert 1 < new < asked / 2, (new, asked)


def test_large_cells_and_large_boards(tmp_path):
    with board_wall(tmp_path, "cell = 100", size="400x300", others=DOTS) as wall, \
            Board(wall) as board, wall.tcp() as dots:
        token = board.register()
        board.paint(token, 2, 3, 4)
        dots.sendall(b"".join(dot(x, y, (255, 0, 0)) for x in range(100, 200) for y in range(100)))
        wait_for("the cell", lambda: board.pixels()[0][1] == 4)
        assert board.pixels() == [[0, 4, 0, 0], [0] * 4, [0, 0, 0, 4]]
    with board_wall(tmp_path, "cell = 1\nboard = 1600x900", size="1600x900", rate="0ms") as wall, \
            Board(wall) as board:
        token = board.register()
        board.paint(token, 899, 1599, 4)
        rows = board.ask("GET", "/pixels?id=" + token).json()["pixels"]
        assert len(rows) == 900 and {len(row) for row in rows} == {1600} and rows[-1][-1] == 4
