# SPDX-License-Identifier: MIT
"""Painting for the sessions of Socket.IO, and a wall with a board that takes it."""
import asyncio
import threading
import time

import pytest

from boardclient import Board, board_wall


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    with board_wall(tmp_path_factory.mktemp("socketio"), rate="0ms") as wall:
        yield wall
        assert wall.stop() == 0


class Painter:
    """Sets a cell every `pause` seconds, in a thread of its own."""

    def __init__(self, wall, pause):
        self.board, self.pause = Board(wall), pause
        self.token = self.board.register()
        self.count, self.over = 0, False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        due = time.monotonic()
        while not self.over:
            self.board.paint(self.token, self.count % 6, self.count % 8, self.count % 5)
            self.count += 1
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))  # the pace

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *rest):
        self.over = True
        self.thread.join()
        self.board.close()


def paint(wall, n=1):
    with Board(wall) as board:
        token = board.register()
        for i in range(n):
            board.paint(token, 2, 1, i % 5)


def run(steps):
    asyncio.run(asyncio.wait_for(steps, 300))
