# SPDX-License-Identifier: MIT
"""Walls built without what makes linked walls converge, or with what shows that they are quiet: the controls
of the other tests."""
import glob
import os
import shutil
import subprocess
import time

import pytest

from author import pkg_config
from linking import (converged, entries, key, linked, payload, roll_back, scribble, short_folder, take_back,
                     wait_linked, walls)
from waiting import wait_for
from wall import PLUGINS, SOURCE, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")
RED, GREEN = (255, 0, 0), (0, 255, 0)


def without(folder, *changes):
    """The plugin, built from sources in which some text was replaced: where to find it."""
    source = os.path.join(str(folder), "changed", "link")
    shutil.copytree(os.path.join(SOURCE, "plugins/link"), source)
    for name, old, new in changes:
        path = os.path.join(source, name)
        with open(path) as f:
            text = f.read()
        assert old in text, "%s has no %r" % (name, old)
        with open(path, "w") as f:
            f.write(text.replace(old, new))
    target = short_folder(folder, "plugins")
    subprocess.run(
        ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-I" + os.path.dirname(source),
         "-I" + SOURCE, *glob.glob(source + "/*.c"), *pkg_config("--cflags", "murald", "libuv"),
         *pkg_config("--libs", "hiredis", "libzstd", "jansson"), "-o", target + "/link.so"], check=True, timeout=200)
    return "%s:%s" % (target, PLUGINS)


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_who_only_follows_sends_nothing(engine, tmp_path):
    """Also where it compares so slowly that entries are read meanwhile: they are no paint of this wall."""
    begins = "find_changed(link, &rect, &shown, "
    path = without(tmp_path, ("publish.c", begins, "usleep(100000);\n" + begins),  # as on a slow machine
                   ("publish.c", "#include <uv.h>", "#include <uv.h>\n#include <unistd.h>"))
    with walls(engine, tmp_path, 1) as (a,), linked(engine, short_folder(tmp_path, "slow"), plugin_path=path) as b:
        wait_linked(b)
        for turn in range(40):
            a.paint(scribble(turn, 100))
            wait_for("the entry", lambda turn=turn: len([1 for _, fields in entries(engine) if b"d" in fields]) > turn)
        converged(engine, a, b)
        assert len({fields[b"w"].split(b".")[0] for _, fields in entries(engine) if b"w" in fields}) == 1


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_paint_that_changes_nothing(engine, tmp_path):
    """The rate is also that of looking whether there is something to send."""
    begins = "take_damage(link);"
    path = without(tmp_path, ("publish.c", begins, begins + 'mural_log(link->host, MURAL_INFO, "it compares");'))
    begun = time.monotonic()
    with walls(engine, tmp_path, 1, "rate = 1", plugin_path=path) as (a,), a.tcp() as client:
        for _ in range(300):
            client.sendall(dot(1, 1, RED))
            a.painted(1, 1, RED)
        assert 1 <= a.log().count("it compares") <= time.monotonic() - begun + 2


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_comparing_in_vain(engine, tmp_path):
    """Where that takes long, a flood of what is there already has the wall compare ten times a second, not sixty."""
    begins, took = "take_damage(link);", "thread_worked_ns() - begun"
    path = without(tmp_path, ("publish.c", begins, begins + 'mural_log(link->host, MURAL_INFO, "it compares");'),
                   ("publish.c", took, took + " + 10000000"))  # as on a slow machine
    with walls(engine, tmp_path, 1, "rate = 60", plugin_path=path) as (a,), a.tcp() as client:
        a.paint(dot(1, 1, RED))
        before, begun = a.log().count("it compares"), time.monotonic()
        while time.monotonic() < begun + 3:
            client.sendall(dot(1, 1, RED))
            time.sleep(0.002)  # between two dots
        compared = a.log().count("it compares") - before
        assert 1 <= compared <= 10 * (time.monotonic() - begun) + 2


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_what_others_paint_while_paint_is_packed(engine, tmp_path):
    """The colour that this wall is about to send, and then another one: its own comes last, and all show it."""
    begins, ends, reads = "link->is_comparing = true;", "job_finish_part(job, job->n_tiles);", "if (entry->pixels.data)"
    free = tmp_path / "free"
    busy = 'while (access("%s", F_OK) < 0) usleep(10000);\n' % free  # the pool, until that is there
    path = without(tmp_path, ("publish.c", begins, begins + 'mural_log(link->host, MURAL_INFO, "it packs");'),
                   ("publish.c", ends, busy + ends),
                   ("publish.c", "#include <uv.h>", "#include <uv.h>\n#include <unistd.h>"),
                   ("follow.c", reads, reads + 'mural_log(link->host, MURAL_INFO, "it reads");\n' + reads))
    with walls(engine, tmp_path, 1, plugin_path=path) as (a,):
        try:
            a.paint(dot(3, 3, RED))
            wait_for("its paint to be packed", lambda: "it packs" in a.log())
            for colour in RED, GREEN:
                engine.ask("XADD", key("mural", "log"), "*", "w", "somebody.1", "d", payload({(3, 3): colour}, 64, 48))
            wait_for("both entries to be read", lambda: a.log().count("it reads") == 2)
        finally:
            free.touch()
        wait_for("its paint", lambda: len([1 for _, fields in entries(engine) if b"d" in fields]) == 3)
        assert converged(engine, a, seconds=20).pixels[3 * 64 + 3] == RED


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_control_without_what_is_in_flight(far, tmp_path):
    path = without(tmp_path, ("follow.c", "is_landing ? apply_sent(link, sent) :", ""), ("held.c", "& ~in_flight[i]", ""))
    assert take_back(far, tmp_path, plugin_path=path) == RED


@pytest.mark.skipif(not LONG, reason="builds the plugin: set MURALD_LONG=1")
def test_control_without_looking_back(engine, tmp_path):
    path = without(tmp_path, ("follow.c", "link->has_asked && !has_same_last(link, state)", "false"),
                   ("follow.c", " && has_same_last(link, state)", ""),
                   ("follow.c", "link->is_wrong = true", "link->is_wrong = false"))
    with walls(engine, tmp_path, 2, plugin_path=path) as (a, b):
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)
        engine.ask("SAVE")
        a.paint(dot(2, 2, RED))
        b.painted(2, 2, RED)
        roll_back(engine)
        wait_for("all to be back", lambda: all(wall.log().count("linked by") == 2 for wall in (a, b)))
        with pytest.raises(AssertionError):
            converged(engine, a, b, seconds=3)
