# SPDX-License-Identifier: MIT
"""Each function of the plugin API that belongs on one thread, called on another: murald ends, and
the log names the function."""
import os
import re
import signal

import pytest

from test_host import HERE, PLUGINS, WORKERS
from wall import SOURCE, Wall


def names():
    with open(os.path.join(SOURCE, "tests/plugins/stray.c")) as f:
        return ["mural_" + name for name in re.findall(r"ENTRY\(([a-z_]+)\)[,;]", f.read())]


def stray(tmp_path, workers):
    return Wall(tmp_path, "[plugin stray]\nlisten = 127.0.0.1:0\n",
                core="workers = %d\n" % workers, plugin_path="%s:%s" % (HERE, PLUGINS))


@WORKERS
@pytest.mark.parametrize("name", names())
def test_the_wrong_thread_is_named(tmp_path, workers, name):
    wall = stray(tmp_path, workers).start().wait_ready()
    with wall.tcp("stray") as client:
        client.sendall(name.encode() + b"\n")
        assert wall.process.wait(30) == -signal.SIGABRT
    assert "stray: the plugin called %s() on the wrong thread" % name in wall.log()


def test_every_function_with_a_thread_is_called():
    """What the host checks is what the plugin calls: no check without its test."""
    checked = set()
    for folder in ("ingest", "app"):
        for name in os.listdir(os.path.join(SOURCE, "src", folder)):
            if name.endswith(".c"):
                with open(os.path.join(SOURCE, "src", folder, name)) as f:
                    for body in re.findall(r"^(mural_\w+)\(([^{]*)\)\n\{(.*?)^\}", f.read(), re.M | re.S):
                        if re.search(r"(worker_check|check_main|conn_of|event_new|event_close|wall_of)\(", body[2]):
                            checked.add(body[0])
    assert {"mural_publish", "mural_send", "mural_timer_stop"} < checked
    assert checked - set(names()) == set()
