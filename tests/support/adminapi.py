# SPDX-License-Identifier: MIT
"""A wall whose operators ask over HTTP."""
import pytest

from boardclient import board_wall
from control import control

ADMIN = {"Authorization": "Bearer adm"}


@pytest.fixture
def wall(tmp_path):
    with board_wall(tmp_path, core="[canvas]\nowners = yes\n[record]\nfile = %s/record\ninterval = 10ms\n%s" % (
            tmp_path, control(tmp_path))) as wall:
        yield wall


def ask(board, verb, with_=None, headers=ADMIN):
    return board.ask("POST", "/admin/api/" + verb, with_, headers)
