# SPDX-License-Identifier: MIT
"""server.limits = shared: what a source may do is one over all walls of the same picture."""
import contextlib
import os
import re
import socket
import struct
import time

import pytest

from boardclient import Board, board_wall
from control import Operator, control
from linking import linked, section, short_folder, wait_linked
from relay import Relay
from shared import SHARED, SPENT, dots, malformed, needs_http, state, told
from waiting import stays, wait_for
from wall import DOTS, Wall, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")


def sharing(engine, folder, rate):
    return linked(engine, folder, core=SHARED + "pixels-per-source = %d\n" % rate + control(folder))


def finish(wall, client, place):
    """Until all that the client sent is on the canvas: the last dot is of another colour."""
    client.sendall(dot(place, 47, (1, 2, 3)))
    wait_for("the last dot", lambda: wall.picture().getpixel((place, 47))[:3] == (1, 2, 3), 60)


def spending(amount, address="127.0.0.1", claimed=False, kind=0):
    """One source of a telling (doc/protocols.md)."""
    amounts = [0, 0]
    amounts[kind] = amount
    return struct.pack(">BB8x4x4s2Q", 1 | claimed << 1, 0, socket.inet_aton(address), *amounts)


def spending6(amount, address, prefix):
    return struct.pack(">BB16s2Q", 0, prefix, socket.inet_pton(socket.AF_INET6, address), amount, 0)


@needs_http
def test_a_source_has_one_budget(engine, tmp_path):
    """1500 pixels on each of two walls at 500 a second in all, and one more on each once both know of all: four
    seconds, where two walls by themselves would take two.  Who hears late of what was spent elsewhere waits
    afterwards."""
    def wall(name):
        return board_wall(short_folder(tmp_path, name), others=DOTS + section(engine),
                          core=SHARED + "pixels-per-source = 500\n")

    with wall("a") as a, wall("b") as b, Board(a) as at_a, Board(b) as at_b:
        wait_linked(a, b)
        with a.tcp() as one, b.tcp() as two:
            begin = time.monotonic()
            one.sendall(dots(1500))
            two.sendall(dots(1500))
            finish(a, one, 1)
            finish(b, two, 2)
            wait_for("all to be told", lambda: told(engine) == {"127.0.0.1": 3002})
            engine.ask("XADD", SPENT, "*", "n", "somebody", "d", b"?")
            wait_for("all to be heard", lambda: malformed(at_a, "link") and malformed(at_b, "link"))
            finish(a, one, 3)
            finish(b, two, 4)
            assert time.monotonic() - begin > 3.2


def test_budgets_without_an_engine(engine, tmp_path):
    """Each wall goes on by its own, and says so."""
    with sharing(engine, short_folder(tmp_path, "a"), 500) as a:
        wait_linked(a)
        engine.kill()
        wait_for("a word", lambda: "goes on alone, with limits of its own, and tries again" in a.log())
        assert ", with limits of its own: " in state(a)
        a.paint(dot(1, 1, (1, 2, 3)))
        a.painted(1, 1, (1, 2, 3))
        engine.start()
        wait_for("it to be linked", lambda: a.log().count("linked by") == 2, 60)
        with a.tcp() as client:
            client.sendall(dots(100))
            wait_for("it to be told", lambda: told(engine).get("127.0.0.1", 0) > 0)
        assert a.log().count("limits of its own") == 1


def test_tellings_that_make_no_sense(engine, tmp_path):
    """They are counted and skipped; one that says far too much costs its source two seconds."""
    with sharing(engine, short_folder(tmp_path, "a"), 500) as a:
        wait_linked(a)
        for data in (b"", b"\2" + spending(1), b"\1" + spending(1)[:-1], b"\1\0", b"\1" + spending(1 << 63),
                     b"\1\4" + spending(1)[1:], b"\1" + spending(1) * 513):
            engine.ask("XADD", SPENT, "*", "n", "somebody", "d", data)
        engine.ask("XADD", SPENT, "*", "n", "somebody", "other", "field")
        for _ in range(20):
            engine.ask("XADD", SPENT, "*", "n", "somebody", "d",
                       b"\1" + spending((1 << 63) - 1) + spending((1 << 63) - 1, kind=1))
        engine.ask("XADD", SPENT, "*", "n", "somebody", "d", b"\1" + spending(400, "127.0.0.9"))
        with a.tcp() as client, a.tcp(source="127.0.0.9") as other:
            client.sendall(dots(100))
            finish(a, client, 3)
            other.sendall(dots(700))
            finish(a, other, 4)  # within a minute
        assert a.totals("link")["malformed"] == 7


def test_walls_of_different_source_prefix(engine, tmp_path):
    """It is said once; a prefix that is none makes no sense."""
    with sharing(engine, short_folder(tmp_path, "a"), 500) as a:
        wait_linked(a)
        for prefix in 0, 129, 64, 128, 48:
            engine.ask("XADD", SPENT, "*", "n", "somebody", "d", b"\1" + spending6(1, "2001:db8::", prefix))
        wait_for("a word", lambda: "source-prefix is 64 here and 128 on another wall" in a.log())
        assert a.totals("link")["malformed"] == 2
        assert a.log().count("source-prefix is") == 1


class Swallower(Relay):
    """Once `swallows` is set the next question for what is shared gets lost, and its connection stays open."""
    swallows = False

    def note(self, data, held, asked):
        if self.swallows and b"XREAD" in data and b":share:limits" in data:
            self.swallows = False
            raise OSError("swallowed")


@pytest.mark.skipif(not LONG, reason="a wall has patience for 15 s: set MURALD_LONG=1")
def test_an_engine_that_falls_silent_on_what_is_shared(engine, tmp_path):
    with Swallower(engine.path) as relay, Wall(
            tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:%d\n" % relay.port, core=SHARED) as wall:
        wait_linked(wall)
        relay.swallows = True
        wait_for("a word", lambda: "it does not say what is shared; the wall goes on alone" in wall.log(), 60)
        wait_for("it to be linked", lambda: wall.log().count("linked by") == 2, 60)


def test_nobody_carries(tmp_path):
    with Wall(tmp_path, DOTS, core=SHARED) as wall:
        wait_for("a word", lambda: "limits = shared, but nothing links this wall" in wall.log(), 60)


def test_two_sections_tell_once(engine, tmp_path):
    """A wall with two links has one carrier."""
    more = "offset = 0,0\nregion = 32x48\n"
    with Wall(short_folder(tmp_path, "a"), DOTS + section(engine, more) + section(engine, "offset = 32,0\n", "other")
              .replace("[plugin link]", "[plugin link right]"), core=SHARED + "pixels-per-source = 500\n") as a:
        wait_for("both to be linked", lambda: a.log().count("linked by") == 2)
        a.paint(dots(100))
        wait_for("it to be told", lambda: told(engine) == {"127.0.0.1": 100})
        assert engine.ask("EXISTS", SPENT.replace("mural.0", "other.0")) == 0


def carried_by(engine, name, wall, colour):
    """Waits until that wall tells of what is painted by this name."""
    at = SPENT.replace("mural.0", name + ".0")
    before = engine.ask("XLEN", at)

    def is_told():
        wall.paint(dots(1, colour))
        return engine.ask("XLEN", at) > before
    wait_for("limits to be carried by " + name, is_told, 60)


def test_another_section_carries(engine, tmp_path):
    """The first that runs does, whatever becomes of it: at a reload, by an operator, or as it cannot start."""
    folder = short_folder(tmp_path, "a")
    first = section(engine, "offset = %d,0\nregion = 32x48\n").replace("[plugin link]", "[plugin link left]")
    second = section(engine, "offset = 32,0\n", "other").replace("[plugin link]", "[plugin link right]")
    core = SHARED + "pixels-per-source = 5000\n" + control(folder)

    with Wall(folder, DOTS + first % 0 + second, core=core) as a, Operator(a) as operator:
        wait_for("both to be linked", lambda: a.log().count("linked by") == 2)
        carried_by(engine, "mural", a, (1, 1, 1))
        a.reload(DOTS + second)
        carried_by(engine, "other", a, (2, 2, 2))
        assert "right: carries server.limits = shared from now on" in a.log()
        a.reload(DOTS + first % 0 + second)
        carried_by(engine, "mural", a, (3, 3, 3))
        operator.done("plugin", name="left", switch="off")
        carried_by(engine, "other", a, (4, 4, 4))
        operator.done("plugin", name="left", switch="on")
        carried_by(engine, "mural", a, (5, 5, 5))
        a.reload(DOTS + first % 64 + second)  # it lies outside
        carried_by(engine, "other", a, (6, 6, 6))
        # and it is the only one
        told_by_first = engine.ask("XLEN", SPENT)
        carried_by(engine, "other", a, (7, 7, 7))
        assert engine.ask("XLEN", SPENT) == told_by_first
        a.reload(DOTS + second + first % 0)
        carried_by(engine, "other", a, (8, 8, 8))
        a.reload(DOTS + first % 0 + second)  # the same two in another order
        carried_by(engine, "mural", a, (9, 9, 9))
        assert "alone" not in a.log().split("linked by", 2)[2]


def test_a_section_that_cannot_start_takes_nothing_over(engine, tmp_path):
    """It is tried again every second."""
    folder = short_folder(tmp_path, "a")
    wrong = os.path.join(folder, "wrong.pem")
    with open(wrong, "w", encoding="ascii") as file:
        file.write("no certificate\n")
    first = section(engine, "tls = yes\ntls-ca = %s\nregion = 32x48\nrequired = no\n" % wrong)
    first = first.replace("[plugin link]", "[plugin link left]")
    second = section(engine, "offset = 32,0\n", "other").replace("[plugin link]", "[plugin link right]")
    with contextlib.ExitStack() as stack:
        a = Wall(folder, DOTS + first + second, core=SHARED + "pixels-per-source = 5000\n").start()
        stack.push(a)
        wait_for("a word", lambda: re.search("left: could not be opened|write a tunnel", a.log()))
        if "tunnel" in a.log():
            pytest.skip("this hiredis knows no TLS: Debian 13's does")
        a.wait_ready()
        carried_by(engine, "other", a, (1, 1, 1))
        stays("carried by it", lambda: "right: carries server.limits" not in a.log(), 3)
