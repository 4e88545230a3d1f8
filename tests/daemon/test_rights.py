# SPDX-License-Identifier: MIT
"""Started as root with server.user: what murald keeps of its rights, read from /proc."""
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time

import pytest

from hosts import Pair, need
from wall import PLUGINS, Wall, wait_for

NET_BIND_SERVICE, NET_ADMIN, NET_RAW = 1 << 10, 1 << 12, 1 << 13
NOBODY = 65534
DOTS = "[plugin dots]\nlisten = 127.0.0.1:0\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root: run as root")


@pytest.fixture
def folder():
    """One that user nobody can work in, which pytest's own are not."""
    path = tempfile.mkdtemp(prefix="murald-rights-")
    os.chmod(path, 0o755)
    os.mkdir(path + "/plugins", 0o755)
    for name in os.listdir(PLUGINS):
        if name.endswith(".so"):
            shutil.copy(os.path.join(PLUGINS, name), path + "/plugins")
    os.mkdir(path + "/state")
    os.chown(path + "/state", NOBODY, NOBODY)
    yield path
    shutil.rmtree(path)


class Low(Wall):
    """Runs as nobody; its snapshot lies in a folder of that user's."""

    def configure(self, plugins, core=None):
        self.snapshot = self.folder + "/state/canvas.png"
        super().configure(plugins, (self.core if core is None else core) +
                          "\nuser = nobody\nplugin-path = %s/plugins" % self.folder)

    def start(self, *more, env=None):
        # a leak check needs ptrace, which is just what murald forbids itself
        return super().start("-v", *more, env=dict(env or {}, ASAN_OPTIONS="detect_leaks=0"))


def statuses(wall):
    """Of each thread, {"Uid": "...", "CapEff": "..."}."""
    found = []
    for task in os.listdir("/proc/%d/task" % wall.process.pid):
        with open("/proc/%d/task/%s/status" % (wall.process.pid, task)) as f:
            found.append(dict(re.findall(r"^(\w+):\s*(.*)$", f.read(), re.M)))
    return found


def check(wall, capabilities):
    threads = statuses(wall)
    assert len(threads) >= 3
    for thread in threads:
        assert thread["Uid"].split() == thread["Gid"].split() == [str(NOBODY)] * 4
        assert "0" not in thread["Groups"].split()
        assert thread["NoNewPrivs"] == "1"
        for kind in "CapEff", "CapPrm", "CapBnd":
            assert int(thread[kind], 16) == capabilities, kind
        for kind in "CapInh", "CapAmb":
            assert int(thread[kind], 16) == 0, kind


@pytest.mark.parametrize("plugins, capabilities", [
    (DOTS, 0),
    ("[plugin icmp]\ninterface = lo\n" + DOTS, NET_RAW),
    ("[plugin ipv6]\ninterface = lo\nkernel-replies = suppress\n", NET_RAW | NET_ADMIN),
    ("[plugin dots]\nlisten = 127.0.0.1:777\n", NET_BIND_SERVICE),
])
def test_every_thread_has_what_the_plugins_asked_for_and_no_more(folder, plugins, capabilities):
    with Pair() as pair:  # not this machine's own switches
        with Low(folder, plugins, netns=pair.server.name, core="workers = 2") as wall:
            wall.picture()  # makes libuv's own threads, too
            check(wall, capabilities)
            assert os.stat(wall.snapshot).st_uid == NOBODY
            with open("/proc/%d/limits" % wall.process.pid) as f:
                assert re.search(r"Max core file size +0 ", f.read())
            # the kernel gives these to root when a process may not be dumped
            assert os.stat("/proc/%d/environ" % wall.process.pid).st_uid == 0
            assert "privileges: running as nobody, capabilities:" in wall.log()
            assert "privileges: Landlock: " in wall.log()
            assert wall.stop() == 0, wall.log()


def test_what_it_keeps_is_enough_for_what_comes_later(folder):
    switch = "net.ipv4.icmp_echo_ignore_all"
    suppress = "[plugin icmp]\ninterface = gone0\nkernel-replies = suppress\n"
    with Pair() as pair:
        def make():
            pair.server.ip("link", "add", "name", "gone0", "type", "veth", "peer", "name", "gone1")
            for name in "gone0", "gone1":
                pair.server.ip("link", "set", name, "up")
        make()
        with Low(folder, suppress, netns=pair.server.name, core="workers = 2") as wall:
            assert pair.server.sysctl(switch) == "1"
            pair.server.ip("link", "del", "gone0")
            wait_for("the loss to be noticed", lambda: "icmp: capture ended: " in wall.log())
            make()
            wait_for("the capture to go on", lambda: "icmp: attached again" in wall.log())
            assert pair.server.sysctl(switch) == "1"
            log = wall.reload(suppress + "[plugin icmp other]\ninterface = wire0\n" + DOTS)
            assert "0 closed, 2 opened, 0 failed, 1 unchanged" in log
            pair.client.run("ping", "-c", "1", "-W", "1", "-s", "8", "-p", "cc00010002ff8000",
                            pair.server.ip4, check=False)
            wall.painted(1, 2, (255, 128, 0))
            check(wall, NET_RAW | NET_ADMIN)
            assert wall.stop() == 0, wall.log()
        assert pair.server.sysctl(switch) == "0"


def test_what_it_gave_up_is_said_when_it_is_missed(folder):
    with Low(folder, DOTS) as wall:
        log = wall.reload(DOTS + "[plugin icmp]\ninterface = lo\n")
        assert "icmp: cannot capture on lo: CAP_NET_RAW is missing" in log
        assert "icmp: could not be opened: it needs privileges that murald dropped" in log
        assert wall.stop() == 0


def test_a_users_file_that_only_root_may_read_is_an_error(folder):
    if not os.path.exists(os.path.join(PLUGINS, "p2.so")):
        pytest.skip("built without p2: apt-get install liboath-dev")
    users = folder + "/users"
    with open(users, "w") as f:
        f.write("anna = static:1\n")
    os.chmod(users, 0o600)
    p2 = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nusers = %s\n" % users
    wall = Low(folder, p2).start()
    assert wall.process.wait(10) == 1
    assert "%s: Permission denied" % users in wall.log()
    os.chown(users, NOBODY, NOBODY)
    with wall:
        with open(users, "a") as f:
            f.write("ben = static:2\n")
        assert "1 unchanged" in wall.reload()
        assert wall.stop() == 0


def test_the_cards_group_is_kept(folder, tmp_path):
    """So that a screen that comes later can be lit; in a /dev of this test's own."""
    need("unshare", "util-linux")
    script = ("mount -t tmpfs none /dev/dri 2>/dev/null || { mkdir -p /dev/dri && mount -t tmpfs none /dev/dri; } && "
              "touch /dev/dri/card0 && chgrp 4242 /dev/dri/card0 && exec \"$@\"")
    had = os.path.isdir("/dev/dri")
    try:
        wall = Low(folder, DOTS, prefix=["unshare", "--mount", "sh", "-c", script, "sh"])
        with open(wall.config) as f:
            text = f.read()
        with open(wall.config, "w") as f:
            f.write(text.replace("output = headless", "output = auto"))
        with wall:
            for thread in statuses(wall):
                assert "4242" in thread["Groups"].split()
            assert wall.stop() == 0
    finally:
        if not had and os.path.isdir("/dev/dri"):
            os.rmdir("/dev/dri")


@pytest.mark.parametrize("user, said", [("nobody", False), ("daemon", True)])
def test_whoever_is_not_root_stays_who_he_is(folder, user, said):
    need("setpriv", "util-linux")
    path = PLUGINS
    while path != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            pytest.skip("user nobody cannot reach the build: chmod o+x %s" % path)
        path = os.path.dirname(path)
    wall = Low(folder, DOTS, prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    wall.start("-s", "server.user=" + user).wait_ready()
    assert ("privileges: not started as root, so it cannot become " + user in wall.log()) == said
    assert {thread["NoNewPrivs"] for thread in statuses(wall)} == {"1"}
    assert wall.stop() == 0


def test_no_such_user_is_a_config_error(folder):
    wall = Low(folder, DOTS)
    run = subprocess.run(wall.command("-s", "server.user=no-such-user"), capture_output=True, text=True, timeout=20)
    assert run.returncode == 78
    assert "-s: server.user: \"no-such-user\" is not a user to switch to" in run.stderr


def test_as_root_without_a_user_nothing_else_is_given_up(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        for thread in statuses(wall):
            assert thread["Uid"].split()[0] == "0" and thread["NoNewPrivs"] == "1"
        time.sleep(0.1)
        assert wall.stop() == 0
