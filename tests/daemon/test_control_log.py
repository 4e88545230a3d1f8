# SPDX-License-Identifier: MIT
"""The log of what operators did: what it says, and what becomes of it when it is full or was moved away."""
import json
import os
import re
import resource

from control import Operator, control
from wall import DOTS, Wall


def test_the_log_says_who_did_what(operator):
    operator.done("status")
    operator.done("snapshot")
    act, = operator.log()
    assert act["verb"] == "snapshot" and act["args"] == {} and act["outcome"] == "done" and act["act"] == 1
    assert act["who"] == "root(%d) pid %d" % (os.getuid(), os.getpid())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", act["at"])


def test_the_last_acts(wall, operator):
    """Also those of before the start; no more than a hundred, and of long ones no arguments."""
    assert operator.done("acts") == {"acts": []}
    operator.done("snapshot")
    operator.refused("notice", "usage", text="x" * 2000)
    assert operator.done("acts")["acts"] == [
        dict(act, args=act["args"] if act["verb"] == "snapshot" else {}) for act in operator.log()]
    assert operator.done("status")["acts"] == 2
    log = os.path.join(wall.folder, "control.log")
    with open(log, "a") as f:
        f.write('{"verb":"torn\n[]\n' + "x" * 70000 + "\n")
    wall.stop()
    for _ in range(3):
        with Wall(wall.folder, DOTS, core=control(wall.folder)) as again, Operator(again) as other:
            before = other.done("acts")["acts"]
            for _ in range(50):
                other.refused("unban", "unknown", net="192.0.2.1")
            acts = other.done("acts")["acts"]
            with open(log) as f:
                assert acts == (before + [json.loads(line) for line in f.readlines()[-50:]])[-100:]
            assert other.done("status")["acts"] == 50
    assert len(acts) == 100


def test_an_act_that_calls_itself_a_piece_is_written_down(operator):
    operator.ask("protect", rect="8x8+0+0", part=True)
    assert [act["verb"] for act in operator.log()] == ["protect"]


def test_a_log_that_was_moved_away_is_begun_anew_by_a_reload(wall, operator):
    operator.done("snapshot")
    os.rename(wall.folder + "/control.log", wall.folder + "/control.log.1")
    operator.done("reload")
    operator.done("snapshot")
    assert [act["verb"] for act in operator.log()] == ["reload", "snapshot"]


def test_a_full_log_is_kept_once(wall, operator):
    log = wall.folder + "/control.log"
    operator.done("snapshot")
    for _ in range(2):
        os.truncate(log, (16 << 20) - 100)
        operator.done("snapshot")
        assert os.path.getsize(log + ".1") >= 16 << 20
        assert not os.path.exists(log)
        operator.done("reload")
        assert [act["verb"] for act in operator.log()] == ["reload"]
    assert wall.stop() == 0
    with Wall(wall.folder, DOTS, core=control(wall.folder)) as again, Operator(again) as other:
        assert [act["verb"] for act in other.done("acts")["acts"]][-1:] == ["reload"]


def test_a_full_log_that_was_moved_away_stays_there(wall, operator):
    log = wall.folder + "/control.log"
    operator.done("snapshot")
    os.rename(log, log + ".1")
    open(log, "w").close()
    os.truncate(log + ".1", 16 << 20)
    operator.done("snapshot")
    assert os.path.getsize(log + ".1") > 16 << 20
    operator.done("reload")
    assert [act["verb"] for act in operator.log()] == ["reload"]


def test_a_full_log_that_cannot_be_renamed(wall, operator):
    """Goes on, and it is said once."""
    log = wall.folder + "/control.log"
    operator.done("snapshot")
    os.mkdir(log + ".1")
    os.truncate(log, 16 << 20)
    operator.done("snapshot")
    operator.done("reload")
    with open(log, "rb") as f:
        assert f.read().count(b'"verb":"reload"') == 1
    assert wall.log().count("control.log: cannot rename it") == 1


def test_a_log_that_cannot_be_written(tmp_path):
    core = control(tmp_path).replace("/control.log", "/absent/control.log")
    with Wall(tmp_path, DOTS, core=core) as wall, Operator(wall) as operator:
        operator.done("snapshot")
        operator.done("snapshot")
        assert len(re.findall("control: .*/absent/control.log: cannot open it: No such file", wall.log())) == 1


def test_a_log_with_room_for_half_a_line(tmp_path):
    """Has none of it, so that the next act begins a line; why is said."""
    log = str(tmp_path / "control.log")
    with open(log, "w") as f:
        f.write("\n" * (1 << 20))
    with Wall(tmp_path, DOTS, core=control(tmp_path), prefix=["env", "--ignore-signal=XFSZ"]) as wall, \
            Operator(wall) as operator:
        resource.prlimit(wall.pid, resource.RLIMIT_FSIZE, ((1 << 20) + 50, resource.RLIM_INFINITY))
        operator.done("snapshot")
        assert os.path.getsize(log) == 1 << 20
        assert "control.log: cannot append to it: File too large; acts are not written down" in wall.log()
        resource.prlimit(wall.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        operator.done("notice", text="there is room again")
        with open(log) as f:
            assert [json.loads(line)["verb"] for line in f.read().strip().splitlines()] == ["notice"]
