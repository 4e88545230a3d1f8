# SPDX-License-Identifier: MIT
"""A wall shared by the cases of one file, and a connection to it for each case."""
import pytest

from boardclient import Board, board_wall


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    with board_wall(tmp_path_factory.mktemp("wall")) as wall:
        yield wall


@pytest.fixture
def board(wall):
    with Board(wall) as board:
        yield board
