# SPDX-License-Identifier: MIT
"""A wall with a control socket, and an operator at it, for the cases that ask for them."""
import pytest

from control import new_wall, operator_of_wall  # noqa: F401 (a fixture)


@pytest.fixture
def wall(tmp_path):
    with new_wall(tmp_path) as wall:
        yield wall
