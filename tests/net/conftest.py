# SPDX-License-Identifier: MIT
"""Fixtures of the tests with packets: two hosts, and a wall runs on the server."""
import pytest

from hosts import ECHO_IGNORED, Pair


@pytest.fixture(scope="module")
def pair():
    with Pair() as both:
        yield both


@pytest.fixture
def quiet(pair):
    """The server's kernel answers no pings: every answer is murald's."""
    for key in ECHO_IGNORED:
        pair.server.sysctl(key, 1)
    yield pair
    for key in ECHO_IGNORED:
        pair.server.sysctl(key, 0)
