# SPDX-License-Identifier: MIT
"""SIGHUP: the config is read again while the wall goes on."""
import os
import re
import shutil
import signal
import socket
import threading
import time

import pytest

import procfs
from control import Operator, control
from p2client import sub
from sanitizer import SANITIZED
from systemd import Systemd
from wall import BUILD, DOTS, PLUGINS, Wall, dot, has_plugin, wait_for

HAS_P2 = has_plugin("p2")
needs_p2 = pytest.mark.skipif(not HAS_P2, reason="built without p2: apt-get install liboath-dev")
FLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"


def reloaded(log):
    """How many instances were closed, opened, failed, unchanged."""
    return tuple(int(n) for n in re.search(
        r"reload: (\d+) closed, (\d+) opened, (\d+) failed, (\d+) unchanged", log).groups())


def ask(client, line):
    """Sends a Pixelflut line; the line that comes back."""
    client.sendall(line + b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        more = client.recv(1000)
        assert more, "closed"
        answer += more
    return answer.strip()


def is_closed(client):
    try:
        return client.recv(10) == b""
    except ConnectionResetError:  # what it had sent was not read any more
        return True


def threads(wall):
    return len(procfs.threads(wall.pid))


def loaded(wall, module):
    with open("/proc/%d/maps" % wall.process.pid) as f:
        return module + ".so" in f.read()


class Flood(threading.Thread):
    """Paints over one connection as fast as it can until told to stop, and counts the pixels."""

    def __init__(self, wall):
        super().__init__()
        self.client, self.over, self.sent, self.error = wall.tcp("pixelflut"), False, 0, None

    def run(self):
        lines = b"".join(b"PX %d %d %02x%02x%02x\n" % (i % 64, i // 64 % 48, i & 255, i >> 8, 7)
                         for i in range(3072))
        try:
            while not self.over:
                self.client.sendall(lines)
                self.sent += 3072
            assert ask(self.client, b"SIZE") == b"SIZE 64 48"
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def stop(self):
        self.over = True
        self.join(30)
        assert self.error is None, self.error
        return self.sent


@pytest.mark.parametrize("workers", ["0", "2"])
def test_plugins_come_change_and_go_while_another_is_flooded(tmp_path, workers):
    with Wall(tmp_path, FLUT, core="workers = " + workers) as wall:
        floods = [Flood(wall) for _ in range(3)]
        for flood in floods:
            flood.start()
        assert reloaded(wall.reload(DOTS + FLUT)) == (0, 1, 0, 1)
        with wall.tcp() as client:
            client.sendall(dot(1, 2, (10, 20, 30)))
            assert loaded(wall, "dots")
            assert reloaded(wall.reload(FLUT + DOTS + "region = 10x10\n")) == (1, 1, 0, 1)
            assert is_closed(client)
        assert reloaded(wall.reload(FLUT)) == (1, 0, 0, 1)
        assert not loaded(wall, "dots")
        wait_for("the floods to go on", lambda: all(flood.sent > 3072 for flood in floods))
        sent = sum(flood.stop() for flood in floods)
        assert sent > 3 * 3072
        assert wall.stop() == 0
        assert "pixelflut: painted %d pixels, discarded nothing" % sent in wall.log()
        assert wall.log().count("pixelflut: listening on") == 1


def test_the_picture_and_the_counters_stay(tmp_path):
    with Wall(tmp_path, DOTS + "[plugin dots other]\nlisten = 127.0.0.1:0\n") as wall, wall.tcp() as client:
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        port = wall.port()
        assert reloaded(wall.reload(DOTS)) == (1, 0, 0, 1)
        client.sendall(dot(3, 4, (1, 1, 1)))
        wall.painted(3, 4, (1, 1, 1))
        assert wall.port() == port
        assert wall.last_picture().getpixel((1, 2)) == (10, 20, 30)
        assert "dots: painted 2 pixels" in wall.log()
        assert "other: painted" not in wall.log()


def test_a_bad_config_changes_nothing_and_is_explained(tmp_path):
    with Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        log = wall.reload(FLUT + "no-such-key = 1\n[plugin dots]\nlisten = somewhere\n[nonsense]\n")
        with open(wall.config) as f:
            lines = f.read().splitlines()
        for text in "no-such-key = 1", "listen = somewhere", "[nonsense]":
            assert "murald: error: %s:%d: " % (wall.config, lines.index(text) + 1) in log, log
        assert all(line.startswith("murald: ") for line in log.splitlines()), log
        assert "the old config stays in force" in log
        assert not loaded(wall, "pixelflut")
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        os.unlink(wall.config)
        assert "%s: " % wall.config in wall.reload()
        assert reloaded(wall.reload(DOTS)) == (0, 0, 0, 1)
        assert wall.stop() == 0


def test_the_journal_gets_a_bad_config_as_errors(tmp_path):
    wall = Wall(tmp_path, DOTS)
    open(wall.log_path, "wb").close()
    journal = "%d:%d" % (lambda st: (st.st_dev, st.st_ino))(os.stat(wall.log_path))
    wall.start(env={"JOURNAL_STREAM": journal}).wait_ready()
    log = wall.reload("[nonsense]\n")
    assert re.search(r"^<3>%s:\d+: .*nonsense" % re.escape(wall.config), log, re.M), log
    assert wall.stop() == 0


@pytest.mark.parametrize("text", ["", "# all plugins were here\n"])
def test_an_empty_config_is_not_loaded(tmp_path, text):
    """The file was emptied, or is being written; at the start it would be a valid config."""
    with Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        with open(wall.config, "w") as f:
            f.write(text)
        log = wall.reload()
        assert "nothing is left in the config" in log and "[canvas]" in log, log
        assert "the old config stays in force" in log
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        assert reloaded(wall.reload("[canvas]\n")) == (1, 0, 0, 0)
        assert wall.stop() == 0
    with Wall(tmp_path, "") as wall:
        assert reloaded(wall.reload()) == (0, 0, 0, 0)
        assert reloaded(wall.reload(DOTS)) == (0, 1, 0, 0)
        assert wall.stop() == 0


def test_an_instance_that_cannot_open_is_explained_and_the_rest_goes_on(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        other = "[plugin dots other]\nlisten = 127.0.0.1:%d\n" % taken.getsockname()[1]
        log = wall.reload(DOTS + other)
        assert reloaded(log) == (0, 0, 1, 1)
        assert "other: cannot listen on" in log and "other: could not be opened; continuing without it" in log
        assert reloaded(wall.reload()) == (0, 0, 1, 1)  # it is tried again with each reload
        taken.close()
        assert reloaded(wall.reload()) == (0, 1, 0, 1)
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        outside = wall.reload(DOTS + "offset = 64,0\n")
        assert reloaded(outside) == (2, 0, 1, 0)
        assert "dots: offset 64,0 lies outside the canvas of 64x48" in outside
        assert wall.stop() == 0


@pytest.mark.parametrize("listen", ["listen = 127.0.0.1:%d", "listen-udp = 127.0.0.1:%d", "listen = unix:%s",
                                    "listen-udp = unix:%s"])
def test_an_address_passes_to_another_instance(tmp_path, listen):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    listen = listen % (port if "%d" in listen else tmp_path / "sock")
    with Wall(tmp_path, "[plugin dots one]\n%s\n" % listen) as wall:
        assert reloaded(wall.reload("[plugin dots two]\n%s\n" % listen)) == (1, 1, 0, 0)
        assert reloaded(wall.reload("[plugin dots two]\n%s\nopaque = yes\n" % listen)) == (1, 1, 0, 0)
        if "unix" in listen:
            assert os.path.exists(tmp_path / "sock")
        assert wall.stop() == 0
    assert not os.path.exists(tmp_path / "sock")


def test_off_and_on_and_the_order_in_the_file(tmp_path):
    two = "[plugin dots two]\nlisten = 127.0.0.1:0\n"
    with Wall(tmp_path, DOTS + two) as wall:
        assert reloaded(wall.reload(two + DOTS)) == (0, 0, 0, 2)
        assert reloaded(wall.reload(two + "enabled = no\n" + DOTS)) == (1, 0, 0, 1)
        assert reloaded(wall.reload(two + DOTS + "required = no\n")) == (0, 1, 0, 1)
        log = wall.reload(two + "enabled = no\n" + DOTS + "enabled = no\n")
        assert reloaded(log) == (2, 0, 0, 0) and "no plugin is enabled" in log
        assert reloaded(wall.reload(DOTS)) == (0, 1, 0, 0)
        assert wall.stop() == 0


def test_many_sighups_at_once(tmp_path):
    with Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        for _ in range(20):
            wall.process.send_signal(signal.SIGHUP)
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        wall.configure(DOTS + FLUT)
        wall.process.send_signal(signal.SIGHUP)  # a signal of before may be the one that reads it
        wait_for("the new section", lambda: "reload: 0 closed, 1 opened, 0 failed, 1 unchanged" in wall.log(), 30)
        assert wall.stop() == 0


def test_options_that_need_a_restart_are_named_once(tmp_path):
    with Wall(tmp_path, DOTS, core="workers = 1") as wall:
        before = threads(wall)
        wall.size = "32x32"
        log = wall.reload(DOTS, core="workers = 3\n[canvas]\nbackground = #ffffff")
        waiting = sorted(re.findall(r"reload: (\S+) takes effect at the next start", log))
        assert waiting == ["canvas.background", "canvas.size", "server.workers"]
        assert threads(wall) == before
        assert "next start" not in wall.reload()
        log = wall.reload(DOTS, core="workers = 1\n[display]\nscale = none")
        assert "takes effect at the next start" not in log
        assert wall.picture().size == (64, 48)
        assert wall.stop() == 0


def is_png(path):
    with open(path, "rb") as f:
        return f.read(4) == b"\x89PNG"


def test_the_snapshot_moves(tmp_path):
    with Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.painted(1, 2, (10, 20, 30))
        old, wall.snapshot = wall.snapshot, str(tmp_path / "new.png")
        with open(wall.snapshot, "w") as f:
            f.write("mine")
        wall.reload(DOTS)
        wait_for("the new snapshot", lambda: os.path.exists(wall.snapshot + ".1"))
        with open(wall.snapshot + ".1") as f:
            assert f.read() == "mine"
        wait_for("the picture in its place", lambda: os.path.exists(wall.snapshot) and is_png(wall.snapshot))
        os.unlink(old)
        wall.painted(1, 2, (10, 20, 30))
        wall.snapshot = ""
        wall.reload(DOTS)
        new = str(tmp_path / "new.png")
        os.unlink(new)
        client.sendall(dot(1, 2, (1, 1, 1)))
        wall.process.send_signal(signal.SIGUSR1)
        wall.reload()  # done with SIGUSR1, too
        assert wall.stop() == 0
        assert not os.path.exists(old) and not os.path.exists(new)


def test_the_interval_changes(tmp_path):
    with Wall(tmp_path, DOTS) as wall, wall.tcp() as client:
        client.sendall(dot(1, 2, (10, 20, 30)))
        wall.wait_idle()
        assert not os.path.exists(wall.snapshot)
        wall.edit_config("snapshot-interval = 0", "snapshot-interval = 100ms")
        wall.reload()
        wait_for("a snapshot", lambda: os.path.exists(wall.snapshot))
        assert wall.stop() == 0


def test_notifies_systemd_of_reloads(tmp_path):
    with Systemd(tmp_path) as systemd:
        wall = Wall(tmp_path, DOTS).start(env=systemd.env)
        try:
            assert b"READY=1" in systemd.message()
            for plugins in DOTS + FLUT, "[nonsense]\n":
                begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                wall.reload(plugins)
                reloading, ready = systemd.message(), systemd.message()
                assert b"RELOADING=1\n" in reloading and b"READY=1" in ready
                usec = int(re.search(rb"MONOTONIC_USEC=(\d+)", reloading).group(1))
                assert begin <= usec <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            assert wall.stop() == 0
        finally:
            wall.kill()


ODD_PATH = "plugin-path = %s:%s" % (PLUGINS, os.path.join(BUILD, "tests", "unit", "plugin", ".libs"))


def reload_away_from_odd(folder, plugins):
    """Begins to load a config without tests/unit/plugin/odd.c, whose service does not stop."""
    wall = Wall(folder, "[plugin odd]\n" + DOTS, core=ODD_PATH)
    wall.start(env={"ODD": "stays", "ASAN_OPTIONS": "detect_leaks=0"}).wait_ready()
    wall.painted(0, 0, (255, 255, 255))
    wall.configure(plugins, core=ODD_PATH)
    wall.process.send_signal(signal.SIGHUP)
    wait_for("the reload to begin", lambda: "reload: " in wall.log())
    return wall


def test_a_service_that_does_not_stop_is_left_behind_and_the_wall_goes_on(tmp_path):
    wall = reload_away_from_odd(tmp_path, DOTS)
    with wall.tcp() as client:
        client.sendall(dot(1, 2, (10, 20, 30)))  # only the reload waits for the service
        wall.painted(1, 2, (10, 20, 30))
        assert "did not stop" not in wall.log()
        wall.process.send_signal(signal.SIGHUP)  # remembered
        wait_for("the second reload", lambda: wall.log().count("unchanged") == 2)
        assert "odd: did not stop in time; left running" in wall.log()
        assert loaded(wall, "odd")
    assert wall.stop() == 0


def test_a_stop_in_the_middle_of_a_reload(tmp_path):
    wall = reload_away_from_odd(tmp_path, FLUT)
    assert wall.stop() == 0
    assert "unchanged" not in wall.log()


def test_who_waits_for_a_reload_is_told_that_the_wall_stops(tmp_path):
    core = ODD_PATH + "\n" + control(tmp_path)
    wall = Wall(tmp_path, "[plugin odd]\n" + DOTS, core=core)
    wall.start(env={"ODD": "stays", "ASAN_OPTIONS": "detect_leaks=0"}).wait_ready()
    with Operator(wall) as operator:
        wall.configure(DOTS, core=core)
        operator.send({"do": "reload"})
        wait_for("the reload to begin", lambda: "reload: " in wall.log())
        assert wall.stop() == 0
        assert operator.read() == {"error": "failed", "why": "murald is stopping"}
        assert operator.log()[-1]["outcome"] == "failed"


def test_fifty_reloads_leave_nothing_behind(tmp_path):
    p2 = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\nauth = none\n" if HAS_P2 else ""
    others = "[plugin dots other]\nlisten = 127.0.0.1:0\nlisten-udp = 127.0.0.1:0\n"
    if has_plugin("http"):
        others += "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n" % tmp_path
    with Wall(tmp_path, FLUT, core="workers = 2") as wall:
        flood = Flood(wall)
        flood.start()

        def cycle():
            wall.reload(FLUT + others + p2)
            clients = [wall.tcp("other") for _ in range(2)] + ([wall.tcp("p2")] if p2 else [])
            for client in clients:
                client.sendall(dot(1, 2, (10, 20, 30)))
            clients.pop(0).close()
            wall.reload(FLUT)
            for client in clients:
                client.close()
        for _ in range(5):
            cycle()
        before = wall.descriptors(), threads(wall)
        memory = wall.memory_kib()
        for _ in range(25):
            cycle()
        assert (wall.descriptors(), threads(wall)) == before
        if not SANITIZED:  # a sanitizer keeps freed memory
            assert wall.memory_kib() - memory < 2048
        flood.stop()
        assert wall.stop() == 0
        assert "pixelflut: listening on" in wall.log()
        assert wall.log().count("pixelflut: listening on") == 1


@needs_p2
def test_the_users_file_is_read_again(tmp_path):
    users = tmp_path / "users"
    users.write_text("anna = static:1234\nben = static:1234\n")
    config = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nusers = %s\n" % users

    def enter(name, code):
        client = wall.tcp("p2")
        client.sendall(b"\xff\xa0" + bytes([len(name) - 1]) + name + bytes.fromhex(code.rjust(8, "0"))
                       + sub(0, 0, 0, 0))
        return client, client.recv(100) != b"\xff\x00"

    with Wall(tmp_path, config) as wall:
        anna, entered = enter(b"anna", "1234")
        assert entered
        ben, entered = enter(b"ben", "1234")
        assert entered
        users.write_text("anna = static:5678\ncarl = static:1\n")
        assert reloaded(wall.reload()) == (0, 0, 0, 1)
        assert ben.recv(10) == b"\xff\x00"  # no longer a user
        assert enter(b"carl", "1")[1] and not enter(b"anna", "1234")[1]
        anna.sendall(b"\xff\xd0\x00\x01\x00\x01\x00\x01")  # logged in before, and stays
        wall.painted(33, 25, (0, 0, 0))
        users.write_text("anna = nonsense\n")
        log = wall.reload()
        assert "the old config stays in force" in log and "users:1: must be static:DIGITS, totp:BASE32 or otpauth://" in log
        assert enter(b"carl", "1")[1]
        assert wall.stop() == 0


# ---------------------------------------------------------------- a service that cannot start

STILLBORN = "[plugin stillborn]\n"
STILLBORN_CORE = "plugin-path = %s:%s/tests/unit/plugin/.libs\n" % (PLUGINS, BUILD)


def test_a_required_service_that_cannot_start_is_kept_until_its_handles_are_closed(tmp_path):
    wall = Wall(tmp_path, STILLBORN, core=STILLBORN_CORE).start()
    assert wall.process.wait(30) == 1, wall.log()
    assert "stillborn: all handles are closed" in wall.log()
    assert "did not stop in time" not in wall.log()


def test_a_reload_waits_for_a_service_that_could_not_start(tmp_path):
    with Wall(tmp_path, DOTS, core=STILLBORN_CORE) as wall:
        wall.configure(DOTS + STILLBORN)
        for _ in range(5):  # the next one begins right after the last
            wall.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: "1 failed" in wall.log())
        wall.reload(DOTS + STILLBORN)
        assert reloaded(wall.reload(DOTS)) == (0, 0, 0, 1)
        assert wall.log().count("all handles are closed") == wall.log().count("stillborn: could not be opened") > 1
        assert wall.stop() == 0
        assert "did not stop in time" not in wall.log()


def test_a_plugin_that_was_replaced_is_named_once(tmp_path):
    built, file, new = os.path.join(PLUGINS, "dots.so"), str(tmp_path / "dots.so"), str(tmp_path / "new")
    shutil.copy(built, file)
    with Wall(tmp_path, DOTS, plugin_path=str(tmp_path)) as wall:
        assert "replaced" not in wall.reload()
        shutil.copy(built, new)
        os.replace(new, file)
        log = wall.reload()
        assert log.count("warning: plugins: %s was replaced; what was loaded before runs on" % file) == 1
        assert reloaded(log) == (0, 0, 0, 1)
        assert "replaced" not in wall.reload()
        shutil.copy(built, new)
        os.replace(new, file)
        wall.reload("")
        assert "replaced" not in wall.reload(DOTS)  # it was loaded anew
