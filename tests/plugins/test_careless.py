# SPDX-License-Identifier: MIT
"""Mistakes of a plugin's author: what can be borne disturbs nobody else, the rest is named in the log."""
import contextlib
import os
import signal

import pytest

from test_host import HERE, PLUGINS, WORKERS
from wall import DOTS, Wall, dot, wait_for

KEEPS_WHAT_IT_NAMES = {"ASAN_OPTIONS": "detect_leaks=0"}
CARELESS = "[plugin careless]\nlisten = 127.0.0.1:0\n"


def careless(tmp_path, plugins=CARELESS, workers=1, **more):
    return Wall(tmp_path, plugins + DOTS, core="workers = %d\n" % workers,
                plugin_path="%s:%s" % (HERE, PLUGINS), **more)


@WORKERS
@pytest.mark.parametrize("word", ["spin", "chain"])
def test_a_timer_that_is_always_due_stops_nobody(tmp_path, workers, word):
    with careless(tmp_path, workers=workers) as wall, wall.tcp("careless") as client:
        client.sendall(word.encode() + b"\n")
        wall.painted(0, 0, (0, 255, 0))
        wall.paint(dot(2, 0, (255, 0, 0)))
        client.sendall(b"paint\n")
        wall.painted(1, 0, (0, 0, 255))
        assert wall.stop() == 0


@pytest.mark.parametrize("word", ["feed", "mural_metric_set", "mural_metric_add", "mural_bind", "mural_reader_new",
                                  "mural_conn_admit", "mural_listen", "mural_stopped"])
def test_what_cannot_be_borne_is_named(tmp_path, word):
    wall = careless(tmp_path, workers=0).start().wait_ready()
    with wall.tcp("careless") as client:
        client.sendall(word.encode() + b"\n")
        assert wall.process.wait(30) == -signal.SIGABRT
    said = [line for line in wall.log().splitlines() if line.startswith("murald: error: careless: the plugin ")]
    assert len(said) == 1 and word + "()" in said[0] and "mural-plugin(7)" in said[0], wall.log()


def highest_descriptor(wall):
    return max(int(fd) for fd in os.listdir("/proc/%d/fd" % wall.pid))


def test_readers_of_clients_leave_the_wall_its_descriptors(tmp_path):
    """A plugin that takes a descriptor more for each client takes it from those of clients."""
    limit = 128
    with careless(tmp_path, prefix=["prlimit", "--nofile=%d" % limit]) as wall, contextlib.ExitStack() as stack:
        for n in range(2 * limit):
            with contextlib.suppress(OSError):  # one that is refused, or gives way
                client = stack.enter_context(wall.tcp("careless", source="127.0.1.%d" % (n % 20)))
                client.sendall(b"watch\n")
        wait_for("clients to have no more than theirs", lambda: highest_descriptor(wall) < limit - limit // 8)
        wall.picture()


def test_clients_take_their_readers_along(tmp_path):
    with careless(tmp_path, workers=2) as wall:
        before = wall.descriptors()
        for _ in range(2):
            with contextlib.ExitStack() as stack:
                for _ in range(40):
                    stack.enter_context(wall.tcp("careless")).sendall(b"watch\n")
                wait_for("all readers", lambda: wall.descriptors() >= before + 80)
                wall.paint(dot(2, 0, (255, 0, 0)))
            # one that was told of damage in that moment waits for the next who leaves
            wait_for("them to be gone", lambda: wall.descriptors() <= before + 8)


def test_a_service_that_leaves_a_handle_behind_is_named(tmp_path):
    wall = careless(tmp_path, "[plugin careless-service]\n").start(env=KEEPS_WHAT_IT_NAMES).wait_ready()
    log = wall.reload(DOTS)
    assert "careless-service: " in log and "mural_stopped()" in log
    wall.paint(dot(2, 0, (255, 0, 0)))
    assert wall.stop() == 0


def test_a_service_that_fails_and_leaves_a_handle_behind_keeps_its_state(tmp_path):
    wall = careless(tmp_path, "[plugin careless-service]\nfails = yes\nrequired = no\n")
    wall.start(env=KEEPS_WHAT_IT_NAMES).wait_ready()
    wall.paint(dot(2, 0, (255, 0, 0)))
    assert wall.stop() == 0
    assert "careless-service: did not stop in time; left running" in wall.log()
