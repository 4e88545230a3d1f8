# SPDX-License-Identifier: MIT
"""Started as root with server.user: which privileges murald keeps, as /proc shows."""
import os
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

from hosts import Pair, need
import procfs
from wall import DOTS, PLUGINS, Wall, has_plugin, wait_for

NET_BIND_SERVICE, NET_ADMIN, NET_RAW = 1 << 10, 1 << 12, 1 << 13
NOBODY = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root: run as root")


@pytest.fixture
def folder():
    """One that user nobody can write to, unlike pytest's own."""
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


class Unprivileged(Wall):
    """Becomes nobody; the snapshot is in a folder of that user's."""

    def configure(self, plugins, core=None):
        self.snapshot = self.folder + "/state/canvas.png"
        super().configure(plugins, (self.core if core is None else core) +
                          "\nuser = nobody\nplugin-path = %s/plugins" % self.folder)

    def start(self, *more, env=None):
        # a leak check needs ptrace, which murald has given up
        return super().start("-v", *more, env=dict(env or {}, ASAN_OPTIONS="detect_leaks=0"))


def test_too_few_threads_are_told(folder):
    """A limit of the service's, such as TasksMax=, and many processors: each number of threads is
    enough, or is named; libuv would abort."""
    need("setpriv", "util-linux")
    user = 54321  # nobody else's, whose threads would count
    os.chown(folder + "/state", user, user)
    statuses = []
    for limit in range(2, 14):
        prefix = ["setpriv", "--reuid=%d" % user, "--regid=%d" % user, "--clear-groups",
                  "prlimit", "--nproc=%d" % limit]
        wall = Wall(folder, DOTS, core="workers = 6", plugin_path=folder + "/plugins", prefix=prefix)
        wall.edit_config(wall.snapshot, folder + "/state/canvas.png")
        wall.snapshot = folder + "/state/canvas.png"
        wall.log_path = folder + "/log%d" % limit
        wall.start(env={"ASAN_OPTIONS": "detect_leaks=0"})
        wait_for("an end or a start", lambda: wall.process.poll() is not None or
                 "dots: paint with" in wall.log(), 30)
        if wall.process.poll() is None:
            wall.wait_ready().picture()  # which is the first work of the pool
        statuses.append(wall.stop())
        if statuses[-1] != 0:
            assert re.search(r"error: .*(cannot start|thread)", wall.log()), wall.log()
    assert set(statuses) == {0, 1}, statuses
    assert statuses == sorted(statuses, reverse=True)


def check(wall, capabilities):
    threads = procfs.threads(wall.pid)
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
def test_every_thread_has_the_plugins_capabilities_and_no_other(folder, plugins, capabilities):
    with Pair() as pair:  # so that this machine's own sysctls stay as they are
        with Unprivileged(folder, plugins, netns=pair.server.name, core="workers = 2") as wall:
            wall.picture()  # starts libuv's own threads, too
            check(wall, capabilities)
            assert os.stat(wall.snapshot).st_uid == NOBODY
            with open("/proc/%d/limits" % wall.process.pid) as f:
                assert re.search(r"Max core file size +0 ", f.read())
            # the kernel gives these to root when a process may not be dumped
            assert os.stat("/proc/%d/environ" % wall.process.pid).st_uid == 0
            assert "privileges: running as nobody, capabilities:" in wall.log()
            assert "privileges: Landlock: " in wall.log()
            assert wall.stop() == 0, wall.log()


def test_what_it_keeps_is_enough_for_later_reloads(folder):
    switch = "net.ipv4.icmp_echo_ignore_all"
    suppress = "[plugin icmp]\ninterface = gone0\nkernel-replies = suppress\n"
    with Pair() as pair:
        def make():
            pair.server.ip("link", "add", "name", "gone0", "type", "veth", "peer", "name", "gone1")
            for name in "gone0", "gone1":
                pair.server.ip("link", "set", name, "up")
        make()
        with Unprivileged(folder, suppress, netns=pair.server.name, core="workers = 2") as wall:
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


def test_missing_privileges_are_explained_at_a_reload(folder):
    with Unprivileged(folder, DOTS) as wall:
        log = wall.reload(DOTS + "[plugin icmp]\ninterface = lo\n")
        assert "icmp: cannot capture on lo: CAP_NET_RAW is missing" in log
        assert "icmp: could not be opened: it needs privileges that murald dropped" in log
        assert wall.stop() == 0


def test_a_users_file_that_only_root_may_read_is_an_error(folder):
    if not has_plugin("p2"):
        pytest.skip("built without p2: apt-get install liboath-dev")
    users = folder + "/users"
    with open(users, "w") as f:
        f.write("anna = static:1\n")
    os.chmod(users, 0o600)
    p2 = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nusers = %s\n" % users
    wall = Unprivileged(folder, p2).start()
    assert wall.process.wait(30) == 1
    assert "%s: Permission denied" % users in wall.log()
    os.chown(users, NOBODY, NOBODY)
    with wall:
        with open(users, "a") as f:
            f.write("ben = static:2\n")
        assert "1 unchanged" in wall.reload()
        assert wall.stop() == 0


def test_the_cards_group_is_kept(folder, tmp_path):
    """For a screen that is plugged in later; in a /dev of this test's own."""
    need("unshare", "util-linux")
    script = ("mount -t tmpfs none /dev/dri 2>/dev/null || { mkdir -p /dev/dri && mount -t tmpfs none /dev/dri; } && "
              "touch /dev/dri/card0 && chgrp 4242 /dev/dri/card0 && exec \"$@\"")
    had = os.path.isdir("/dev/dri")
    try:
        wall = Unprivileged(folder, DOTS, prefix=["unshare", "--mount", "sh", "-c", script, "sh"])
        wall.edit_config("output = headless", "output = auto")
        with wall:
            for thread in procfs.threads(wall.pid):
                assert "4242" in thread["Groups"].split()
            assert wall.stop() == 0
    finally:
        if not had and os.path.isdir("/dev/dri"):
            os.rmdir("/dev/dri")


@pytest.mark.parametrize("user, said", [("nobody", False), ("daemon", True)])
def test_without_root_the_user_stays_the_same(folder, user, said):
    need("setpriv", "util-linux")
    path = PLUGINS
    while path != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            pytest.skip("user nobody cannot reach the build: chmod o+x %s" % path)
        path = os.path.dirname(path)
    wall = Unprivileged(folder, DOTS, prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    wall.start("-s", "server.user=" + user).wait_ready()
    assert ("privileges: not started as root, so it cannot become " + user in wall.log()) == said
    assert {thread["NoNewPrivs"] for thread in procfs.threads(wall.pid)} == {"1"}
    assert wall.stop() == 0


def test_no_such_user_is_a_config_error(folder):
    wall = Unprivileged(folder, DOTS)
    run = subprocess.run(wall.command("-s", "server.user=no-such-user"), capture_output=True, text=True, timeout=20)
    assert run.returncode == 78
    assert "-s: server.user: \"no-such-user\" is not a user to switch to" in run.stderr


def test_as_root_without_a_user_only_new_privileges_are_given_up(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        for thread in procfs.threads(wall.pid):
            assert thread["Uid"].split()[0] == "0" and thread["NoNewPrivs"] == "1"
        assert wall.stop() == 0
