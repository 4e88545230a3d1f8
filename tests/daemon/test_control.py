# SPDX-License-Identifier: MIT
"""The control socket: what an operator asks of a running wall, and what strangers send."""
import contextlib
import ctypes
import os
import re
import signal
import socket
import stat
import time

import pytest
from PIL import Image

import procfs
from control import Operator, control
from waiting import wait_for
from wall import DOTS, Wall, dot

PR_SET_PDEATHSIG = 1


def test_the_greeting(operator):
    assert operator.greeting["protocol"] == 1
    assert re.fullmatch(r"\d+\.\d+\.\d+", operator.greeting["murald"])


def test_status(wall, operator):
    wall.paint(dot(1, 1, (255, 0, 0)))
    status = operator.done("status")
    assert status["canvas"] == "64x48"
    assert status["display"] == "headless"
    assert status["plugins"] == [{"name": "dots", "plugin": "dots", "open": True, "painted": 1,
                                  "connections": 0, "state": ""}]


def test_ids_come_back_in_order(operator):
    operator.socket.sendall(b'{"id":1,"do":"status"}\n{"id":"two","do":"verbs"}\n\n{"id":[3],"do":"status"}\n')
    assert [operator.read()["id"] for _ in range(3)] == [1, "two", [3]]


def test_verbs_lists_them(operator):
    verbs = {verb["verb"]: verb for verb in operator.done("verbs")["verbs"]}
    assert not verbs["status"]["changes"] and verbs["snapshot"]["changes"]
    assert all(verb["help"] for verb in verbs.values())


def test_snapshot(wall, operator):
    wall.paint(dot(2, 3, (0, 255, 0)))
    assert operator.done("snapshot")["written"] == wall.snapshot
    assert Image.open(wall.snapshot).getpixel((2, 3))[:3] == (0, 255, 0)


def test_a_snapshot_that_cannot_be_written(wall, operator):
    os.mkdir(wall.snapshot)
    assert wall.snapshot + " cannot be written: " in operator.refused("snapshot", "failed")
    assert [act["outcome"] for act in operator.log()] == ["failed"]


def test_several_want_a_snapshot(wall):
    with contextlib.ExitStack() as stack:
        operators = [stack.enter_context(Operator(wall)) for _ in range(5)]
        for operator in operators:
            operator.send({"do": "snapshot"})
            operator.send({"do": "snapshot"})
        for operator in operators + operators:
            assert operator.read() == {"is": {"written": wall.snapshot}}
        operators[0].send({"do": "snapshot"})
        assert wall.stop() == 0


def test_reload(wall, operator):
    wall.edit_config(DOTS, DOTS + "[plugin dots two]\nlisten = 127.0.0.1:0\n")
    assert operator.done("reload") == {"closed": 0, "opened": 1, "failed": 0, "unchanged": 1}
    assert [plugin["name"] for plugin in operator.done("status")["plugins"]] == ["dots", "two"]
    wall.edit_config("[plugin dots two]\nlisten = 127.0.0.1:0\n",
                     "[plugin dots two]\nlisten = unix:/absent/dots\n[canvas]\nbackground = #102030\n")
    done = operator.done("reload")
    why, = done["waiting"]
    assert why["name"] == "two" and "its folder does not exist" in why["state"]
    assert done["failed"] == 1 and done["next_start"] == [{"option": "canvas.background"}]
    operator.done("plugin", name="dots", switch="off")
    again = operator.done("reload")
    assert [plugin["name"] for plugin in again["waiting"]] == ["two"], "the other one is off as it should be"
    assert again["next_start"] == done["next_start"], "it still waits for that"
    wall.edit_config("[plugin dots two]", "[plugin absent]")
    assert "old one stays" in operator.refused("reload", "failed")


def recording(folder):
    return control(folder) + "[record]\nfile = %s/record\n" % folder


def begin_long_restore(wall, operator):
    """Of a recording that does not come, in a thread of libuv's pool; the function that ends that."""
    part = wall.folder + "/record.1"

    def writer():
        with contextlib.suppress(OSError):  # ENXIO: nobody reads yet
            return os.open(part, os.O_WRONLY | os.O_NONBLOCK)

    def end():
        os.remove(part)  # it is opened more than once
        os.close(descriptor)

    os.mkfifo(part)
    operator.send({"do": "restore", "with": {"at": "-1s"}})
    descriptor = wait_for("a reader", writer)
    return end


def test_an_act_that_takes_long_keeps_its_number(tmp_path):
    with Wall(tmp_path, DOTS, core=recording(tmp_path)) as wall, Operator(wall) as operator, Operator(wall) as other:
        end = begin_long_restore(wall, operator)
        other.done("notice", text="meanwhile")
        end()
        operator.read()
        assert [(act["verb"], act["act"]) for act in operator.log()] == [("notice", 2), ("restore", 1)]


@pytest.fixture
def busy_wall(tmp_path):
    """With one thread for files, so that a long restore holds up snapshots."""
    with Wall(tmp_path, DOTS, core=recording(tmp_path), prefix=["env", "UV_THREADPOOL_SIZE=1"]) as wall:
        yield wall


def test_a_snapshot_that_is_in_no_file_any_more(busy_wall):
    """Who asked before the reload is told of the file; who wants the next one, that there is none."""
    wall = busy_wall
    with Operator(wall) as operator, Operator(wall) as one, Operator(wall) as two:
        end = begin_long_restore(wall, operator)
        one.send({"do": "snapshot"})
        two.done("status")
        two.send({"do": "snapshot"})
        wall.edit_config("snapshot = " + wall.snapshot, "snapshot =")
        with Operator(wall) as other:
            other.done("reload")
        end()
        assert one.read() == {"is": {"written": wall.snapshot}}
        assert two.read() == {"error": "failed", "why": "there is no file for it; see canvas.snapshot"}


def test_a_snapshot_while_murald_stops(busy_wall):
    with Operator(busy_wall) as operator, Operator(busy_wall) as one, Operator(busy_wall) as two:
        end = begin_long_restore(busy_wall, operator)
        one.send({"do": "snapshot"})
        two.done("status")
        busy_wall.process.send_signal(signal.SIGTERM)
        assert one.read() == {"error": "failed", "why": "murald is stopping"}
        end()


def test_the_socket_is_for_owner_and_group(wall):
    mode = os.stat(wall.folder + "/control").st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660


def test_the_socket_is_gone_after_the_end(wall):
    assert wall.stop() == 0
    assert not os.path.exists(wall.folder + "/control")


# ---- bad input

WRONG = [
    (b"{", "syntax"), (b"[]", "syntax"), (b"null", "syntax"), (b"\xff\xfe", "syntax"), (b"\0", "syntax"),
    (b'{"do":"status","do":"reload"}', "syntax"), (b"[" * 5000, "syntax"), (b'{"do":"status"} x', "syntax"),
    (b"{}", "usage"), (b'{"do":1}', "usage"), (b'{"do":"status","with":[]}', "usage"),
    (b'{"do":"status","with":null}', "usage"), (b'{"do":"status","with":{"rect":1}}', "usage"),
    (b'{"do":"status","given":{}}', "usage"), (b'{"do":"nonsense"}', "unknown"), (b'{"do":""}', "unknown"),
    (b'{"do":"stop"}', "unknown"), (b'{"do":"status","every":1}', "usage"),
    (b'{"do":"status","every":"x"}', "usage"), (b'{"do":"snapshot","every":1000}', "usage"),
]


def test_what_is_wrong_is_answered(operator):
    for line, word in WRONG:
        operator.socket.sendall(line + b"\n")
        answer = operator.read()
        assert answer["error"] == word and answer["why"], (line, answer)
    assert "is" in operator.ask("status")


def test_half_a_line_is_waited_for_five_seconds(wall, operator):
    operator.socket.sendall(b'{"do":"sta')
    with Operator(wall) as other:
        assert other.done("status")
    assert operator.read() == {"error": "syntax", "why": "a line did not end within 5 s"}
    assert operator.read() is None


def test_half_a_line_behind_a_long_call_ends_after_its_answer(tmp_path):
    part = str(tmp_path / "record.1")
    with Wall(tmp_path, DOTS, core=control(tmp_path) + "[record]\nfile = %s/record\n" % tmp_path) as wall:
        os.mkfifo(part)  # whose reader waits for a writer
        with Operator(wall) as operator, Operator(wall) as other:
            operator.socket.sendall(b'{"id":1,"do":"restore","with":{"at":"-1s"}}\n{"do":"sta')
            time.sleep(5.5)  # longer than a line may take
            assert other.done("status")
            writer = os.open(part, os.O_WRONLY | os.O_NONBLOCK)
            os.remove(part)  # it is opened more than once
            os.close(writer)
            assert operator.read()["id"] == 1
            assert operator.read() == {"error": "syntax", "why": "a line did not end within 5 s"}
            assert operator.read() is None


def test_half_a_line_at_the_end_is_nothing(operator):
    operator.socket.sendall(b'{"do":"snapshot"}\n{"do":"snapshot"}')
    operator.socket.shutdown(socket.SHUT_WR)
    assert "is" in operator.read()
    assert operator.read() is None
    assert len(operator.log()) == 1


def test_a_line_has_an_end(operator):
    try:
        operator.socket.sendall(b"x" * 70000)
    except OSError:
        pass  # it was closed before all had been sent
    assert "64 KiB" in operator.read()["why"]


def test_a_line_may_have_64_kib(operator):
    question = b'{"do":"status"'
    operator.socket.sendall(question + b" " * (65536 - len(question) - 2) + b"}\n")
    assert "is" in operator.read()


def test_sixteen_at_a_time(wall):
    """A process that holds all places loses the one in which nothing was said for longest."""
    operators = [Operator(wall) for _ in range(16)]
    for operator in operators[1:]:
        operator.done("status")
    with Operator(wall) as one_more:
        assert one_more.done("status")
        assert operators[0].read()["error"] == "busy"
        assert operators[0].read() is None
        for operator in operators[1:]:
            assert operator.done("status")
    for operator in operators:
        operator.close()


def fork_one(does):
    """A process of its own, to be killed: it ends with this one, too, and never runs on in the test's name."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                does()
        finally:
            os._exit(1)
    return pid


def watching(wall):
    """A process with a stream."""
    ready, said = os.pipe()

    def watch():
        operator = Operator(wall)
        operator.send({"do": "status", "every": 60000})
        operator.read()
        os.write(said, b"x")
        signal.pause()
    pid = fork_one(watch)
    os.close(said)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


def test_sixteen_who_are_served_keep_their_places(wall):
    pids = [watching(wall) for _ in range(16)]
    try:
        with Operator(wall) as one_too_many:
            assert one_too_many.greeting["error"] == "busy"
            assert one_too_many.read() is None
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def fits():
        with Operator(wall) as again:
            return "protocol" in again.greeting
    wait_for("room for another", fits)


def test_a_thousand_connections_keep_no_operator_out(wall):
    """Of another process, with half lines and without."""
    def crowd():
        kept = []
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(wall.folder + "/control")
                s.sendall(b'{"do":'[:len(kept) % 7])
            except OSError:
                pass
            kept.append(s)
            if len(kept) > 900:
                kept.pop(0).close()
    pid = fork_one(crowd)
    try:
        for _ in range(20):
            with Operator(wall) as operator:
                for _ in range(5):
                    assert operator.done("status")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_who_reads_nothing_hinders_nobody(wall, operator):
    """Its questions wait while a mebibyte of answers does, and then it is closed."""
    with Operator(wall) as deaf:
        deaf.socket.setblocking(False)
        line = b'{"do":"verbs"}\n'

        def is_stuck():
            try:
                deaf.socket.send(line * 1000)
            except BlockingIOError:
                return True
            except (BrokenPipeError, ConnectionResetError):
                return True
            return False
        wait_for("it to be read no more", is_stuck)
        assert operator.done("status")
        assert wall.memory_kib() < 400 * 1024 * 4  # also with AddressSanitizer's
        wait_for("it to be closed", lambda: wall_has_clients(wall) == 1, 40)


def wall_has_clients(wall):
    """Of the control socket; /proc/net/unix has a line for each end that was accepted."""
    with open("/proc/net/unix") as f:
        return sum(line.rstrip().endswith(wall.folder + "/control") for line in f) - 1


# ---- streams

def test_a_stream_goes_on_until_it_is_stopped(operator):
    operator.send({"id": "s", "do": "status", "every": 100})
    for _ in range(3):
        answer = operator.read()
        assert answer["id"] == "s" and answer["more"] and "canvas" in answer["is"]
    operator.send({"id": 2, "do": "status", "every": 100})
    operator.send({"id": 3, "do": "stop", "with": {"id": "s"}})
    rest = []
    while not rest or rest[-1].get("id") != 3:
        rest.append(operator.read())
    ends = [answer for answer in rest if not answer.get("more")]
    assert ends[0]["id"] == 2 and ends[0]["error"] == "busy"
    assert ends[1:] == [{"id": "s", "is": {}}, {"id": 3, "is": {}}]
    assert "is" in operator.ask("status")


def test_a_stream_ends_with_its_client(wall):
    with Operator(wall) as operator:
        operator.send({"do": "status", "every": 100})
        operator.read()
    wait_for("it to be gone", lambda: wall_has_clients(wall) == 0)
    wall.wait_idle()


# ---- the wall does without it

def test_no_socket(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        assert "control" not in wall.log()


def test_a_socket_that_cannot_be_made(tmp_path):
    (tmp_path / "control").mkdir()
    with Wall(tmp_path, DOTS, core=control(tmp_path)) as wall:
        wall.paint(dot(1, 1, (255, 0, 0)))
        assert "cannot listen on unix:%s/control: that path exists and is not a socket" % tmp_path in wall.log()
        assert "control: nobody can steer this wall" in wall.log()


def test_a_socket_of_another_wall(tmp_path, wall):
    other = tmp_path / "other"
    other.mkdir()
    with Wall(other, DOTS, core=control(tmp_path)) as second:
        assert "another program does, or another instance here; stop it, or choose another path" in second.log()
    with Operator(wall) as operator:
        assert "is" in operator.ask("status")


def test_a_socket_that_was_left_behind(tmp_path, wall):
    wall.kill()
    assert os.path.exists(wall.folder + "/control")
    wall.start().wait_ready()
    with Operator(wall) as operator:
        assert "is" in operator.ask("status")


def test_stopping_amid_questions(wall, operator):
    operator.send({"do": "status", "every": 100})
    operator.read()
    for _ in range(50):
        operator.send({"id": 1, "do": "verbs"})
    assert wall.stop() == 0


@pytest.mark.parametrize("verb", ["reload", "snapshot", "status"])
def test_what_is_asked_in_the_last_turn_of_the_loop(wall, operator, verb):
    """The signal comes with the question: the turn that would answer it is not begun any more."""
    wall.process.send_signal(signal.SIGSTOP)
    wait_for("it to be stopped", lambda: procfs.status(wall.pid)["State"].startswith("T"))
    operator.send({"id": 1, "do": verb})
    wall.process.send_signal(signal.SIGTERM)
    wall.process.send_signal(signal.SIGCONT)
    assert operator.read() == {"id": 1, "error": "failed", "why": "murald is stopping"}
    assert wall.process.wait(30) == 0
    assert "the new config is wrong" not in wall.log() and "reading the config" not in wall.log()
