# SPDX-License-Identifier: MIT
"""muralctl at the pixel board: paint, load, size, grab, its rate and its errors."""
import pytest
from PIL import Image

from peers import Board
from targets import board_image, board_target, needs_http


@needs_http
@pytest.mark.parametrize("web", [True, False])
def test_board_paint_size_grab(muralctl, image, tmp_path, web):
    with Board(web=web) as board:
        assert muralctl("size", board_target(board)).ok().out == "8x6\n"
        result = muralctl("paint", board_image(image), board_target(board), "--at", "3,1", "--name", "tester",
                          "--author", "me", "--secret", "s").ok()
        for y in range(4):
            assert board.cells[1 + y][3:7] == [(x + y) % 4 for x in range(4)]
        assert board.ids == {("tester", "me"): "%024x" % 0xabc}
        # White was there already.
        assert result.number("painted") == len(board.updates) == 12 and "4 cells had that colour already" in result.out
        assert board.refused == [] or not web
        muralctl("grab", board_target(board), tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (8, 6)
        assert [out.getpixel((3 + x, 1)) for x in range(4)] == [(255,) * 3, (0,) * 3, (255, 0, 0), (0, 0, 255)]


@needs_http
def test_board_rate_is_kept(muralctl, image):
    with Board(rate=150) as board:
        muralctl("paint", board_image(image), board_target(board)).ok()
    times = [t for *_, t in board.updates]
    assert board.refused == [] and all(0.15 <= b - a for a, b in zip(times, times[1:]))


@needs_http
def test_board_retry_after_is_kept(muralctl, image):
    with Board(rate=1, early=1, retry_after="2") as board:
        result = muralctl("paint", board_image(image), board_target(board)).ok()
        assert "1 requests came too early and were repeated" in result.out
        assert len(board.refused) == 1 and 2 <= board.updates[0][3] - board.refused[0] < 20
        assert len(board.updates) == 12


@needs_http
def test_board_says_no(muralctl, image):
    path = board_image(image)
    with Board(secret="right") as board:
        muralctl("paint", path, board_target(board), "--secret", "wrong").failed(
            "Secret was not in list", "is --secret right?")
        muralctl("paint", path, board_target(board), "--id", "f" * 24).failed("the board does not know --id")
        muralctl("paint", path, board_target(board), env={"MURALCTL_SECRET": "right"}).ok()
    with Board(enabled=False) as board:
        muralctl("paint", path, board_target(board)).failed("disabled")
        assert len(board.updates) == 1
    with Board() as board:
        muralctl("size", board_target(board) + "/elsewhere").failed("status 404", "is it a pixel board?")
        muralctl("paint", path, board_target(board), "--at", "8,0").failed("outside the wall of 8x6")
    muralctl("size", board_target(board)).failed("GET http://127.0.0.1", "is the port right")
    with Board() as board:
        update = board.update
        board.update = lambda fields: (board.error(401, "401 Unauthorized") if board.updates else update(fields))
        muralctl("paint", path, board_target(board)).failed("setting a cell", "forgotten this generator: start again")
        board.answer = lambda *question: board.error(403, "your network may not come here")
        muralctl("size", board_target(board)).failed("may not come here; ask who runs it")
        board.answer = lambda *question: (301, {}, {"Location": "http://127.0.0.1:1/"})
        muralctl("size", board_target(board)).failed("status 301", "it has moved")
        muralctl("size", board_target(board).replace("http", "https")).failed("http:// instead?")


@needs_http
def test_board_load(muralctl):
    with Board(rate=30) as board:
        result = muralctl("load", board_target(board), "--connections", 3, "--seconds", 1).ok()
        assert len(board.ids) == 3 and board.refused == []
        # A request that was on its way at the end still counts.
        assert 3 < result.number("painted") == len(board.updates) <= 105
