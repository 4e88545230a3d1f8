# SPDX-License-Identifier: MIT
"""After a callback that failed, its counterpart is not called; what was opened before is closed, and
murald tries again."""
import contextlib
import os

import pytest

from test_host import HERE, PLUGINS, WORKERS
from wall import Wall, wait_for


def failing(tmp_path, workers, fails, name="failing", more="", required="no"):
    (tmp_path / "fails").mkdir()
    for one in fails:
        (tmp_path / "fails" / one).touch()
    return Wall(tmp_path, "[plugin %s]\nfolder = %s/fails\nrequired = %s\n%s" % (name, tmp_path, required, more),
                core="workers = %d\n" % workers, plugin_path="%s:%s" % (HERE, PLUGINS))


def mend(tmp_path, name):
    (tmp_path / "fails" / name).unlink()


def calls(wall):
    """What was called, in order.  (The log does not repeat what is tried again.)"""
    path = os.path.join(wall.folder, "fails", "calls")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return f.read().splitlines()


@WORKERS
def test_an_attach_that_fails_has_no_detach(tmp_path, workers):
    with failing(tmp_path, workers, ["attach"], more="listen = 127.0.0.1:0\n") as wall:
        wait_for("more attempts", lambda: calls(wall).count("attach fails") >= 2, 30)
        assert set(calls(wall)) == {"attach fails"} and "failing: listening on" not in wall.log()
        mend(tmp_path, "attach")
        wait_for("success", lambda: "drain" in calls(wall), 30)
        wall.painted(1, 1, (0, 255, 0))
        wait_for("its address", lambda: "failing: listening on" in wall.log(), 30)
        assert wall.stop() == 0
        assert calls(wall)[-1] == "detach"
        assert calls(wall).count("detach") == calls(wall).count("attach") == 1


@WORKERS
def test_a_drain_that_fails_is_detached_and_attached_again(tmp_path, workers):
    with failing(tmp_path, workers, ["drain"]) as wall:
        wait_for("more attempts", lambda: calls(wall).count("drain fails") >= 2, 30)
        (tmp_path / "fails" / "attach").touch()
        wait_for("an attach that fails", lambda: "attach fails" in calls(wall), 30)
        mend(tmp_path, "attach")
        mend(tmp_path, "drain")
        wait_for("success", lambda: "drain" in calls(wall), 30)
        assert wall.stop() == 0
    said = calls(wall)
    for first, then in zip(said, said[1:]):
        assert (first != "drain fails" or then == "detach") and (first != "attach fails" or then != "detach"), said
    assert said.count("attach") == said.count("detach")


@WORKERS
def test_a_socket_whose_open_fails_is_closed_without_close(tmp_path, workers):
    with failing(tmp_path, workers, ["open"], more="listen-udp = 127.0.0.1:0\n") as wall:
        wait_for("the refusal", lambda: "open fails" in calls(wall), 30)
        assert "the plugin refused its UDP socket" in wall.log()
        assert "close" not in calls(wall) and calls(wall).count("detach") >= 1
        mend(tmp_path, "open")
        wait_for("success", lambda: "open" in calls(wall), 30)
        assert wall.stop() == 0
        assert calls(wall).count("close") == 1
        assert calls(wall).count("attach") == calls(wall).count("detach")


@WORKERS
def test_a_client_whose_open_or_feed_fails(tmp_path, workers):
    with failing(tmp_path, workers, ["open", "feed"], more="listen = 127.0.0.1:0\n") as wall:
        with wall.tcp("failing") as client:
            assert client.recv(10) == b""
        assert calls(wall).count("open fails") == 1 and "close" not in calls(wall)
        mend(tmp_path, "open")
        with wall.tcp("failing") as client:
            client.sendall(b"x")
            assert client.recv(10) == b""
        wait_for("its close()", lambda: calls(wall)[-3:] == ["open", "feed fails", "close"])


@pytest.mark.parametrize("fails, said", [
    (["init"], ["init fails"]), (["start"], ["init", "start fails", "finish"])])
def test_a_service_that_fails_has_no_stop(tmp_path, fails, said):
    with failing(tmp_path, 1, fails, name="failing-service") as wall:
        wait_for("some attempts", lambda: calls(wall)[:4 * len(said)] == said * 4, 30)
        mend(tmp_path, fails[0])
        wait_for("success", lambda: calls(wall)[-1] == "start", 30)
        assert wall.stop() == 0
        assert calls(wall)[-4:] == ["init", "start", "stop", "finish"]


@pytest.mark.parametrize("name, fails", [("failing", "attach"), ("failing-service", "start"), ("failing-service", "init")])
def test_what_is_required_ends_the_start(tmp_path, name, fails):
    wall = failing(tmp_path, 1, [fails], name=name, required="yes").start()
    assert wall.process.wait(30) == 1
    assert "%s: could not be opened, and it is required" % name in wall.log()
    assert not {"detach", "stop"} & set(calls(wall))


@WORKERS
def test_the_details_say_why_a_client_was_closed(tmp_path, workers):
    wall = failing(tmp_path, workers, ["open", "feed"], more="listen = 127.0.0.1:0\n")
    with contextlib.ExitStack() as stack:
        stack.push(wall.start("-v").wait_ready())
        with wall.tcp("failing") as client:
            assert client.recv(10) == b""
        mend(tmp_path, "open")
        with wall.tcp("failing") as client:
            client.sendall(b"x")
            assert client.recv(10) == b""
        mend(tmp_path, "feed")
        with wall.tcp("failing") as client:
            client.sendall(b"-" * 1025)
            assert client.recv(10) == b""
        said = [line for line in wall.log().splitlines() if "a client is closed" in line]
        assert said == ["murald: debug: failing: a client is closed: " + why for why in (
            "open() failed: Input/output error", "feed() failed: Input/output error",
            "feed() left 1025 bytes, more than MURAL_REST_MAX")]
