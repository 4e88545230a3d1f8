# SPDX-License-Identifier: MIT
"""What an operator of one linked wall does to all of them."""
import contextlib
import re
import resource
import time

import pytest

import procfs
from control import Operator, control
from linking import Client, converged, entries, fold, key, linked, payload, short_folder, wait_linked, walls
from relay import Relay
from sanitizer import SANITIZED
from waiting import stays, wait_for
from wall import DOTS, Wall, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_a_wall_that_is_frozen(engine, tmp_path):
    """It keeps its picture to itself, and follows when it may."""
    folder = short_folder(tmp_path, "f")
    with walls(engine, tmp_path, 1, "snapshot = 1h") as (a,), \
            linked(engine, folder, "snapshot = 1h\nreins = no", core=control(folder)) as frozen, \
            Operator(frozen) as operator:
        wait_linked(frozen)
        a.paint(dot(1, 1, RED))
        frozen.painted(1, 1, RED)
        operator.done("freeze")
        a.paint(dot(1, 1, BLUE) + dot(2, 1, BLUE))
        wait_for("the entry", lambda: fold(engine).pixels[64 + 1] == BLUE)
        before = entries(engine)
        stays("frozen", lambda: frozen.picture().getpixel((1, 1)) == RED and entries(engine) == before, 1.5)
        operator.done("thaw")
        frozen.painted(1, 1, BLUE)
        converged(engine, a, frozen)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer ends what has no memory; build without --enable-sanitizer")
def test_a_wall_that_is_frozen_without_memory(engine, tmp_path):
    """It follows as well when it may; a picture of four megabytes tells its memory from what anything else takes."""
    folder = short_folder(tmp_path, "f")
    with walls(engine, tmp_path, 1, "snapshot = 1h", size="1024x1024") as (a,), \
            linked(engine, folder, "snapshot = 1h\nreins = no", core=control(folder), size="1024x1024") as frozen, \
            Operator(frozen) as operator:
        wait_linked(frozen)
        frozen.wait_idle()
        operator.done("freeze")
        most = (procfs.memory_kib(frozen.pid, "VmData") << 10) + (1 << 20)
        before = resource.prlimit(frozen.pid, resource.RLIMIT_DATA)
        resource.prlimit(frozen.pid, resource.RLIMIT_DATA, (most, before[1]))
        a.paint(dot(1, 1, BLUE) + dot(1000, 1000, RED))
        wait_for("the entry", lambda: [1 for _, fields in entries(engine) if b"d" in fields])
        frozen.wait_idle()
        resource.prlimit(frozen.pid, resource.RLIMIT_DATA, before)
        operator.done("thaw")
        assert converged(engine, a, frozen).pixels[1024 + 1] == BLUE


def test_what_a_frozen_wall_waits_with(engine, tmp_path):
    """A pixel of sixteen million keeps it from nothing."""
    folder = short_folder(tmp_path, "f")
    with linked(engine, folder, "picture = 4096x4096\nreins = no", core=control(folder)) as frozen, \
            Operator(frozen) as operator:
        wait_linked(frozen)
        operator.done("freeze")
        engine.ask("XADD", key("mural", "log"), "*", "w", "somebody.1", "d", payload({(1, 1): BLUE}, 4096, 4096))
        frozen.wait_idle()
        before = procfs.loop_seconds(frozen.pid)
        time.sleep(2)  # it tries again once a second
        assert procfs.loop_seconds(frozen.pid) - before < 0.02, "it looks for that one among all of them"
        operator.done("thaw")
        frozen.painted(1, 1, BLUE)


def test_a_wall_that_only_shows_and_is_frozen(engine, tmp_path):
    """What its operator painted meanwhile is put back when it may."""
    folder = short_folder(tmp_path, "f")
    with walls(engine, tmp_path, 1) as (a,), \
            linked(engine, folder, "role = view\nreins = no", core=control(folder)) as view, Operator(view) as operator:
        wait_linked(view)
        operator.done("freeze")
        operator.done("clear", rect="2x2+5+5", colour="#0000ff")
        view.painted(5, 5, BLUE)
        stays("frozen", lambda: view.picture().getpixel((5, 5)) == BLUE, 1.5)
        operator.done("thaw")
        view.painted(5, 5, (0, 0, 0))
        converged(engine, a, view)


def test_what_an_operator_paints_on_a_frozen_wall(engine, tmp_path):
    """It is paint of this wall, which others may paint over as any other; also in the colour that it was frozen in."""
    folder, black = short_folder(tmp_path, "f"), (0, 0, 0)

    def two():
        return fold(engine).pixels[64 + 1:64 + 41:39]
    with walls(engine, tmp_path, 1) as (a,), linked(engine, folder, "reins = no", core=control(folder)) as frozen, \
            Operator(frozen) as operator:
        wait_linked(frozen)
        operator.done("freeze")
        a.paint(dot(1, 1, BLUE) + dot(40, 1, BLUE))
        wait_for("the entry", lambda: two() == [BLUE, BLUE])
        frozen.wait_idle()
        operator.done("clear", rect="40x1+1+1", colour="#ff0000")
        wait_for("its paint", lambda: two() == [RED, RED])
        some = payload({(1, 1): black, (40, 1): GREEN}, 64, 48)
        engine.ask("XADD", key("mural", "log"), "*", "w", "somebody.1", "d", some)
        stays("frozen", lambda: frozen.picture().getpixel((1, 1)) == RED, 1.5)
        operator.done("thaw")
        converged(engine, a, frozen)
        assert two() == [black, GREEN]


@contextlib.contextmanager
def steered(engine, folder, name, more="", **rest):
    """A linked wall and its operator."""
    folder = short_folder(folder, name)
    with linked(engine, folder, more, core=control(folder), **rest) as wall, Operator(wall) as operator:
        wait_linked(wall)
        yield operator


def acts(operator):
    """(verb, outcome) of what came from other walls."""
    return [(act["verb"], act["outcome"]) for act in operator.log() if act["who"].startswith("link: ")]


def test_reins_hold_on_all_walls(engine, tmp_path):
    """Each writes down whose they are; one keeps its own; who comes late has what is still in force."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b, \
            steered(engine, tmp_path, "c", "reins = no") as c:
        a.done("freeze")
        wait_for("the freeze", lambda: acts(b) == [("freeze", "done")])
        assert b.done("status")["frozen"]
        who = [act["who"] for act in b.log() if act["verb"] == "freeze"]
        assert len(who) == 1 and re.match(r"link: .*\(\d+\) pid \d+ on .+", who[0]), who
        b.done("thaw")
        wait_for("the thaw", lambda: acts(a) == [("thaw", "done")])
        assert not a.done("status")["frozen"]
        a.done("protect", rect="10x10+5+6")
        a.done("ban", net="203.0.113.0/24", for_="1h", why="\"too\" löud")
        a.done("ban", net="198.51.100.7")
        a.done("notice", text="Zur Bühne", for_="10min")
        a.done("unban", net="198.51.100.7")
        a.done("clear", rect="1x1+1+1")
        wait_for("all of it", lambda: len(acts(b)) == 6)
        # answered when each is done, which may take some turns of the loop
        assert sorted(acts(b)) == [(verb, "done") for verb in ("ban", "ban", "freeze", "notice", "protect", "unban")]
        assert [ban["net"] for ban in b.done("bans")["bans"]] == ["203.0.113.0/24"]
        assert b.done("bans")["bans"][0]["why"] == "\"too\" löud"
        assert all(act["args"]["really"] for act in b.log() if act["verb"] == "ban"), "b may be in that network"
        assert b.done("status")["notice"]["text"] == "Zur Bühne"
        with steered(engine, tmp_path, "late") as late:
            wait_for("what is in force", lambda: len(acts(late)) == 5)  # of freeze and thaw the last
            assert {verb for verb, outcome in acts(late) if outcome == "done"} >= {"protect", "ban", "notice"}
            assert not late.done("status")["frozen"]
            for operator in (b, late):
                assert [area["rect"] for area in operator.done("protected")["protected"]] == ["10x10+5+6"]
            assert len(late.done("bans")["bans"]) == 1
        assert acts(c) == [] and not c.done("bans")["bans"]
        assert acts(a) == [("thaw", "done")]


def test_reins_of_a_wall_of_another_size(engine, tmp_path):
    """The same place of the picture; what the other does not show is none of its business."""
    same = "picture = 128x96\n"
    with steered(engine, tmp_path, "a", same, size="128x96") as a, \
            steered(engine, tmp_path, "b", same + "origin = 37,20") as b:
        a.done("protect", rect="5x5+0+0")
        a.done("protect", rect="10x10+32+22")
        b.done("protect", rect="3x2+60+40")
        wait_for("both", lambda: acts(b) and acts(a) and acts(b) + acts(a) == 2 * [("protect", "done")])
        assert "5x10+0+2" in [area["rect"] for area in b.done("protected")["protected"]]
        assert "3x2+97+60" in [area["rect"] for area in a.done("protected")["protected"]]


def test_reins_without_an_engine(engine, tmp_path):
    """A wall keeps its own, and tells of them when it can."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        engine.kill()
        a.done("freeze")
        assert a.done("status")["frozen"] and not b.done("status")["frozen"]
        engine.start()
        wait_for("the freeze", lambda: b.done("status")["frozen"], 60)


def test_reins_that_were_told_late(engine, tmp_path):
    """What is over by then is not told, what the engine refused at first is."""
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        engine.kill()
        a.done("ban", net="192.0.2.1", for_="1s")
        a.done("freeze")
        time.sleep(1.5)  # until the ban is over
        engine.start()
        wait_for("the freeze", lambda: acts(b), 60)
        assert acts(b) == [("freeze", "done")]
        engine.ask("CONFIG", "SET", "maxmemory", "1")
        a.done("thaw")
        stays("frozen", lambda: b.done("status")["frozen"], 1)
        engine.ask("CONFIG", "SET", "maxmemory", "0")
        wait_for("the thaw", lambda: not b.done("status")["frozen"], 60)


def test_reins_in_the_order_of_the_log(engine, tmp_path):
    """Who did the last act there follows nobody's earlier one that it reads after that."""
    log = key("mural", "reins")
    folder = short_folder(tmp_path, "a")
    with Relay(engine.path) as relay, steered(engine, tmp_path, "b") as b, \
            Wall(folder, DOTS + "[plugin link]\nengine = localhost:%d\n" % relay.port, core=control(folder)) as wall, \
            Operator(wall) as a:
        wait_linked(wall)
        relay.delay = None
        b.done("freeze")
        wait_for("the freeze", lambda: engine.ask("XLEN", log) == 1)
        a.done("freeze")
        a.done("thaw")
        wait_for("the others", lambda: engine.ask("XLEN", log) == 3)
        relay.delay = 0
        wait_for("the thaw", lambda: ("thaw", "done") in acts(b))
        stays("thawed", lambda: not a.done("status")["frozen"] and not b.done("status")["frozen"], 1.5)


def several(engine, *verbs):
    """Somebody's acts that are all there at once."""
    with Client(engine.path) as client:
        client.ask("MULTI")
        for verb, args in verbs:
            client.ask("XADD", key("mural", "reins"), "*", "n", "somebody", "v", verb, "a", args)
        client.ask("EXEC")


def test_as_many_reins_as_are_read_at_once(engine, tmp_path):
    """They are done though nobody paints then."""
    with steered(engine, tmp_path, "a") as a:
        several(engine, *[("ban", '{"net": "192.0.2.%d"}' % i) for i in range(3)], ("freeze", "{}"))
        wait_for("the freeze", lambda: a.done("status")["frozen"])


def test_a_long_ban(engine, tmp_path):
    with steered(engine, tmp_path, "a") as a, steered(engine, tmp_path, "b") as b:
        a.done("ban", net="192.0.2.1", for_="60d")
        wait_for("the ban", lambda: b.done("bans")["bans"])


def test_reins_of_an_engine_that_began_anew(engine, tmp_path):
    """Its clock may have gone back."""
    log = key("mural", "reins")
    with steered(engine, tmp_path, "a") as a:
        engine.ask("XADD", log, "9999999999999-0", "n", "x", "v", "ban", "a", '{"net": "192.0.2.1"}')
        wait_for("the ban", lambda: a.done("bans")["bans"])
        engine.ask("FLUSHALL")
        wait_for("a snapshot", lambda: engine.ask("EXISTS", key("mural", "snap")), 60)
        several(engine, ("freeze", "{}"))
        wait_for("the freeze", lambda: a.done("status")["frozen"], 60)


def test_reins_without_a_state(engine, tmp_path):
    """An act is done at once there."""
    folder = short_folder(tmp_path, "a")
    core = "[control]\nsocket = %s/control\nlog = %s/control.log\nstate =\n" % (folder, folder)
    with linked(engine, folder, core=core) as wall, Operator(wall) as a:
        wait_linked(wall)
        several(engine, ("notice", '{"text": "hello"}'))
        wait_for("the notice", lambda: a.done("status")["notice"])
        stays("one", lambda: acts(a) == [("notice", "done")], 1)


def test_reins_of_several_sections(engine, tmp_path):
    """Each sends what its wall's operators do, and none what another one received: it would go round for ever."""
    sections = DOTS + "".join("[plugin link%s]\nengine = unix:%s\nworld = yes\n%s" % (name, engine.path, rest) for name, rest in (
        ("", "origin = 992,0\n"), (" right", "offset = 32,0\norigin = 1024,0\n")))
    with contextlib.ExitStack() as stack:
        operators = []
        for name in "ab":
            folder = short_folder(tmp_path, name)
            wall = stack.enter_context(Wall(folder, sections, core=control(folder)))
            wait_for("both", lambda wall=wall: len(re.findall("linked by", wall.log())) == 2)
            operators.append(stack.enter_context(Operator(wall)))
        a, b = operators
        a.done("ban", net="192.0.2.1")
        wait_for("the ban", lambda: len(b.log()) == 2)  # by each section
        stays("nothing more", lambda: (len(a.log()), len(b.log())) == (1, 2), 2)


def test_reins_that_make_no_sense(engine, tmp_path):
    """What somebody else writes is looked at like what an operator says, and more than these verbs it cannot do."""
    log = key("mural", "reins")
    with steered(engine, tmp_path, "a") as a:
        for fields in (["v", "clear", "a", "{}"], ["v", "freeze"], ["a", "{}"], ["v", "freeze", "a", "[1]"],
                       ["v", "freeze", "a", "{"], ["v", "freeze" * 99, "a", "{}"], ["v", "freeze", "a", "{}" * 9999],
                       ["v", "freeze", "a", "{}", "r", "0x0+1+1"], ["v", "freeze", "a", "{}", "f", "x"],
                       ["v", "freeze", "a", "{}", "f", "999"], ["v", "ban", "a", '{"net": "everybody"}', "o", b"\n\xff"],
                       ["v", "notice", "a", '{"text": "hello"}', "o", "x" * 999]):
            engine.ask("XADD", log, "*", "n", "somebody", *fields)
        wait_for("the last", lambda: ("notice", "done") in acts(a) and len(acts(a)) == 2)
        assert not a.done("status")["frozen"]
        assert sorted(acts(a)) == [("ban", "usage"), ("notice", "done")]
        assert [act["who"] for act in a.log() if act["verb"] == "ban"] == ["link: somebody"]
