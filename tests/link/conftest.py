# SPDX-License-Identifier: MIT
"""Fixtures of the tests of linked walls: an engine, and one at the end of a line that can be slow."""
import pytest

from linking import Engine
from relay import Relay


@pytest.fixture(name="engine")
def engine_of_test(tmp_path):
    with Engine(tmp_path) as engine:
        yield engine


@pytest.fixture(name="far")
def engine_by_tcp(tmp_path):
    with Engine(tmp_path) as engine, Relay(engine.path) as relay:
        engine.relay = relay
        yield engine
